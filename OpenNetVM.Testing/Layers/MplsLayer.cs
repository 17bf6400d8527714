using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record MplsLayer(uint Label, byte TrafficClass, byte TimeToLive) : Layer
{
    public override string Name => "MPLS";

    public override int HeaderLength => 4;

    public override ushort? EtherType => EtherTypes.Mpls;

    public override byte? Protocol => IpProtocols.Mpls;

    public override bool Carries(Layer inner) => inner is MplsLayer or IpLayer or EthernetLayer or PayloadLayer;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        uint bottom = context.Next is MplsLayer ? 0u : 1u;
        Wire.U32(bytes, 0, (Label << 12) | ((uint)TrafficClass << 9) | (bottom << 8) | TimeToLive);
    }
}

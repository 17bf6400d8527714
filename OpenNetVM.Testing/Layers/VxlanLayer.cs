using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

/// <summary>VXLAN (RFC 7348).</summary>
internal sealed record VxlanLayer(uint NetworkIdentifier) : Layer
{
    public const ushort Port = 4789;

    private const uint IdentifierPresent = 0x0800_0000;

    public override string Name => "VXLAN";

    public override int HeaderLength => 8;

    public override bool Carries(Layer inner) => inner is EthernetLayer;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U32(bytes, 0, IdentifierPresent);
        Wire.U32(bytes, 4, NetworkIdentifier << 8);
    }
}

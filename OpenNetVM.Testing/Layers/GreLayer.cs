using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

/// <summary>GRE version 0 (RFC 2784) with the key of RFC 2890 where one is given.</summary>
internal sealed record GreLayer(uint? Key) : Layer
{
    private const ushort KeyPresent = 0x2000;

    public override string Name => "GRE";

    public override int HeaderLength => Key is null ? 4 : 8;

    public override byte? Protocol => IpProtocols.Gre;

    public override bool Carries(Layer inner) => inner is PayloadLayer || inner.EtherType is not null;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U16(bytes, 0, Key is null ? (ushort)0 : KeyPresent);
        Wire.U16(bytes, 2, EthernetLayer.TypeOf(context.Next, null));
        if (Key is { } key)
            Wire.U32(bytes, 4, key);
    }
}

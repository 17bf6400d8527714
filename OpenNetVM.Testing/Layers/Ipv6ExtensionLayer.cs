namespace OpenNetVM.Testing.Layers;

/// <summary>Hop-by-hop options, routing, fragment or destination options (RFC 8200).</summary>
/// <param name="Kind">The header's protocol number.</param>
/// <param name="Rest">All bytes behind the two of next header and length.</param>
internal sealed record Ipv6ExtensionLayer(byte Kind, byte[] Rest) : Layer
{
    public byte? GivenProtocol { get; init; }

    public override string Name => "an IPv6 extension header";

    public override int HeaderLength => 2 + Rest.Length;

    public override byte? Protocol => Kind;

    public override bool Carries(Layer inner) => inner is PayloadLayer || inner.Protocol is not null;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        bytes[0] = GivenProtocol ?? Ipv6Layer.NextHeaderOf(context.Next);

        // In units of 8 bytes without the first; 0 for a fragment header, where the byte is reserved.
        bytes[1] = (byte)((HeaderLength / 8) - 1);
        Rest.CopyTo(bytes[2..]);
    }
}

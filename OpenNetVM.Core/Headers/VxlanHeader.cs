namespace OpenNetVM.Core.Headers;

/// <summary>A view of a VXLAN header (RFC 7348), the payload of a UDP datagram; behind it lies an Ethernet frame.</summary>
public readonly ref struct VxlanHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 8;

    /// <summary>The UDP destination port that IANA gave to VXLAN.</summary>
    public const ushort Port = 4789;

    private const byte HasNetwork = 0x08;
    private readonly Span<byte> _bytes;

    private VxlanHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>VXLAN network identifier, 24 bits; more is cut.</summary>
    public uint NetworkId
    {
        get => Wire.U32(_bytes, 4) >> 8;
        set => Wire.U32(_bytes, 4, (Wire.U32(_bytes, 4) & 0xFF) | (value << 8));
    }

    /// <summary>The inner Ethernet frame.</summary>
    public Span<byte> Payload => _bytes[Length..];

    /// <summary>Views a header; false where there are fewer than 8 bytes or the flag that makes the network identifier valid is not set.</summary>
    public static bool TryParse(Span<byte> bytes, out VxlanHeader header)
    {
        bool known = bytes.Length >= Length && (bytes[0] & HasNetwork) != 0;
        header = known ? new(bytes) : default;
        return known;
    }

    /// <summary>Writes a header with a network identifier in front of an inner frame; false where there are fewer than 8 bytes.</summary>
    public static bool TryCreate(Span<byte> bytes, uint networkId, out VxlanHeader header)
    {
        header = default;
        if (bytes.Length < Length)
            return false;
        bytes[..Length].Clear();
        bytes[0] = HasNetwork;
        header = new(bytes);
        header.NetworkId = networkId;
        return true;
    }
}

namespace OpenNetVM.Core.Headers;

/// <summary>A view of an ARP packet for IPv4 over Ethernet (RFC 826); reads and writes go straight to the bytes, numbers are in host order.</summary>
public readonly ref struct ArpPacket
{
    /// <summary>Bytes of the packet.</summary>
    public const int Length = 28;

    private const ulong EthernetAndIpv4 = 0x0001_0800_0604;
    private readonly Span<byte> _bytes;

    private ArpPacket(Span<byte> bytes) => _bytes = bytes;

    /// <summary>Request or reply.</summary>
    public ArpOperation Operation
    {
        get => (ArpOperation)Wire.U16(_bytes, 6);
        set => Wire.U16(_bytes, 6, (ushort)value);
    }

    /// <summary>The sender's Ethernet address.</summary>
    public MacAddress SenderMac
    {
        get => new(Wire.U48(_bytes, 8));
        set => Wire.U48(_bytes, 8, value.Value);
    }

    /// <summary>The sender's IPv4 address; 0 in a probe (RFC 5227).</summary>
    public uint SenderIp
    {
        get => Wire.U32(_bytes, 14);
        set => Wire.U32(_bytes, 14, value);
    }

    /// <summary>The target's Ethernet address; not meaningful in a request.</summary>
    public MacAddress TargetMac
    {
        get => new(Wire.U48(_bytes, 18));
        set => Wire.U48(_bytes, 18, value.Value);
    }

    /// <summary>The target's IPv4 address.</summary>
    public uint TargetIp
    {
        get => Wire.U32(_bytes, 24);
        set => Wire.U32(_bytes, 24, value);
    }

    /// <summary>The 28 bytes.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>Views a packet; false where there are fewer than 28 bytes or the address kinds are not Ethernet and IPv4.</summary>
    public static bool TryParse(Span<byte> bytes, out ArpPacket packet)
    {
        bool known = bytes.Length >= Length && Wire.U48(bytes, 0) == EthernetAndIpv4;
        packet = known ? new(bytes[..Length]) : default;
        return known;
    }

    /// <summary>Writes a packet with the address kinds set and everything else zero; false where there are fewer than 28 bytes.</summary>
    public static bool TryCreate(Span<byte> bytes, out ArpPacket packet)
    {
        packet = default;
        if (bytes.Length < Length)
            return false;
        packet = new(bytes[..Length]);
        packet._bytes.Clear();
        Wire.U48(packet._bytes, 0, EthernetAndIpv4);
        return true;
    }
}

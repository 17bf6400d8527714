namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of a UDP datagram (RFC 768); reads and writes go straight to the bytes, numbers are in host order.
/// Property setters leave the checksum alone; the methods named <c>Replace</c> keep it right (RFC 1624), and leave a checksum of 0, which says "none", at 0.
/// </summary>
public readonly ref struct UdpHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 8;

    private readonly Span<byte> _datagram;

    private UdpHeader(Span<byte> datagram) => _datagram = datagram;

    /// <summary>Source port.</summary>
    public ushort SourcePort
    {
        get => Wire.U16(_datagram, 0);
        set => Wire.U16(_datagram, 0, value);
    }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort
    {
        get => Wire.U16(_datagram, 2);
        set => Wire.U16(_datagram, 2, value);
    }

    /// <summary>Bytes of header and data as the header says; 0 in a jumbogram (RFC 2675).</summary>
    public ushort Length
    {
        get => Wire.U16(_datagram, 4);
        set => Wire.U16(_datagram, 4, value);
    }

    /// <summary>The checksum as it stands in the datagram; 0 says that there is none.</summary>
    public ushort Checksum
    {
        get => Wire.U16(_datagram, 6);
        set => Wire.U16(_datagram, 6, value);
    }

    /// <summary>Whether the sender gave a checksum. Over IPv6 it must, but for tunnels that may do without (RFC 6935).</summary>
    public bool HasChecksum => Checksum != 0;

    /// <summary>The header.</summary>
    public Span<byte> Bytes => _datagram[..HeaderLength];

    /// <summary>The data, as far as it is there.</summary>
    public Span<byte> Payload => _datagram[HeaderLength..];

    /// <summary>Whether bytes are missing: the datagram is longer than what was viewed (a capture that was cut, or a first fragment).</summary>
    public bool IsTruncated => Length > _datagram.Length;

    /// <summary>Views a datagram; false where there are fewer than 8 bytes or the length is 1 to 7. A length beyond the bytes is not refused: see <see cref="IsTruncated"/>.</summary>
    /// <param name="datagram">Header and data, as <see cref="Ipv4Header.Payload"/> gives it; bytes behind the header's length are left out.</param>
    /// <param name="header">The view.</param>
    public static bool TryParse(Span<byte> datagram, out UdpHeader header)
    {
        header = default;
        if (datagram.Length < HeaderLength)
            return false;
        int length = Wire.U16(datagram, 4);
        if (length is > 0 and < HeaderLength)
            return false;
        header = new(length == 0 || length > datagram.Length ? datagram : datagram[..length]);
        return true;
    }

    /// <summary>Writes a header: length set to the buffer's, everything else zero. False where the buffer is shorter than 8 bytes or longer than 65,535.</summary>
    /// <param name="datagram">Where the datagram begins, to the end of its data.</param>
    /// <param name="header">The view.</param>
    public static bool TryCreate(Span<byte> datagram, out UdpHeader header)
    {
        header = default;
        if (datagram.Length is < HeaderLength or > ushort.MaxValue)
            return false;
        datagram[..HeaderLength].Clear();
        header = new(datagram);
        header.Length = (ushort)datagram.Length;
        return true;
    }

    /// <summary>Whether the checksum is right in the given packet, or absent. A capture shows packets before the NIC filled it in: such are wrong.</summary>
    public bool IsChecksumValid(Ipv4Header ip) => !HasChecksum || IsValid(ip.PseudoHeader(_datagram.Length));

    /// <inheritdoc cref="IsChecksumValid(Ipv4Header)"/>
    public bool IsChecksumValid(Ipv6Header ip) => !HasChecksum || IsValid(ip.PseudoHeader(IpProtocols.Udp, _datagram.Length));

    /// <summary>Computes the checksum anew for the given packet; a computed 0 is written as 0xFFFF.</summary>
    public void UpdateChecksum(Ipv4Header ip) => Update(ip.PseudoHeader(_datagram.Length));

    /// <inheritdoc cref="UpdateChecksum(Ipv4Header)"/>
    public void UpdateChecksum(Ipv6Header ip) => Update(ip.PseudoHeader(IpProtocols.Udp, _datagram.Length));

    /// <summary>Sets the source port and updates the checksum.</summary>
    public void ReplaceSourcePort(ushort value)
    {
        if (HasChecksum)
            Checksum = InternetChecksum.ForUdp(InternetChecksum.Update(Checksum, SourcePort, value));
        SourcePort = value;
    }

    /// <summary>Sets the destination port and updates the checksum.</summary>
    public void ReplaceDestinationPort(ushort value)
    {
        if (HasChecksum)
            Checksum = InternetChecksum.ForUdp(InternetChecksum.Update(Checksum, DestinationPort, value));
        DestinationPort = value;
    }

    /// <summary>Updates the checksum for an IPv4 address of the packet that changed from one value to another.</summary>
    public void AccountForAddressChange(uint from, uint to)
    {
        if (HasChecksum)
            Checksum = InternetChecksum.ForUdp(InternetChecksum.Update(Checksum, from, to));
    }

    /// <summary>Updates the checksum for an IPv6 address of the packet that changed from one value to another.</summary>
    public void AccountForAddressChange(UInt128 from, UInt128 to)
    {
        if (HasChecksum)
            Checksum = InternetChecksum.ForUdp(InternetChecksum.Update(Checksum, from, to));
    }

    private bool IsValid(uint pseudoHeader) => InternetChecksum.Finish(pseudoHeader + InternetChecksum.Sum(_datagram)) == 0;

    private void Update(uint pseudoHeader)
    {
        Checksum = 0;
        Checksum = InternetChecksum.ForUdp(InternetChecksum.Finish(pseudoHeader + InternetChecksum.Sum(_datagram)));
    }
}

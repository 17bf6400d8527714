namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of a TCP segment (RFC 9293) with its options; reads and writes go straight to the bytes, numbers are in host order.
/// Property setters leave the checksum alone; the methods named <c>Replace</c> keep it right at the cost of a few additions (RFC 1624).
/// </summary>
public readonly ref struct TcpHeader
{
    /// <summary>Bytes of the header without options.</summary>
    public const int MinimumLength = 20;

    private const int ChecksumOffset = 16;
    private readonly Span<byte> _segment;

    private TcpHeader(Span<byte> segment) => _segment = segment;

    /// <summary>Source port.</summary>
    public ushort SourcePort
    {
        get => Wire.U16(_segment, 0);
        set => Wire.U16(_segment, 0, value);
    }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort
    {
        get => Wire.U16(_segment, 2);
        set => Wire.U16(_segment, 2, value);
    }

    /// <summary>Number of the segment's first byte.</summary>
    public uint SequenceNumber
    {
        get => Wire.U32(_segment, 4);
        set => Wire.U32(_segment, 4, value);
    }

    /// <summary>Number of the next byte expected from the peer; counts where <see cref="TcpFlags.Ack"/> is set.</summary>
    public uint AcknowledgmentNumber
    {
        get => Wire.U32(_segment, 8);
        set => Wire.U32(_segment, 8, value);
    }

    /// <summary>Bytes of the header with its options: 20 to 60.</summary>
    public int HeaderLength => (_segment[12] >> 4) * 4;

    /// <summary>The flags; bits beyond the nine defined ones are neither read nor written.</summary>
    public TcpFlags Flags
    {
        get => (TcpFlags)(Wire.U16(_segment, 12) & 0x1FF);
        set => Wire.U16(_segment, 12, (ushort)((Wire.U16(_segment, 12) & 0xFE00) | ((ushort)value & 0x1FF)));
    }

    /// <summary>Receive window, not yet scaled.</summary>
    public ushort Window
    {
        get => Wire.U16(_segment, 14);
        set => Wire.U16(_segment, 14, value);
    }

    /// <summary>The checksum as it stands in the segment.</summary>
    public ushort Checksum
    {
        get => Wire.U16(_segment, ChecksumOffset);
        set => Wire.U16(_segment, ChecksumOffset, value);
    }

    /// <summary>Urgent pointer; counts where <see cref="TcpFlags.Urg"/> is set.</summary>
    public ushort UrgentPointer
    {
        get => Wire.U16(_segment, 18);
        set => Wire.U16(_segment, 18, value);
    }

    /// <summary>The header with its options.</summary>
    public Span<byte> Bytes => _segment[..HeaderLength];

    /// <summary>The options; empty where the header is 20 bytes.</summary>
    public HeaderOptions Options => new(_segment[MinimumLength..HeaderLength]);

    /// <summary>The data.</summary>
    public Span<byte> Payload => _segment[HeaderLength..];

    /// <summary>Views a segment; false where there are fewer bytes than the header says it has or it says fewer than 20.</summary>
    /// <param name="segment">Header and data, without Ethernet padding (as <see cref="Ipv4Header.Payload"/> gives it): the checksum covers all of it.</param>
    /// <param name="header">The view.</param>
    public static bool TryParse(Span<byte> segment, out TcpHeader header)
    {
        header = default;
        if (segment.Length < MinimumLength)
            return false;
        int length = (segment[12] >> 4) * 4;
        if (length < MinimumLength || length > segment.Length)
            return false;
        header = new(segment);
        return true;
    }

    /// <summary>Writes a header of 20 bytes: header length set, everything else zero. False where the buffer is shorter.</summary>
    /// <param name="segment">Where the segment begins, to the end of its data.</param>
    /// <param name="header">The view.</param>
    public static bool TryCreate(Span<byte> segment, out TcpHeader header)
    {
        header = default;
        if (segment.Length < MinimumLength)
            return false;
        segment[..MinimumLength].Clear();
        segment[12] = (MinimumLength / 4) << 4;
        header = new(segment);
        return true;
    }

    /// <summary>Whether the checksum is right in the given packet. A capture shows packets before the NIC filled it in: such are wrong.</summary>
    public bool IsChecksumValid(Ipv4Header ip) => IsValid(ip.PseudoHeader(_segment.Length));

    /// <inheritdoc cref="IsChecksumValid(Ipv4Header)"/>
    public bool IsChecksumValid(Ipv6Header ip) => IsValid(ip.PseudoHeader(IpProtocols.Tcp, _segment.Length));

    /// <summary>Computes the checksum anew for the given packet.</summary>
    public void UpdateChecksum(Ipv4Header ip) => Update(ip.PseudoHeader(_segment.Length));

    /// <inheritdoc cref="UpdateChecksum(Ipv4Header)"/>
    public void UpdateChecksum(Ipv6Header ip) => Update(ip.PseudoHeader(IpProtocols.Tcp, _segment.Length));

    /// <summary>Sets the source port and updates the checksum.</summary>
    public void ReplaceSourcePort(ushort value)
    {
        Checksum = InternetChecksum.Update(Checksum, SourcePort, value);
        SourcePort = value;
    }

    /// <summary>Sets the destination port and updates the checksum.</summary>
    public void ReplaceDestinationPort(ushort value)
    {
        Checksum = InternetChecksum.Update(Checksum, DestinationPort, value);
        DestinationPort = value;
    }

    /// <summary>Sets the sequence number and updates the checksum.</summary>
    public void ReplaceSequenceNumber(uint value)
    {
        Checksum = InternetChecksum.Update(Checksum, SequenceNumber, value);
        SequenceNumber = value;
    }

    /// <summary>Sets the acknowledgement number and updates the checksum.</summary>
    public void ReplaceAcknowledgmentNumber(uint value)
    {
        Checksum = InternetChecksum.Update(Checksum, AcknowledgmentNumber, value);
        AcknowledgmentNumber = value;
    }

    /// <summary>Sets the flags and updates the checksum.</summary>
    public void ReplaceFlags(TcpFlags value)
    {
        ushort before = Wire.U16(_segment, 12);
        Flags = value;
        Checksum = InternetChecksum.Update(Checksum, before, Wire.U16(_segment, 12));
    }

    /// <summary>Sets the window and updates the checksum.</summary>
    public void ReplaceWindow(ushort value)
    {
        Checksum = InternetChecksum.Update(Checksum, Window, value);
        Window = value;
    }

    /// <summary>Updates the checksum for an IPv4 address of the packet that changed from one value to another.</summary>
    public void AccountForAddressChange(uint from, uint to) => Checksum = InternetChecksum.Update(Checksum, from, to);

    /// <summary>Updates the checksum for an IPv6 address of the packet that changed from one value to another.</summary>
    public void AccountForAddressChange(UInt128 from, UInt128 to) => Checksum = InternetChecksum.Update(Checksum, from, to);

    private bool IsValid(uint pseudoHeader) => InternetChecksum.Finish(pseudoHeader + InternetChecksum.Sum(_segment)) == 0;

    private void Update(uint pseudoHeader)
    {
        Checksum = 0;
        Checksum = InternetChecksum.Finish(pseudoHeader + InternetChecksum.Sum(_segment));
    }
}

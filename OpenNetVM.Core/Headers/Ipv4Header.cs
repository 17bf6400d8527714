namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of an IPv4 packet (RFC 791) with its options; reads and writes go straight to the bytes, numbers are in host order.
/// Property setters leave the header checksum alone; the methods named <c>Replace</c> keep it right at the cost of a few additions (RFC 1624).
/// </summary>
/// <remarks>
/// Replacing an address also changes the pseudo-header under the checksum of TCP and UDP: call <c>AccountForAddressChange</c> there with the old and new address.
/// </remarks>
public readonly ref struct Ipv4Header
{
    /// <summary>Bytes of the header without options.</summary>
    public const int MinimumLength = 20;

    private readonly Span<byte> _packet;

    private Ipv4Header(Span<byte> packet) => _packet = packet;

    /// <summary>Bytes of the header with its options: 20 to 60.</summary>
    public int HeaderLength => (_packet[0] & 0x0F) * 4;

    /// <summary>The byte that RFC 791 calls type of service: DSCP and ECN together.</summary>
    public byte TypeOfService
    {
        get => _packet[1];
        set => _packet[1] = value;
    }

    /// <summary>Differentiated services code point, 0 to 63 (RFC 2474); more is cut to six bits.</summary>
    public byte Dscp
    {
        get => (byte)(_packet[1] >> 2);
        set => Wire.Bits(_packet, 1, 0xFC, value << 2);
    }

    /// <summary>Explicit congestion notification, 0 to 3 (RFC 3168); more is cut to two bits.</summary>
    public byte Ecn
    {
        get => (byte)(_packet[1] & 3);
        set => Wire.Bits(_packet, 1, 3, value);
    }

    /// <summary>Bytes of header and payload as the header says; 0 for a packet of more than 65,535 bytes (BIG TCP) or one to be segmented by hardware.</summary>
    public ushort TotalLength
    {
        get => Wire.U16(_packet, 2);
        set => Wire.U16(_packet, 2, value);
    }

    /// <summary>Identification, the same in all fragments of a datagram.</summary>
    public ushort Identification
    {
        get => Wire.U16(_packet, 4);
        set => Wire.U16(_packet, 4, value);
    }

    /// <summary>The don't-fragment flag.</summary>
    public bool DontFragment
    {
        get => (_packet[6] & 0x40) != 0;
        set => Wire.Bits(_packet, 6, 0x40, value ? 0x40 : 0);
    }

    /// <summary>The more-fragments flag.</summary>
    public bool MoreFragments
    {
        get => (_packet[6] & 0x20) != 0;
        set => Wire.Bits(_packet, 6, 0x20, value ? 0x20 : 0);
    }

    /// <summary>Place of this fragment in the datagram in bytes, a multiple of 8 up to 65,528; the setter cuts other numbers to such a multiple.</summary>
    public int FragmentOffset
    {
        get => (Wire.U16(_packet, 6) & 0x1FFF) * 8;
        set => Wire.U16(_packet, 6, (ushort)((Wire.U16(_packet, 6) & 0xE000) | ((value >> 3) & 0x1FFF)));
    }

    /// <summary>Whether the packet is a fragment.</summary>
    public FragmentKind Fragment =>
        (Wire.U16(_packet, 6) & 0x1FFF) != 0 ? FragmentKind.Later : MoreFragments ? FragmentKind.First : FragmentKind.None;

    /// <summary>Hops the packet may still make.</summary>
    public byte TimeToLive
    {
        get => _packet[8];
        set => _packet[8] = value;
    }

    /// <summary>Number of the payload's protocol (see <see cref="IpProtocols"/>).</summary>
    public byte Protocol
    {
        get => _packet[9];
        set => _packet[9] = value;
    }

    /// <summary>The header checksum as it stands in the packet.</summary>
    public ushort Checksum
    {
        get => Wire.U16(_packet, 10);
        set => Wire.U16(_packet, 10, value);
    }

    /// <summary>Source address: 0xC0000201 for 192.0.2.1.</summary>
    public uint Source
    {
        get => Wire.U32(_packet, 12);
        set => Wire.U32(_packet, 12, value);
    }

    /// <summary>Destination address: 0xC0000201 for 192.0.2.1.</summary>
    public uint Destination
    {
        get => Wire.U32(_packet, 16);
        set => Wire.U32(_packet, 16, value);
    }

    /// <summary>The header with its options.</summary>
    public Span<byte> Bytes => _packet[..HeaderLength];

    /// <summary>The options; empty where the header is 20 bytes.</summary>
    public HeaderOptions Options => new(_packet[MinimumLength..HeaderLength]);

    /// <summary>What follows the header, as far as it is there, without the padding of short Ethernet frames.</summary>
    public Span<byte> Payload => _packet[HeaderLength..];

    /// <summary>Whether bytes of the packet are missing: it is longer than what was viewed.</summary>
    public bool IsTruncated => TotalLength > _packet.Length;

    /// <summary>Whether the header checksum is right.</summary>
    public bool IsChecksumValid => InternetChecksum.IsValid(Bytes);

    /// <summary>
    /// Views a packet. False where there are fewer bytes than the header says it has, the version is not 4, the header length is below 20, or the
    /// total length is below the header length. A total length beyond the bytes is not refused: see <see cref="IsTruncated"/>.
    /// </summary>
    public static bool TryParse(Span<byte> packet, out Ipv4Header header)
    {
        header = default;
        if (packet.Length < MinimumLength || packet[0] >> 4 != 4)
            return false;
        int headerLength = (packet[0] & 0x0F) * 4;
        int total = Wire.U16(packet, 2);
        if (headerLength < MinimumLength || headerLength > packet.Length || (total != 0 && total < headerLength))
            return false;
        header = new(total == 0 || total > packet.Length ? packet : packet[..total]);
        return true;
    }

    /// <summary>
    /// Writes a header without options in front of a payload: lengths set, time to live 64, everything else zero, checksum not yet computed
    /// (see <see cref="UpdateChecksum"/>). False where the buffer is shorter than 20 bytes and the payload together, or these exceed 65,535.
    /// </summary>
    /// <param name="buffer">Where the packet begins; its payload lies, or will lie, behind the 20 bytes.</param>
    /// <param name="payloadLength">Bytes of the payload.</param>
    /// <param name="header">The view of the packet.</param>
    public static bool TryCreate(Span<byte> buffer, int payloadLength, out Ipv4Header header)
    {
        header = default;
        if ((uint)payloadLength > ushort.MaxValue - MinimumLength || buffer.Length < MinimumLength + payloadLength)
            return false;
        header = new(buffer[..(MinimumLength + payloadLength)]);
        buffer[..MinimumLength].Clear();
        buffer[0] = 0x45;
        header.TotalLength = (ushort)(MinimumLength + payloadLength);
        header.TimeToLive = 64;
        return true;
    }

    /// <summary>Computes the header checksum anew.</summary>
    public void UpdateChecksum()
    {
        Checksum = 0;
        Checksum = InternetChecksum.Compute(Bytes);
    }

    /// <summary>Sets the source address and updates the header checksum.</summary>
    public void ReplaceSource(uint value)
    {
        Checksum = InternetChecksum.Update(Checksum, Source, value);
        Source = value;
    }

    /// <summary>Sets the destination address and updates the header checksum.</summary>
    public void ReplaceDestination(uint value)
    {
        Checksum = InternetChecksum.Update(Checksum, Destination, value);
        Destination = value;
    }

    /// <summary>Sets DSCP and ECN and updates the header checksum.</summary>
    public void ReplaceTypeOfService(byte value) => ReplaceWord(0, (ushort)((_packet[0] << 8) | value));

    /// <summary>Sets the total length and updates the header checksum.</summary>
    public void ReplaceTotalLength(ushort value) => ReplaceWord(2, value);

    /// <summary>Sets the identification and updates the header checksum.</summary>
    public void ReplaceIdentification(ushort value) => ReplaceWord(4, value);

    /// <summary>Sets the time to live and updates the header checksum.</summary>
    public void ReplaceTimeToLive(byte value) => ReplaceWord(8, (ushort)((value << 8) | Protocol));

    /// <summary>
    /// Takes one hop off the time to live and updates the header checksum, as a router does. False, with nothing changed, where it is 0 or 1:
    /// the packet may not be forwarded (RFC 1812 section 5.3.1).
    /// </summary>
    public bool TryDecrementTimeToLive()
    {
        byte hops = TimeToLive;
        if (hops <= 1)
            return false;
        ReplaceTimeToLive((byte)(hops - 1));
        return true;
    }

    /// <summary>The partial sum of the pseudo-header for the transport protocol of this packet.</summary>
    /// <param name="length">Bytes of transport header and data.</param>
    public uint PseudoHeader(int length) => InternetChecksum.PseudoHeader(Source, Destination, Protocol, (uint)length);

    private void ReplaceWord(int offset, ushort value)
    {
        Checksum = InternetChecksum.Update(Checksum, Wire.U16(_packet, offset), value);
        Wire.U16(_packet, offset, value);
    }
}

namespace OpenNetVM.Core.Headers;

/// <summary>A view of an IPv6 packet (RFC 8200); reads and writes go straight to the bytes, numbers are in host order. IPv6 has no header checksum.</summary>
/// <remarks>
/// Replacing an address changes the pseudo-header under the checksum of TCP, UDP and ICMPv6: call <c>AccountForAddressChange</c> there with the old and new address.
/// </remarks>
public readonly ref struct Ipv6Header
{
    /// <summary>Bytes of the fixed header, in front of any extension headers.</summary>
    public const int Length = 40;

    private readonly Span<byte> _packet;

    private Ipv6Header(Span<byte> packet) => _packet = packet;

    /// <summary>DSCP and ECN together.</summary>
    public byte TrafficClass
    {
        get => (byte)(Wire.U16(_packet, 0) >> 4);
        set => Wire.U16(_packet, 0, (ushort)((Wire.U16(_packet, 0) & 0xF00F) | (value << 4)));
    }

    /// <summary>Differentiated services code point, 0 to 63 (RFC 2474); more is cut to six bits.</summary>
    public byte Dscp
    {
        get => (byte)(TrafficClass >> 2);
        set => TrafficClass = (byte)((value << 2) | (TrafficClass & 3));
    }

    /// <summary>Explicit congestion notification, 0 to 3 (RFC 3168); more is cut to two bits.</summary>
    public byte Ecn
    {
        get => (byte)(TrafficClass & 3);
        set => TrafficClass = (byte)((TrafficClass & 0xFC) | (value & 3));
    }

    /// <summary>Flow label, 0 to 0xFFFFF (RFC 6437); more is cut to 20 bits.</summary>
    public uint FlowLabel
    {
        get => Wire.U32(_packet, 0) & 0xF_FFFF;
        set => Wire.U32(_packet, 0, (Wire.U32(_packet, 0) & 0xFFF0_0000) | (value & 0xF_FFFF));
    }

    /// <summary>Bytes behind the fixed header as the header says; 0 for a jumbogram (RFC 2675) or a packet to be segmented by hardware.</summary>
    public ushort PayloadLength
    {
        get => Wire.U16(_packet, 4);
        set => Wire.U16(_packet, 4, value);
    }

    /// <summary>Number of what follows the fixed header: an extension header or the transport protocol (see <see cref="Extensions"/>).</summary>
    public byte NextHeader
    {
        get => _packet[6];
        set => _packet[6] = value;
    }

    /// <summary>Hops the packet may still make.</summary>
    public byte HopLimit
    {
        get => _packet[7];
        set => _packet[7] = value;
    }

    /// <summary>Source address as a number: 2001:db8::1 is 0x20010DB8 in the highest 32 bits and 1 in the lowest.</summary>
    public UInt128 Source
    {
        get => Wire.U128(_packet, 8);
        set => Wire.U128(_packet, 8, value);
    }

    /// <summary>Destination address as a number.</summary>
    public UInt128 Destination
    {
        get => Wire.U128(_packet, 24);
        set => Wire.U128(_packet, 24, value);
    }

    /// <summary>The fixed header.</summary>
    public Span<byte> Bytes => _packet[..Length];

    /// <summary>What follows the fixed header, extension headers included, as far as it is there, without the padding of short Ethernet frames.</summary>
    public Span<byte> Payload => _packet[Length..];

    /// <summary>The extension headers; enumerate them, and find behind the last one the protocol and its bytes.</summary>
    public Ipv6Extensions Extensions => new(NextHeader, _packet[Length..]);

    /// <summary>Whether bytes of the packet are missing: it is longer than what was viewed.</summary>
    public bool IsTruncated => PayloadLength > _packet.Length - Length;

    /// <summary>Views a packet; false where there are fewer than 40 bytes or the version is not 6. A payload length beyond the bytes is not refused: see <see cref="IsTruncated"/>.</summary>
    public static bool TryParse(Span<byte> packet, out Ipv6Header header)
    {
        header = default;
        if (packet.Length < Length || packet[0] >> 4 != 6)
            return false;
        int payload = Wire.U16(packet, 4);
        header = new(payload == 0 || payload > packet.Length - Length ? packet : packet[..(Length + payload)]);
        return true;
    }

    /// <summary>
    /// Writes a fixed header in front of a payload: payload length set, hop limit 64, everything else zero. False where the buffer is shorter than
    /// 40 bytes and the payload together, or the payload exceeds 65,535.
    /// </summary>
    /// <param name="buffer">Where the packet begins; its payload lies, or will lie, behind the 40 bytes.</param>
    /// <param name="payloadLength">Bytes of the payload, extension headers included.</param>
    /// <param name="header">The view of the packet.</param>
    public static bool TryCreate(Span<byte> buffer, int payloadLength, out Ipv6Header header)
    {
        header = default;
        if ((uint)payloadLength > ushort.MaxValue || buffer.Length < Length + payloadLength)
            return false;
        header = new(buffer[..(Length + payloadLength)]);
        buffer[..Length].Clear();
        buffer[0] = 0x60;
        header.PayloadLength = (ushort)payloadLength;
        header.HopLimit = 64;
        return true;
    }

    /// <summary>
    /// Goes past the extension headers. The result is what follows them: the transport header, or the piece of data of a later fragment; it is
    /// empty where the chain is cut or malformed.
    /// </summary>
    /// <param name="protocol">The protocol number of the result; where the chain is cut, the number of the header that is.</param>
    /// <param name="fragment">Whether the packet is a fragment.</param>
    public Span<byte> SkipExtensions(out byte protocol, out FragmentKind fragment)
    {
        Ipv6Extensions extensions = Extensions;
        while (extensions.MoveNext())
        {
        }

        protocol = extensions.NextHeader;
        fragment = extensions.Fragment;
        return extensions.End == OptionsEnd.Complete ? extensions.Rest : default;
    }

    /// <summary>Takes one hop off the hop limit, as a router does. False, with nothing changed, where it is 0 or 1: the packet may not be forwarded.</summary>
    public bool TryDecrementHopLimit()
    {
        byte hops = HopLimit;
        if (hops <= 1)
            return false;
        HopLimit = (byte)(hops - 1);
        return true;
    }

    /// <summary>The partial sum of the pseudo-header for a transport protocol; the destination is the header's, so it is right without a routing header.</summary>
    /// <param name="protocol">Protocol number of the transport header, behind any extension headers.</param>
    /// <param name="length">Bytes of transport header and data.</param>
    public uint PseudoHeader(byte protocol, int length) => InternetChecksum.PseudoHeader(Source, Destination, protocol, (uint)length);
}

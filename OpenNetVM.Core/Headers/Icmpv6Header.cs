namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of an ICMPv6 message (RFC 4443); reads and writes go straight to the bytes, numbers are in host order. Setters leave the checksum alone.
/// </summary>
public readonly ref struct Icmpv6Header
{
    /// <summary>Bytes of the header: type, code, checksum and four bytes whose meaning the type gives.</summary>
    public const int Length = 8;

    /// <summary>Type of a destination-unreachable message.</summary>
    public const byte DestinationUnreachable = 1;

    /// <summary>Type of a packet-too-big message.</summary>
    public const byte PacketTooBig = 2;

    /// <summary>Type of a time-exceeded message.</summary>
    public const byte TimeExceeded = 3;

    /// <summary>Type of an echo request.</summary>
    public const byte EchoRequest = 128;

    /// <summary>Type of an echo reply.</summary>
    public const byte EchoReply = 129;

    /// <summary>Type of a router advertisement (RFC 4861).</summary>
    public const byte RouterAdvertisement = 134;

    /// <summary>Type of a neighbour solicitation (RFC 4861).</summary>
    public const byte NeighborSolicitation = 135;

    /// <summary>Type of a neighbour advertisement (RFC 4861).</summary>
    public const byte NeighborAdvertisement = 136;

    private readonly Span<byte> _message;

    private Icmpv6Header(Span<byte> message) => _message = message;

    /// <summary>Kind of message.</summary>
    public byte Type
    {
        get => _message[0];
        set => _message[0] = value;
    }

    /// <summary>Kind within the type.</summary>
    public byte Code
    {
        get => _message[1];
        set => _message[1] = value;
    }

    /// <summary>The checksum as it stands in the message.</summary>
    public ushort Checksum
    {
        get => Wire.U16(_message, 2);
        set => Wire.U16(_message, 2, value);
    }

    /// <summary>The four bytes behind the checksum as a number: of packet-too-big, the MTU.</summary>
    public uint Parameter
    {
        get => Wire.U32(_message, 4);
        set => Wire.U32(_message, 4, value);
    }

    /// <summary>Of echo messages: the identifier.</summary>
    public ushort Identifier
    {
        get => Wire.U16(_message, 4);
        set => Wire.U16(_message, 4, value);
    }

    /// <summary>Of echo messages: the sequence number.</summary>
    public ushort SequenceNumber
    {
        get => Wire.U16(_message, 6);
        set => Wire.U16(_message, 6, value);
    }

    /// <summary>Whether the payload begins with the IP header of the packet that caused the message (types below 128).</summary>
    public bool IsError => Type < EchoRequest;

    /// <summary>What follows the eight bytes.</summary>
    public Span<byte> Payload => _message[Length..];

    /// <summary>Views a message; false where there are fewer than 8 bytes.</summary>
    /// <param name="message">Header and data, without Ethernet padding (as <see cref="Ipv6Header.SkipExtensions"/> gives it): the checksum covers all of it.</param>
    /// <param name="header">The view.</param>
    public static bool TryParse(Span<byte> message, out Icmpv6Header header)
    {
        bool enough = message.Length >= Length;
        header = enough ? new(message) : default;
        return enough;
    }

    /// <summary>Whether the checksum is right in the given packet; only meaningful for whole messages, not for fragments.</summary>
    public bool IsChecksumValid(Ipv6Header ip) =>
        InternetChecksum.Finish(ip.PseudoHeader(IpProtocols.Icmpv6, _message.Length) + InternetChecksum.Sum(_message)) == 0;

    /// <summary>Computes the checksum anew for the given packet.</summary>
    public void UpdateChecksum(Ipv6Header ip)
    {
        Checksum = 0;
        Checksum = InternetChecksum.Finish(ip.PseudoHeader(IpProtocols.Icmpv6, _message.Length) + InternetChecksum.Sum(_message));
    }

    /// <summary>Updates the checksum for an address of the packet that changed from one value to another.</summary>
    public void AccountForAddressChange(UInt128 from, UInt128 to) => Checksum = InternetChecksum.Update(Checksum, from, to);
}

namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of an ICMP message for IPv4 (RFC 792); reads and writes go straight to the bytes, numbers are in host order. Setters leave the checksum alone.
/// </summary>
public readonly ref struct IcmpHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 8;

    /// <summary>Type of an echo reply.</summary>
    public const byte EchoReply = 0;

    /// <summary>Type of a destination-unreachable message.</summary>
    public const byte DestinationUnreachable = 3;

    /// <summary>Type of a redirect.</summary>
    public const byte Redirect = 5;

    /// <summary>Type of an echo request.</summary>
    public const byte EchoRequest = 8;

    /// <summary>Type of a time-exceeded message.</summary>
    public const byte TimeExceeded = 11;

    /// <summary>Type of a parameter-problem message.</summary>
    public const byte ParameterProblem = 12;

    private const byte SourceQuench = 4;
    private readonly Span<byte> _message;

    private IcmpHeader(Span<byte> message) => _message = message;

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

    /// <summary>Of echo messages: the identifier.</summary>
    public ushort Identifier
    {
        get => Wire.U16(_message, 4);
        set => Wire.U16(_message, 4, value);
    }

    /// <summary>Of echo messages: the sequence number. Of "fragmentation needed": the next hop's MTU (RFC 1191).</summary>
    public ushort SequenceNumber
    {
        get => Wire.U16(_message, 6);
        set => Wire.U16(_message, 6, value);
    }

    /// <summary>Whether the payload begins with the IP header of the packet that caused the message.</summary>
    public bool IsError => Type is DestinationUnreachable or SourceQuench or Redirect or TimeExceeded or ParameterProblem;

    /// <summary>What follows the eight bytes: an echo's data, or of an error the beginning of the packet that caused it.</summary>
    public Span<byte> Payload => _message[Length..];

    /// <summary>Whether the checksum is right; only meaningful for whole messages, not for fragments.</summary>
    public bool IsChecksumValid => InternetChecksum.IsValid(_message);

    /// <summary>Views a message; false where there are fewer than 8 bytes.</summary>
    /// <param name="message">Header and data, without Ethernet padding (as <see cref="Ipv4Header.Payload"/> gives it): the checksum covers all of it.</param>
    /// <param name="header">The view.</param>
    public static bool TryParse(Span<byte> message, out IcmpHeader header)
    {
        bool enough = message.Length >= Length;
        header = enough ? new(message) : default;
        return enough;
    }

    /// <summary>Computes the checksum anew.</summary>
    public void UpdateChecksum()
    {
        Checksum = 0;
        Checksum = InternetChecksum.Compute(_message);
    }

    /// <summary>Sets the identifier and updates the checksum (RFC 1624), as address translation does.</summary>
    public void ReplaceIdentifier(ushort value)
    {
        Checksum = InternetChecksum.Update(Checksum, Identifier, value);
        Identifier = value;
    }
}

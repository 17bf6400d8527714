namespace OpenNetVM.Core.Headers;

/// <summary>A view of a PPPoE session header with the PPP protocol number behind it (RFC 2516); it follows <see cref="EtherTypes.PppoeSession"/>.</summary>
public readonly ref struct PppoeHeader
{
    /// <summary>Bytes of the header together with the PPP protocol number.</summary>
    public const int Length = 8;

    private const int CountedFrom = 6;
    private readonly Span<byte> _bytes;

    private PppoeHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>The code: 0 for session data.</summary>
    public byte Code => _bytes[1];

    /// <summary>The session's number.</summary>
    public ushort SessionId
    {
        get => Wire.U16(_bytes, 2);
        set => Wire.U16(_bytes, 2, value);
    }

    /// <summary>Bytes of the PPP protocol number and payload as the header says.</summary>
    public ushort PayloadLength
    {
        get => Wire.U16(_bytes, 4);
        set => Wire.U16(_bytes, 4, value);
    }

    /// <summary>The PPP protocol (see <see cref="PppProtocols"/>).</summary>
    public ushort Protocol
    {
        get => Wire.U16(_bytes, 6);
        set => Wire.U16(_bytes, 6, value);
    }

    /// <summary>What follows the PPP protocol number, as far as the length says and the frame has.</summary>
    public Span<byte> Payload => _bytes[Length..Math.Clamp(CountedFrom + PayloadLength, Length, _bytes.Length)];

    /// <summary>Views a header; false where there are fewer than 8 bytes or version and type are not 1.</summary>
    public static bool TryParse(Span<byte> bytes, out PppoeHeader header)
    {
        bool known = bytes.Length >= Length && bytes[0] == 0x11;
        header = known ? new(bytes) : default;
        return known;
    }
}

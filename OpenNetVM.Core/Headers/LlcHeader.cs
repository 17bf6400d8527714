namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of the logical link control header (IEEE 802.2) that follows an IEEE 802.3 length, with its SNAP extension (RFC 1042) where it has one.
/// </summary>
public readonly ref struct LlcHeader
{
    private const byte SnapPoint = 0xAA;
    private const byte Unnumbered = 0x03;
    private const int ShortLength = 3;
    private const int SnapLength = 8;
    private readonly Span<byte> _bytes;

    private LlcHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>Destination service access point (0x42 spanning tree, 0xFE OSI, 0xAA SNAP...).</summary>
    public byte DestinationServicePoint => _bytes[0];

    /// <summary>Source service access point.</summary>
    public byte SourceServicePoint => _bytes[1];

    /// <summary>The control field's first byte (0x03 unnumbered information).</summary>
    public byte Control => _bytes[2];

    /// <summary>Whether a SNAP extension with organisation and protocol follows.</summary>
    public bool IsSnap => _bytes.Length >= SnapLength && _bytes[0] == SnapPoint && _bytes[1] == SnapPoint && _bytes[2] == Unnumbered;

    /// <summary>Of SNAP: the organisation's number, 0 where <see cref="Protocol"/> is an EtherType; 0 also where it is not SNAP.</summary>
    public int Organisation => IsSnap ? (_bytes[3] << 16) | Wire.U16(_bytes, 4) : 0;

    /// <summary>Of SNAP: the protocol in the organisation's numbering; 0 where it is not SNAP.</summary>
    public ushort Protocol => IsSnap ? Wire.U16(_bytes, 6) : (ushort)0;

    /// <summary>Bytes of the header: 8 with SNAP, otherwise 4 for the information and supervisory formats and 3 for the unnumbered one.</summary>
    public int HeaderLength => IsSnap ? SnapLength : (Control & 3) == 3 ? ShortLength : ShortLength + 1;

    /// <summary>What follows the header.</summary>
    public Span<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Views a header; false where there are fewer bytes than it has.</summary>
    public static bool TryParse(Span<byte> bytes, out LlcHeader header)
    {
        header = default;
        if (bytes.Length < ShortLength || ((bytes[2] & 3) != 3 && bytes.Length < ShortLength + 1))
            return false;
        header = new(bytes);
        return true;
    }
}

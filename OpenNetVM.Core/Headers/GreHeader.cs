namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of a GRE header (RFC 2784) with the optional checksum, key and sequence number (RFC 2890), and of PPTP's enhanced GRE (version 1, RFC 2637).
/// Reads and writes go straight to the bytes, numbers are in host order. Fields that are absent read 0.
/// </summary>
public readonly ref struct GreHeader
{
    /// <summary>Bytes of the header without optional fields.</summary>
    public const int MinimumLength = 4;

    private const ushort ChecksumFlag = 0x8000;
    private const ushort RoutingFlag = 0x4000;
    private const ushort KeyFlag = 0x2000;
    private const ushort SequenceFlag = 0x1000;
    private const ushort AcknowledgmentFlag = 0x0080;
    private readonly Span<byte> _bytes;

    private GreHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>Version: 0, or 1 for PPTP.</summary>
    public int Version => _bytes[1] & 7;

    /// <summary>Whether there is a checksum.</summary>
    public bool HasChecksum => (Flags & ChecksumFlag) != 0;

    /// <summary>Whether there is a key.</summary>
    public bool HasKey => (Flags & KeyFlag) != 0;

    /// <summary>Whether there is a sequence number.</summary>
    public bool HasSequenceNumber => (Flags & SequenceFlag) != 0;

    /// <summary>Of version 1: whether there is an acknowledgement number.</summary>
    public bool HasAcknowledgmentNumber => Version == 1 && (Flags & AcknowledgmentFlag) != 0;

    /// <summary>EtherType of the payload (see <see cref="EtherTypes"/>); 0x880B, PPP, in version 1.</summary>
    public ushort ProtocolType
    {
        get => Wire.U16(_bytes, 2);
        set => Wire.U16(_bytes, 2, value);
    }

    /// <summary>The checksum of header and payload as it stands in the packet.</summary>
    public ushort Checksum => HasChecksum ? Wire.U16(_bytes, MinimumLength) : (ushort)0;

    /// <summary>The key. For NVGRE (RFC 7637) its high 24 bits name the network; for version 1 its low 16 bits name the call.</summary>
    public uint Key => HasKey ? Wire.U32(_bytes, KeyOffset) : 0;

    /// <summary>The sequence number.</summary>
    public uint SequenceNumber => HasSequenceNumber ? Wire.U32(_bytes, SequenceOffset) : 0;

    /// <summary>Of version 1: the acknowledgement number.</summary>
    public uint AcknowledgmentNumber => HasAcknowledgmentNumber ? Wire.U32(_bytes, SequenceOffset + (HasSequenceNumber ? 4 : 0)) : 0;

    /// <summary>Bytes of the header with its optional fields: 4 to 16.</summary>
    public int HeaderLength => MeasureHeader(_bytes);

    /// <summary>What follows the header.</summary>
    public Span<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Whether the checksum is right, or absent; only meaningful for whole packets, not for fragments.</summary>
    public bool IsChecksumValid => !HasChecksum || InternetChecksum.IsValid(_bytes);

    private ushort Flags => Wire.U16(_bytes, 0);

    private int KeyOffset => MinimumLength + (HasChecksum ? 4 : 0);

    private int SequenceOffset => KeyOffset + (HasKey ? 4 : 0);

    /// <summary>
    /// Views a header and its payload. False where there are fewer bytes than it has, the version is not 0 or 1, or it has the routing field that
    /// RFC 2784 withdrew.
    /// </summary>
    public static bool TryParse(Span<byte> bytes, out GreHeader header)
    {
        bool known = MeasureHeader(bytes) != 0;
        header = known ? new(bytes) : default;
        return known;
    }

    /// <summary>Computes the checksum anew; does nothing where there is none.</summary>
    public void UpdateChecksum()
    {
        if (!HasChecksum)
            return;
        Wire.U16(_bytes, MinimumLength, 0);
        Wire.U16(_bytes, MinimumLength, InternetChecksum.Compute(_bytes));
    }

    /// <summary>Bytes of the header, 0 where it is cut or of an unknown form.</summary>
    internal static int MeasureHeader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < MinimumLength)
            return 0;
        int flags = Wire.U16(bytes, 0);
        int version = flags & 7;
        if (version > 1 || (flags & RoutingFlag) != 0)
            return 0;
        int length = MinimumLength
            + ((flags & ChecksumFlag) != 0 ? 4 : 0)
            + ((flags & KeyFlag) != 0 ? 4 : 0)
            + ((flags & SequenceFlag) != 0 ? 4 : 0)
            + (version == 1 && (flags & AcknowledgmentFlag) != 0 ? 4 : 0);
        return length <= bytes.Length ? length : 0;
    }
}

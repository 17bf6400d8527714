namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of the header in front of a mirrored Ethernet frame inside GRE: ERSPAN type II (0x88BE with a GRE sequence number) and type III (0x22EB).
/// Type I (0x88BE without a sequence number) has no such header: the frame follows GRE at once. Source: draft-foschiano-erspan.
/// </summary>
public readonly ref struct ErspanHeader
{
    private const int Type2Version = 1;
    private const int Type3Version = 2;
    private const int Type2Length = 8;
    private const int Type3Length = 12;
    private const int SubheaderLength = 8;
    private readonly Span<byte> _bytes;

    private ErspanHeader(Span<byte> bytes) => _bytes = bytes;

    /// <summary>1 for type II, 2 for type III.</summary>
    public int Version => _bytes[0] >> 4;

    /// <summary>VLAN of the mirrored frame.</summary>
    public ushort VlanId => (ushort)(Wire.U16(_bytes, 0) & 0x0FFF);

    /// <summary>Class of service of the mirrored frame.</summary>
    public byte ClassOfService => (byte)(_bytes[2] >> 5);

    /// <summary>Whether the mirrored frame was cut.</summary>
    public bool IsTruncated => (_bytes[2] & 0x04) != 0;

    /// <summary>Number of the mirroring session, 0 to 1,023.</summary>
    public ushort SessionId => (ushort)(Wire.U16(_bytes, 2) & 0x03FF);

    /// <summary>Of type II: the port index, 20 bits; 0 for type III.</summary>
    public uint Index => Version == Type2Version ? Wire.U32(_bytes, 4) & 0xF_FFFF : 0;

    /// <summary>Of type III: the timestamp in the sender's units; 0 for type II.</summary>
    public uint Timestamp => Version == Type3Version ? Wire.U32(_bytes, 4) : 0;

    /// <summary>Bytes of the header: 8 for type II, 12 or 20 for type III.</summary>
    public int HeaderLength => MeasureHeader(_bytes);

    /// <summary>The mirrored Ethernet frame.</summary>
    public Span<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Views a header, the payload of GRE; false where there are fewer bytes than it has or the version is neither type II nor III.</summary>
    public static bool TryParse(Span<byte> bytes, out ErspanHeader header)
    {
        bool known = MeasureHeader(bytes) != 0;
        header = known ? new(bytes) : default;
        return known;
    }

    /// <summary>Bytes of the header, 0 where it is cut or of an unknown form.</summary>
    internal static int MeasureHeader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Type2Length)
            return 0;
        switch (bytes[0] >> 4)
        {
            case Type2Version:
                return Type2Length;
            case Type3Version when bytes.Length >= Type3Length:
                // The last bit says that a platform-specific part follows.
                int length = Type3Length + ((bytes[Type3Length - 1] & 1) != 0 ? SubheaderLength : 0);
                return length <= bytes.Length ? length : 0;
            default:
                return 0;
        }
    }
}

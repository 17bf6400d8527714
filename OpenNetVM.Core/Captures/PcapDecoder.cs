namespace OpenNetVM.Core.Captures;

/// <summary>Not thread-safe. Decodes classic pcap: a 24-byte header, then records of a 16-byte header and the frame (draft-ietf-opsawg-pcap).</summary>
internal sealed class PcapDecoder : CaptureDecoder
{
    // The magics as a little-endian reader sees them.
    public const uint Microseconds = 0xA1B2C3D4;
    public const uint MicrosecondsSwapped = 0xD4C3B2A1;
    public const uint Nanoseconds = 0xA1B23C4D;
    public const uint NanosecondsSwapped = 0x4D3CB2A1;
    public const uint Modified = 0xA1B2CD34;
    public const uint ModifiedSwapped = 0x34CDB2A1;

    private const int FileHeaderLength = 24;
    private const int RecordHeaderLength = 16;

    private readonly long _fractionScale;
    private LinkType _linkType;

    public PcapDecoder(CaptureInput input, string fileName, CaptureReaderOptions options, bool bigEndian, bool nanoseconds)
        : base(input, fileName, options)
    {
        BigEndian = bigEndian;
        _fractionScale = nanoseconds ? 1 : 1_000;
    }

    public override CaptureFormat Format => CaptureFormat.Pcap;

    public override DecodeStep ReadHeader()
    {
        if (!Input.TryPeek(FileHeaderLength, out ReadOnlyMemory<byte> header))
            return NeedMore("the file header", FileHeaderLength);
        ReadOnlySpan<byte> bytes = header.Span;
        ushort major = Read16(bytes, 4);
        ushort minor = Read16(bytes, 6);
        if (major != 2 || minor != 4)
            Fail(0, Invariant($"pcap version {major}.{minor}; only version 2.4 is known"));

        // The upper half says how long a frame check sequence is, which stays where it is: at the end of the frame.
        _linkType = (LinkType)(Read32(bytes, 20) & 0xFFFF);
        CheckLinkType(_linkType);
        AddInterface(_linkType, Read32(bytes, 16), name: null);
        Input.Skip(FileHeaderLength);
        return DecodeStep.Done;
    }

    public override DecodeStep Next(ref CaptureRecord record)
    {
        if (!Input.TryPeek(RecordHeaderLength, out ReadOnlyMemory<byte> header))
            return Input.EndReached && Input.Available == 0 ? DecodeStep.End : NeedMore("a record header", RecordHeaderLength);
        ReadOnlySpan<byte> bytes = header.Span;
        uint captured = Read32(bytes, 8);
        uint wire = Read32(bytes, 12);
        CheckLengths(captured, wire);

        // Cannot overflow: 2^32 seconds are 4.3e18 ns, and 2^32 microseconds more are nothing beside the 9.2e18 there is room for.
        long timestamp = (Read32(bytes, 0) * 1_000_000_000L) + (Read32(bytes, 4) * _fractionScale);
        int length = RecordHeaderLength + (int)captured;
        if (!Input.TryPeek(length, out ReadOnlyMemory<byte> whole))
            return NeedMore("a record", length);

        record.Data = whole[RecordHeaderLength..];
        record.WireLength = (int)wire;
        record.InterfaceIndex = 0;
        record.TimestampNanoseconds = timestamp;
        record.LinkType = _linkType;
        record.Offset = Input.Offset;
        Input.Skip(length);
        return DecodeStep.Done;
    }
}

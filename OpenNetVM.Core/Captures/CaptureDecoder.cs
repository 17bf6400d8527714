using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OpenNetVM.Core.Captures;

/// <summary>Not thread-safe. Finds frames in the bytes of one container format; never waits, never trusts a length.</summary>
internal abstract class CaptureDecoder(CaptureInput input, string fileName, CaptureReaderOptions options)
{
    private readonly List<CaptureInterface> _interfaces = [];

    public abstract CaptureFormat Format { get; }

    public IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    /// <summary>True where the numbers of the part being read are big-endian.</summary>
    protected bool BigEndian { get; set; }

    protected CaptureInput Input => input;

    protected CaptureReaderOptions Options => options;

    /// <summary>Looks at the first bytes and picks the decoder for them; null where the input must be filled first.</summary>
    /// <exception cref="CaptureFormatException">No capture format begins so.</exception>
    public static CaptureDecoder? TryDetect(CaptureInput input, string fileName, CaptureReaderOptions options)
    {
        if (!input.TryPeek(4, out ReadOnlyMemory<byte> bytes))
        {
            if (!input.EndReached)
                return null;
            throw new CaptureFormatException(fileName, 0, input.Available == 0
                ? "the file is empty; a pcap or pcapng file was expected"
                : Invariant($"the file has only {input.Available} bytes; a pcap or pcapng file was expected"));
        }

        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span);
        return magic switch
        {
            PcapNgDecoder.SectionHeader => new PcapNgDecoder(input, fileName, options),
            PcapDecoder.Microseconds => new PcapDecoder(input, fileName, options, bigEndian: false, nanoseconds: false),
            PcapDecoder.Nanoseconds => new PcapDecoder(input, fileName, options, bigEndian: false, nanoseconds: true),
            PcapDecoder.MicrosecondsSwapped => new PcapDecoder(input, fileName, options, bigEndian: true, nanoseconds: false),
            PcapDecoder.NanosecondsSwapped => new PcapDecoder(input, fileName, options, bigEndian: true, nanoseconds: true),

            // Several incompatible record layouts share this number, and which one a file has can only be guessed.
            PcapDecoder.Modified or PcapDecoder.ModifiedSwapped => throw new CaptureFormatException(fileName, 0,
                "the file is in Kuznetzov's modified pcap format (a1b2cd34), which is ambiguous; convert it to pcapng with Wireshark's editcap"),
            _ when (magic & 0xFFFF) == 0x8B1F => throw new CaptureFormatException(fileName, 0,
                "the file is compressed with gzip; open it through a GZipStream or decompress it first"),
            _ => throw new CaptureFormatException(fileName, 0,
                Invariant($"the file begins with {BinaryPrimitives.ReverseEndianness(magic):x8}, which is neither pcap nor pcapng")),
        };
    }

    /// <summary>Reads what precedes the first record; to be repeated after a fill until it is done.</summary>
    public abstract DecodeStep ReadHeader();

    /// <summary>Finds the next frame; to be repeated after a fill while it needs input.</summary>
    public abstract DecodeStep Next(ref CaptureRecord record);

    protected static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    protected void AddInterface(LinkType linkType, uint snapLength, string? name) =>
        _interfaces.Add(new CaptureInterface(_interfaces.Count, linkType, snapLength, name));

    protected ushort Read16(ReadOnlySpan<byte> bytes, int at) =>
        BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    protected uint Read32(ReadOnlySpan<byte> bytes, int at) =>
        BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    /// <summary>Asks for input, or fails where there is none left to ask for.</summary>
    protected DecodeStep NeedMore(string what, long expected)
    {
        if (input.EndReached)
            Fail(input.Offset, Invariant($"the file ends inside {what}: {input.Available} of {expected} bytes are there"));
        return DecodeStep.NeedsInput;
    }

    /// <summary>Refuses lengths that no frame can have, before anything is done with them.</summary>
    protected void CheckLengths(uint captured, uint wire)
    {
        if (captured > (uint)options.MaxFrameLength)
            Fail(input.Offset, Invariant($"the record claims {captured} captured bytes; at most {options.MaxFrameLength} are accepted ({nameof(CaptureReaderOptions)}.{nameof(CaptureReaderOptions.MaxFrameLength)})"));
        if (wire > int.MaxValue)
            Fail(input.Offset, Invariant($"the record claims a frame of {wire} bytes on the wire"));
        if (captured > wire)
            Fail(input.Offset, Invariant($"the record claims {captured} captured bytes of a frame of {wire} bytes"));
    }

    /// <summary>Refuses link types that cannot be delivered as the options ask.</summary>
    protected void CheckLinkType(LinkType linkType)
    {
        if (options.ConvertToEthernet && !linkType.CanBecomeEthernet())
            Fail(input.Offset, $"link type {linkType.Describe()} cannot be delivered as Ethernet: only Ethernet, Linux cooked, raw IP and loopback can be converted");
    }

    [DoesNotReturn]
    protected void Fail(long offset, string reason) => throw new CaptureFormatException(fileName, offset, reason);
}

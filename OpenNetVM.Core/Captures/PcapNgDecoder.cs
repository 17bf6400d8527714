using System.Buffers.Binary;
using System.Text;

namespace OpenNetVM.Core.Captures;

/// <summary>
/// Not thread-safe. Decodes pcapng (draft-ietf-opsawg-pcapng): blocks of type, length, body and the length again. Section and interface
/// blocks set the scene, three kinds of block hold frames, every other kind is passed over without being held in memory.
/// </summary>
internal sealed class PcapNgDecoder(CaptureInput input, string fileName, CaptureReaderOptions options) : CaptureDecoder(input, fileName, options)
{
    // A section header's type reads the same in both byte orders, which is how a section tells its own.
    public const uint SectionHeader = 0x0A0D0D0A;

    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const uint ByteOrderMagicSwapped = 0x4D3C2B1A;
    private const uint InterfaceDescription = 1;
    private const uint ObsoletePacket = 2;
    private const uint SimplePacket = 3;
    private const uint EnhancedPacket = 6;

    private const int BlockOverhead = 12;
    private const int SectionHeaderLeast = 28;
    private const int InterfaceLeast = 20;

    // Room for what a block may hold beside a frame: options, of which each is at most 64 KB.
    private const int OptionsAllowance = 256 * 1024;
    private const int MaxInterfaces = 65_536;

    private readonly List<TimestampScale> _scales = [];
    private int _sectionBase;
    private long _toSkip;
    private uint _skippedLength;
    private long _skippedOffset;

    public override CaptureFormat Format => CaptureFormat.PcapNg;

    public override DecodeStep ReadHeader() => ReadSectionHeader();

    public override DecodeStep Next(ref CaptureRecord record)
    {
        while (true)
        {
            if (_toSkip > 0 && PassOver() == DecodeStep.NeedsInput)
                return DecodeStep.NeedsInput;
            if (!Input.TryPeek(8, out ReadOnlyMemory<byte> start))
                return Input.EndReached && Input.Available == 0 ? DecodeStep.End : NeedMore("a block header", 8);

            uint type = Read32(start.Span, 0);
            DecodeStep step;
            bool isFrame = false;
            switch (type)
            {
                case SectionHeader:
                    step = ReadSectionHeader();
                    break;
                case InterfaceDescription:
                    step = ReadInterface(start.Span);
                    break;
                case EnhancedPacket or SimplePacket or ObsoletePacket:
                    step = ReadPacket(type, start.Span, ref record);
                    isFrame = true;
                    break;
                default:
                    step = BeginPassOver(start.Span);
                    break;
            }

            if (isFrame || step != DecodeStep.Done)
                return step;
        }
    }

    private DecodeStep ReadSectionHeader()
    {
        if (!Input.TryPeek(BlockOverhead, out ReadOnlyMemory<byte> start))
            return NeedMore("a section header block", SectionHeaderLeast);
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(start.Span[8..]);
        if (magic is not (ByteOrderMagic or ByteOrderMagicSwapped))
            Fail(Input.Offset, Invariant($"the section's byte-order magic is {BinaryPrimitives.ReverseEndianness(magic):x8}; 1a2b3c4d was expected in either order"));
        BigEndian = magic == ByteOrderMagicSwapped;

        DecodeStep step = TryTakeBlock(start.Span, SectionHeaderLeast, OptionsAllowance, "a section header block", out ReadOnlySpan<byte> block);
        if (step != DecodeStep.Done)
            return step;
        ushort major = Read16(block, 12);
        if (major != 1)
            Fail(Input.Offset, Invariant($"pcapng version {major}.{Read16(block, 14)}; only version 1 is known"));
        _sectionBase = Interfaces.Count;
        Input.Skip(block.Length);
        return DecodeStep.Done;
    }

    private DecodeStep ReadInterface(ReadOnlySpan<byte> start)
    {
        DecodeStep step = TryTakeBlock(start, InterfaceLeast, OptionsAllowance, "an interface description block", out ReadOnlySpan<byte> block);
        if (step != DecodeStep.Done)
            return step;
        if (Interfaces.Count == MaxInterfaces)
            Fail(Input.Offset, Invariant($"the file describes more than {MaxInterfaces} interfaces"));

        byte resolution = 6;
        long offset = 0;
        string? name = null;
        for (ReadOnlySpan<byte> rest = block[16..^4]; rest.Length >= 4;)
        {
            ushort code = Read16(rest, 0);
            int length = Read16(rest, 2);
            if (code == 0)
                break;
            int padded = 4 + ((length + 3) & ~3);
            if (padded > rest.Length)
                Fail(Input.Offset, Invariant($"option {code} of an interface description claims {length} bytes; {rest.Length - 4} are left in the block"));
            ReadOnlySpan<byte> value = rest.Slice(4, length);
            switch (code)
            {
                case 2:
                    name = Encoding.UTF8.GetString(value);
                    break;
                case 9 when length == 1:
                    resolution = value[0];
                    break;
                case 14 when length == 8:
                    offset = BigEndian ? BinaryPrimitives.ReadInt64BigEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value);
                    break;
                case 9 or 14:
                    Fail(Input.Offset, Invariant($"option {code} of an interface description has {length} bytes; {(code == 9 ? 1 : 8)} were expected"));
                    break;
                default:
                    break;
            }

            rest = rest[padded..];
        }

        AddInterface((LinkType)Read16(block, 8), Read32(block, 12), name);
        _scales.Add(resolution == 6 && offset == 0 ? TimestampScale.Default : new TimestampScale(resolution, offset));
        Input.Skip(block.Length);
        return DecodeStep.Done;
    }

    private DecodeStep ReadPacket(uint type, ReadOnlySpan<byte> start, ref CaptureRecord record)
    {
        int fixedPart = type == SimplePacket ? 12 : 28;
        DecodeStep step = TryTakeBlock(start, fixedPart + 4, Options.MaxFrameLength + OptionsAllowance, "a packet block", out ReadOnlySpan<byte> block, out ReadOnlyMemory<byte> memory);
        if (step != DecodeStep.Done)
            return step;

        uint id = type switch { EnhancedPacket => Read32(block, 8), ObsoletePacket => Read16(block, 8), _ => 0 };
        int described = Interfaces.Count - _sectionBase;
        if (id >= (uint)described)
            Fail(Input.Offset, Invariant($"a packet block names interface {id}; its section describes {described}"));
        CaptureInterface source = Interfaces[_sectionBase + (int)id];

        uint captured;
        uint wire;
        long timestamp = 0;
        if (type == SimplePacket)
        {
            // A simple block does not say how much was captured: all of the frame, or what the snap length left of it.
            wire = Read32(block, 8);
            captured = source.SnapLength == 0 ? wire : Math.Min(wire, source.SnapLength);
        }
        else
        {
            captured = Read32(block, 20);
            wire = Read32(block, 24);
            timestamp = _scales[source.Index].ToNanoseconds(((ulong)Read32(block, 12) << 32) | Read32(block, 16));
        }

        CheckLengths(captured, wire);
        int room = block.Length - fixedPart - 4;
        if (((captured + 3) & ~3u) > (uint)room)
            Fail(Input.Offset, Invariant($"a packet block claims {captured} captured bytes; the block has room for {room}"));
        CheckLinkType(source.LinkType);

        record.Data = memory.Slice(fixedPart, (int)captured);
        record.WireLength = (int)wire;
        record.InterfaceIndex = source.Index;
        record.TimestampNanoseconds = timestamp;
        record.LinkType = source.LinkType;
        record.Offset = Input.Offset;
        Input.Skip(block.Length);
        return DecodeStep.Done;
    }

    private DecodeStep TryTakeBlock(ReadOnlySpan<byte> start, int least, int most, string what, out ReadOnlySpan<byte> block) =>
        TryTakeBlock(start, least, most, what, out block, out _);

    // Brings a whole block together and checks its two lengths; leaves the cursor at its start.
    private DecodeStep TryTakeBlock(ReadOnlySpan<byte> start, int least, int most, string what, out ReadOnlySpan<byte> block, out ReadOnlyMemory<byte> memory)
    {
        uint length = CheckedBlockLength(start, least);
        if (length > (uint)most)
            Fail(Input.Offset, Invariant($"{what} claims {length} bytes; at most {most} are accepted"));
        if (!Input.TryPeek((int)length, out memory))
        {
            block = default;
            return NeedMore(what, length);
        }

        block = memory.Span;
        CheckTrailer(block[^4..], length, Input.Offset);
        return DecodeStep.Done;
    }

    private uint CheckedBlockLength(ReadOnlySpan<byte> start, int least)
    {
        uint length = Read32(start, 4);
        if (length < (uint)least)
            Fail(Input.Offset, Invariant($"a block of type {Read32(start, 0)} claims {length} bytes; at least {least} were expected"));
        if ((length & 3) != 0)
            Fail(Input.Offset, Invariant($"a block of type {Read32(start, 0)} claims {length} bytes, which is not a multiple of 4"));
        return length;
    }

    private void CheckTrailer(ReadOnlySpan<byte> trailer, uint length, long blockOffset)
    {
        uint repeated = Read32(trailer, 0);
        if (repeated != length)
            Fail(blockOffset, Invariant($"a block of {length} bytes ends with the length {repeated}"));
    }

    private DecodeStep BeginPassOver(ReadOnlySpan<byte> start)
    {
        _skippedLength = CheckedBlockLength(start, BlockOverhead);
        _skippedOffset = Input.Offset;
        _toSkip = _skippedLength;
        return DecodeStep.Done;
    }

    private DecodeStep PassOver()
    {
        while (_toSkip > 4)
        {
            long now = Math.Min(_toSkip - 4, Input.Available);
            if (now == 0)
                return NeedMoreToPassOver();
            Input.Skip(now);
            _toSkip -= now;
        }

        if (!Input.TryPeek(4, out ReadOnlyMemory<byte> trailer))
            return NeedMoreToPassOver();
        CheckTrailer(trailer.Span, _skippedLength, _skippedOffset);
        Input.Skip(4);
        _toSkip = 0;
        return DecodeStep.Done;
    }

    private DecodeStep NeedMoreToPassOver()
    {
        if (Input.EndReached)
            Fail(_skippedOffset, Invariant($"the file ends inside a block of {_skippedLength} bytes: {_skippedLength - _toSkip + Input.Available} are there"));
        return DecodeStep.NeedsInput;
    }
}

using System.Buffers.Binary;
using System.Text;

namespace OpenNetVM.Core.Captures;

// The blocks of pcapng (draft-ietf-opsawg-pcapng): type, length, body, options, the length again; everything padded to 4 bytes.
public sealed partial class CaptureWriter
{
    private const ushort OptionComment = 1;
    private const ushort OptionFlags = 2;
    private const ushort OptionInterfaceName = 2;
    private const ushort OptionApplication = 4;
    private const ushort OptionTimestampResolution = 9;
    private const int LongestOption = ushort.MaxValue;

    private static int Padded(int length) => (length + 3) & ~3;

    private static int OptionLength(string? text, string parameter)
    {
        if (text is null)
            return 0;
        int bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > LongestOption)
            throw new ArgumentOutOfRangeException(parameter, bytes, $"A text in a pcapng file has at most {LongestOption} bytes of UTF-8.");
        return 4 + Padded(bytes);
    }

    private static int PutText(Span<byte> at, ushort code, string? text)
    {
        if (text is null)
            return 0;
        int length = Encoding.UTF8.GetBytes(text, at[4..]);
        PutOptionHeader(at, code, length);
        at[(4 + length)..(4 + Padded(length))].Clear();
        return 4 + Padded(length);
    }

    private static void PutOptionHeader(Span<byte> at, ushort code, int length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(at, code);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)length);
    }

    private Span<byte> BeginBlock(uint type, int length)
    {
        Span<byte> block = _pipe.GetSpan(length)[..length];
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], length);
        return block;
    }

    private void WriteSectionHeader()
    {
        int options = OptionLength(_options.Application, nameof(CaptureWriterOptions.Application));
        if (options > 0)
            options += 4;
        Span<byte> block = BeginBlock(PcapNgDecoder.SectionHeader, 28 + options);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], 0x1A2B3C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(block[12..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(block[14..], 0);

        // The section's length is not known while it is written.
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], -1);
        if (options > 0)
            PutOptionHeader(block[(24 + PutText(block[24..], OptionApplication, _options.Application))..], 0, 0);
        Advance(block.Length);
    }

    private void WriteInterface(LinkType linkType, string? name, uint snapLength)
    {
        int nameLength = OptionLength(name, nameof(name));
        Span<byte> block = BeginBlock(1, 20 + nameLength + 8 + 4);
        BinaryPrimitives.WriteUInt16LittleEndian(block[8..], (ushort)linkType);
        BinaryPrimitives.WriteUInt16LittleEndian(block[10..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], snapLength);
        int at = 16 + PutText(block[16..], OptionInterfaceName, name);
        PutOptionHeader(block[at..], OptionTimestampResolution, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(at + 4)..], 9);
        PutOptionHeader(block[(at + 8)..], 0, 0);
        Advance(block.Length);
        _snapLengths.Add(snapLength);
    }

    private void WriteEnhancedPacket(ReadOnlySpan<byte> frame, long timestampNanoseconds, int wireLength, int interfaceId, CaptureDirection direction, string? comment)
    {
        const int HeaderLength = 28;
        int options = OptionLength(comment, nameof(comment)) + (direction == CaptureDirection.Unknown ? 0 : 8);
        if (options > 0)
            options += 4;
        int padded = Padded(frame.Length);
        Span<byte> block = BeginBlock(6, HeaderLength + padded + options + 4);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], interfaceId);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], (uint)(timestampNanoseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(block[16..], (uint)timestampNanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(block[20..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[24..], wireLength);
        frame.CopyTo(block[HeaderLength..]);
        block[(HeaderLength + frame.Length)..(HeaderLength + padded)].Clear();
        if (options > 0)
        {
            int at = HeaderLength + padded + PutText(block[(HeaderLength + padded)..], OptionComment, comment);
            if (direction != CaptureDirection.Unknown)
            {
                PutOptionHeader(block[at..], OptionFlags, 4);
                BinaryPrimitives.WriteUInt32LittleEndian(block[(at + 4)..], (uint)direction & 3);
                at += 8;
            }

            PutOptionHeader(block[at..], 0, 0);
        }

        Advance(block.Length);
    }
}

using System.Buffers;
using System.Buffers.Binary;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>Whether there is a frame at the start of a buffer, or why there never will be one.</summary>
internal enum FrameResult
{
    Frame,
    NeedMore,
    WrongVersion,
    TooLong,
    ReservedNotZero,
    UnknownType,
}

/// <summary>Finds frames in a stream of bytes that comes from a process that is not trusted.</summary>
internal static class ControlFrameReader
{
    /// <summary>Takes the first frame off a buffer.</summary>
    /// <param name="buffer">What was received; behind the frame afterwards, unchanged unless there is one.</param>
    /// <param name="direction">Which way the stream goes: types that belong to the other way are unknown.</param>
    /// <param name="frame">The frame, a view of <paramref name="buffer"/>.</param>
    /// <returns>Anything but Frame and NeedMore: the stream is malformed, and where the next frame would start is not known.</returns>
    public static FrameResult TryRead(ref ReadOnlySequence<byte> buffer, ControlDirection direction, out ControlFrame frame)
    {
        frame = default;
        if (buffer.Length < ControlProtocol.HeaderLength)
            return FrameResult.NeedMore;
        Span<byte> header = stackalloc byte[ControlProtocol.HeaderLength];
        buffer.Slice(0, ControlProtocol.HeaderLength).CopyTo(header);
        FrameResult result = TryReadHeader(header, direction, out int length, out ControlMessageType type, out uint request);
        if (result != FrameResult.Frame)
            return result;
        if (buffer.Length - ControlProtocol.HeaderLength < length)
            return FrameResult.NeedMore;
        frame = new ControlFrame(type, request, buffer.Slice(ControlProtocol.HeaderLength, length));
        buffer = buffer.Slice(ControlProtocol.HeaderLength + length);
        return FrameResult.Frame;
    }

    /// <summary>Judges a header.</summary>
    /// <returns><see cref="FrameResult.Frame"/> if a payload of <paramref name="length"/> bytes follows, else why the stream is malformed.</returns>
    public static FrameResult TryReadHeader(
        ReadOnlySpan<byte> header, ControlDirection direction, out int length, out ControlMessageType type, out uint request)
    {
        uint payload = BinaryPrimitives.ReadUInt32LittleEndian(header);
        byte version = header[4];
        type = (ControlMessageType)header[5];
        ushort reserved = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        request = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        length = 0;
        if (version != ControlProtocol.Version)
            return FrameResult.WrongVersion;
        if (payload > ControlProtocol.MaxPayload)
            return FrameResult.TooLong;
        if (reserved != 0)
            return FrameResult.ReservedNotZero;
        if (!ControlProtocol.IsDefined(type, direction))
            return FrameResult.UnknownType;
        length = (int)payload;
        return FrameResult.Frame;
    }

    public static void WriteHeader(Span<byte> header, int length, ControlMessageType type, uint request)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)length);
        header[4] = ControlProtocol.Version;
        header[5] = (byte)type;
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], request);
    }

    /// <summary>What was wrong, for people.</summary>
    public static string Describe(FrameResult result, ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[ControlProtocol.HeaderLength];
        header.Clear();
        buffer.Slice(0, Math.Min(buffer.Length, header.Length)).CopyTo(header);
        return Describe(result, header);
    }

    /// <summary>What was wrong with a header, for people.</summary>
    public static string Describe(FrameResult result, ReadOnlySpan<byte> header) => result switch
    {
        FrameResult.WrongVersion => $"the frame's protocol version is {header[4]}, and this side speaks {ControlProtocol.Version}: use the same version of the library on both sides",
        FrameResult.TooLong => $"the frame claims a payload of {BinaryPrimitives.ReadUInt32LittleEndian(header):N0} bytes; at most {ControlProtocol.MaxPayload:N0} are allowed",
        FrameResult.ReservedNotZero => $"the frame's reserved field is {BinaryPrimitives.ReadUInt16LittleEndian(header[6..])} instead of 0",
        FrameResult.UnknownType => $"the frame's type is {header[5]}, which the sender may not send",
        _ => "the frame is well-formed",
    };
}

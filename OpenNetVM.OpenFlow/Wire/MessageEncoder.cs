using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Writes messages. Pure but for the buffer; one thread at a time for a buffer.</summary>
internal static class MessageEncoder
{
    /// <summary>Appends a message to the buffer, a long multipart reply as several.</summary>
    /// <exception cref="NotSupportedException">The version has no such message.</exception>
    /// <exception cref="OverflowException">The message, or one item of a multipart reply, is longer than a message can be.</exception>
    public static void Encode(MessageBuffer buffer, OpenFlowMessage message, byte version)
    {
        if (message is Hello hello)
        {
            EncodeHello(buffer, hello);
            return;
        }

        switch (version)
        {
            case WireVersion.Of13:
                Encoder13.Encode(buffer, message);
                break;
            case WireVersion.Of10:
                Encoder10.Encode(buffer, message);
                break;
            default:
                throw new NotSupportedException($"Messages are written as OpenFlow 1.0 or 1.3, not as version {version}.");
        }
    }

    /// <summary>Writes a header; <see cref="End"/> fills its length in.</summary>
    public static int Begin(MessageBuffer buffer, byte version, byte type, uint xid)
    {
        int start = buffer.Length;
        buffer.U8(version);
        buffer.U8(type);
        buffer.U16(0);
        buffer.U32(xid);
        return start;
    }

    public static void End(MessageBuffer buffer, int start) => buffer.PatchU16(start + 2, buffer.Length - start);

    /// <summary>
    /// Writes the items of a multipart reply behind its header of <paramref name="headerLength"/> bytes at <paramref name="start"/>, and where a message is full,
    /// sets its flag that more follows and begins another with the same header.
    /// </summary>
    public static void Items<T>(MessageBuffer buffer, int start, int headerLength, ValueArray<T> items, Action<MessageBuffer, T> write)
        where T : IEquatable<T>
    {
        const int FlagsOffset = 10;
        const int MoreFlag = 1;
        foreach (T item in items)
        {
            int itemStart = buffer.Length;
            write(buffer, item);
            if (buffer.Length - start <= OpenFlowConstants.LongestMessage)
                continue;
            Span<byte> next = buffer.InsertAt(itemStart, headerLength);
            buffer.Written.Slice(start, headerLength).CopyTo(next);
            buffer.PatchU16(start + 2, itemStart - start);
            buffer.PatchU16(start + FlagsOffset, MoreFlag);
            start = itemStart;
        }

        End(buffer, start);
    }

    /// <summary>Writes the body of a message that OpenFlow 1.0 and 1.3 have alike. False: it is another.</summary>
    public static bool TryWriteCommonBody(MessageBuffer buffer, OpenFlowMessage message)
    {
        switch (message)
        {
            case ErrorMessage m:
                buffer.U16(m.ErrorType);
                buffer.U16(m.ErrorCode);
                buffer.Bytes(m.Data.Span);
                return true;
            case EchoRequest m:
                buffer.Bytes(m.Data.Span);
                return true;
            case EchoReply m:
                buffer.Bytes(m.Data.Span);
                return true;
            case ExperimenterMessage m:
                buffer.U32(m.Experimenter);
                buffer.Bytes(m.Data.Span);
                return true;
            case GetConfigReply m:
                buffer.U16(m.Flags);
                buffer.U16(m.MissSendLength);
                return true;
            case SetConfig m:
                buffer.U16(m.Flags);
                buffer.U16(m.MissSendLength);
                return true;
            case FeaturesRequest or GetConfigRequest or BarrierRequest or BarrierReply:
                return true;
            default:
                return false;
        }
    }

    private static void EncodeHello(MessageBuffer buffer, Hello hello)
    {
        const ushort VersionBitmap = 1;
        int start = Begin(buffer, hello.HighestVersion, (byte)MessageType.Hello, hello.Xid);
        if (hello.VersionBitmap is { } bitmap)
        {
            buffer.U16(VersionBitmap);
            buffer.U16(8);
            buffer.U32(bitmap);
        }

        End(buffer, start);
    }
}

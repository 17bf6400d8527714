using System.Buffers;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>Finds the messages in a stream of bytes.</summary>
internal static class MessageFraming
{
    /// <summary>Takes the first whole message off the front of the buffer.</summary>
    /// <param name="buffer">What was received; advanced past the message.</param>
    /// <param name="message">The message.</param>
    /// <param name="isBroken">Whether the first length is less than that of a header: where the next message begins cannot be known.</param>
    /// <returns>False where there is no whole message yet.</returns>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> message, out bool isBroken)
    {
        message = default;
        isBroken = false;
        Span<byte> header = stackalloc byte[4];
        if (buffer.Length < header.Length)
            return false;
        buffer.Slice(0, header.Length).CopyTo(header);
        int length = (header[2] << 8) | header[3];
        isBroken = length < OpenFlowConstants.HeaderLength;
        if (isBroken || buffer.Length < length)
            return false;
        message = buffer.Slice(0, length);
        buffer = buffer.Slice(length);
        return true;
    }
}

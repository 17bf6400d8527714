using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>What became of a request.</summary>
internal enum ReplyStatus : byte
{
    Ok = 0,
    Refused = 1,
    NotFound = 2,
    Malformed = 3,
    Failed = 4,
}

/// <summary>The manager's answer to the frame with the same request number.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Value">A number, where the answer is one.</param>
/// <param name="Body">More of the answer, or the reason in UTF-8; at most <see cref="ControlProtocol.MaxBody"/> bytes.</param>
internal readonly record struct ReplyMessage(ReplyStatus Status, long Value, ReadOnlyMemory<byte> Body) : IControlPayload<ReplyMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
        writer.WriteByte((byte)Status);
        writer.WriteInt64(Value);
        writer.WriteBytes(Body.Span, ControlProtocol.MaxBody);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out ReplyMessage message)
    {
        PayloadReader reader = new(payload);
        message = new ReplyMessage((ReplyStatus)reader.Byte(), reader.Int64(), reader.Bytes(ControlProtocol.MaxBody));
        return reader.IsComplete && message.Status <= ReplyStatus.Failed;
    }
}

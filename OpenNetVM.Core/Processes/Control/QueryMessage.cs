using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>What an NF can ask about.</summary>
internal enum QueryKind : byte
{
    Services = 1,
    Instances = 2,
    MaySetFlows = 3,
}

/// <summary>An NF asks; the <see cref="ReplyMessage"/> has the answer.</summary>
/// <param name="Kind">About what.</param>
internal readonly record struct QueryMessage(QueryKind Kind) : IControlPayload<QueryMessage>
{
    public void Write(IBufferWriter<byte> writer) => writer.WriteByte((byte)Kind);

    public static bool TryRead(ReadOnlySequence<byte> payload, out QueryMessage message)
    {
        PayloadReader reader = new(payload);
        message = new QueryMessage((QueryKind)reader.Byte());
        return reader.IsComplete && message.Kind is >= QueryKind.Services and <= QueryKind.MaySetFlows;
    }
}

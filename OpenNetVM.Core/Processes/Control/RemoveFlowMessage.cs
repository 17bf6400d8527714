using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>An NF wants a flow to follow the default chain again.</summary>
/// <param name="Key">The flow.</param>
internal readonly record struct RemoveFlowMessage(FlowKeyBytes Key) : IControlPayload<RemoveFlowMessage>
{
    public void Write(IBufferWriter<byte> writer) => Key.Write(writer);

    public static bool TryRead(ReadOnlySequence<byte> payload, out RemoveFlowMessage message)
    {
        PayloadReader reader = new(payload);
        message = new RemoveFlowMessage(FlowKeyBytes.Read(ref reader));
        return reader.IsComplete;
    }
}

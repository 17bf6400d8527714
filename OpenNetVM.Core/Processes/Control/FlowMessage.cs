using System.Buffers;
using OpenNetVM.Core.Flows;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>An NF wants a flow to follow a chain.</summary>
/// <param name="Key">The flow.</param>
/// <param name="Chain">The chain's id.</param>
/// <param name="Options">Time limits, not negative, and the tag of the rule.</param>
internal readonly record struct FlowMessage(FlowKeyBytes Key, ushort Chain, FlowRuleOptions Options) : IControlPayload<FlowMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
        Key.Write(writer);
        writer.WriteUInt16(Chain);
        writer.WriteInt64(Options.IdleTimeout.Ticks);
        writer.WriteInt64(Options.HardTimeout.Ticks);
        writer.WriteUInt32(Options.Tag);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out FlowMessage message)
    {
        PayloadReader reader = new(payload);
        message = new FlowMessage(FlowKeyBytes.Read(ref reader), reader.UInt16(), new FlowRuleOptions
        {
            IdleTimeout = new TimeSpan(reader.Length()),
            HardTimeout = new TimeSpan(reader.Length()),
            Tag = reader.UInt32(),
        });
        return reader.IsComplete;
    }
}

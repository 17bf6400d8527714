using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>A message for this NF from another instance or the application.</summary>
/// <param name="Sender">The instance's id; 0: the application.</param>
/// <param name="Kind">What it is about, by agreement between sender and receiver.</param>
/// <param name="Body">At most <see cref="ControlProtocol.MaxBody"/> bytes.</param>
internal readonly record struct InstanceMessage(ushort Sender, int Kind, ReadOnlyMemory<byte> Body) : IControlPayload<InstanceMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
        writer.WriteUInt16(Sender);
        writer.WriteInt32(Kind);
        writer.WriteBytes(Body.Span, ControlProtocol.MaxBody);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out InstanceMessage message)
    {
        PayloadReader reader = new(payload);
        message = new InstanceMessage(reader.UInt16(), reader.Int32(), reader.Bytes(ControlProtocol.MaxBody));
        return reader.IsComplete;
    }
}

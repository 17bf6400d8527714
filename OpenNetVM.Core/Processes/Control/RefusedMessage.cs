using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>The manager will not have this NF, and closes the connection.</summary>
/// <param name="Reason">Why, for people.</param>
internal readonly record struct RefusedMessage(string Reason) : IControlPayload<RefusedMessage>
{
    public void Write(IBufferWriter<byte> writer) => writer.WriteText(Reason);

    public static bool TryRead(ReadOnlySequence<byte> payload, out RefusedMessage message)
    {
        PayloadReader reader = new(payload);
        message = new RefusedMessage(reader.Text());
        return reader.IsComplete;
    }
}

using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>What the manager can tell an NF to do.</summary>
internal enum ControlCommand : byte
{
    Pause = 1,
    Resume = 2,
    Stop = 3,
}

/// <summary>The manager tells an NF what to do.</summary>
/// <param name="Command">What.</param>
internal readonly record struct CommandMessage(ControlCommand Command) : IControlPayload<CommandMessage>
{
    public void Write(IBufferWriter<byte> writer) => writer.WriteByte((byte)Command);

    public static bool TryRead(ReadOnlySequence<byte> payload, out CommandMessage message)
    {
        PayloadReader reader = new(payload);
        message = new CommandMessage((ControlCommand)reader.Byte());
        return reader.IsComplete && message.Command is >= ControlCommand.Pause and <= ControlCommand.Stop;
    }
}

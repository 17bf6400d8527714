using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>Says all by its type: Ready, Stopped.</summary>
internal readonly record struct EmptyMessage : IControlPayload<EmptyMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out EmptyMessage message)
    {
        message = default;
        return payload.IsEmpty;
    }
}

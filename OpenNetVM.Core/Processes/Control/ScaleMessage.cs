using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>An NF wants its service to have more or fewer instances.</summary>
/// <param name="Instances">How many the service is to have.</param>
internal readonly record struct ScaleMessage(ushort Instances) : IControlPayload<ScaleMessage>
{
    public void Write(IBufferWriter<byte> writer) => writer.WriteUInt16(Instances);

    public static bool TryRead(ReadOnlySequence<byte> payload, out ScaleMessage message)
    {
        PayloadReader reader = new(payload);
        message = new ScaleMessage(reader.UInt16());
        return reader.IsComplete;
    }
}

using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>A message from this NF to another.</summary>
/// <param name="Target">The id of an instance, or of a service.</param>
/// <param name="ToService">Whether it is a service's: all its instances get the message.</param>
/// <param name="Kind">What it is about, by agreement between sender and receiver.</param>
/// <param name="Body">At most <see cref="ControlProtocol.MaxBody"/> bytes.</param>
internal readonly record struct PostMessage(ushort Target, bool ToService, int Kind, ReadOnlyMemory<byte> Body) : IControlPayload<PostMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
        writer.WriteUInt16(Target);
        writer.WriteBoolean(ToService);
        writer.WriteInt32(Kind);
        writer.WriteBytes(Body.Span, ControlProtocol.MaxBody);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out PostMessage message)
    {
        PayloadReader reader = new(payload);
        message = new PostMessage(reader.UInt16(), reader.Boolean(), reader.Int32(), reader.Bytes(ControlProtocol.MaxBody));
        return reader.IsComplete;
    }
}

using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>A function has thrown. Texts are cut to <see cref="ControlProtocol.MaxText"/>, and of the frames those are sent that come before the first that does not fit.</summary>
/// <param name="ExceptionType">The full name of the exception's type.</param>
/// <param name="Message">Its message.</param>
/// <param name="StackTrace">Where it was thrown.</param>
/// <param name="Frames">Copies of the packets that the function was handling.</param>
internal readonly record struct FaultMessage(
    string ExceptionType, string Message, string StackTrace, IReadOnlyList<byte[]> Frames) : IControlPayload<FaultMessage>
{
    private const int LengthField = sizeof(uint);

    public void Write(IBufferWriter<byte> writer)
    {
        int room = ControlProtocol.MaxPayload - sizeof(ushort);
        room -= writer.WriteText(ExceptionType);
        room -= writer.WriteText(Message);
        room -= writer.WriteText(StackTrace);

        IReadOnlyList<byte[]> frames = Frames ?? [];
        int fitting = 0;
        while (fitting < frames.Count && fitting < ushort.MaxValue && frames[fitting].Length + LengthField <= room)
            room -= frames[fitting++].Length + LengthField;
        writer.WriteUInt16((ushort)fitting);
        for (int i = 0; i < fitting; i++)
            writer.WriteBytes(frames[i], ControlProtocol.MaxPayload);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out FaultMessage message)
    {
        PayloadReader reader = new(payload);
        string type = reader.Text();
        string text = reader.Text();
        string stack = reader.Text();
        int count = reader.UInt16();
        // Every frame takes its length at least: a count that lies makes no large array.
        if (count > reader.Remaining / LengthField)
            count = reader.Fail<int>();
        byte[][] frames = count == 0 ? [] : new byte[count][];
        for (int i = 0; i < count; i++)
            frames[i] = reader.Bytes(ControlProtocol.MaxPayload);
        message = new FaultMessage(type, text, stack, frames);
        return reader.IsComplete;
    }
}

using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

/// <summary>A frame copied out of a reader, comparable by content.</summary>
internal sealed record ReadFrame(byte[] Data, int WireLength, long Timestamp, LinkType LinkType, int Interface)
{
    public static ReadFrame From(in CapturedFrame frame) =>
        new(frame.Data.ToArray(), frame.WireLength, frame.TimestampNanoseconds, frame.LinkType, frame.InterfaceIndex);

    public static List<ReadFrame> All(CaptureReader reader)
    {
        List<ReadFrame> frames = [];
        while (reader.TryRead(out CapturedFrame frame))
            frames.Add(From(frame));
        return frames;
    }

    /// <summary>Reads up to the damage: what was delivered, and the error; a null error where the file is whole.</summary>
    public static (List<ReadFrame> Frames, CaptureFormatException? Error) UpToDamage(byte[] file, CaptureReaderOptions? options = null)
    {
        List<ReadFrame> frames = [];
        try
        {
            using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "built.cap", options);
            while (reader.TryRead(out CapturedFrame frame))
                frames.Add(From(frame));
            return (frames, null);
        }
        catch (CaptureFormatException error)
        {
            return (frames, error);
        }
    }

    public bool Equals(ReadFrame? other) => other is not null && Data.AsSpan().SequenceEqual(other.Data)
        && (WireLength, Timestamp, LinkType, Interface) == (other.WireLength, other.Timestamp, other.LinkType, other.Interface);

    public override int GetHashCode() => HashCode.Combine(Data.Length, WireLength, Timestamp, LinkType, Interface);
}

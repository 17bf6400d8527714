using System.Globalization;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Testing;

/// <summary>
/// Compares captures frame by frame and shows the first difference: for golden-file tests of network functions. Stateless; any thread may call any
/// member. Whole captures are held in memory.
/// </summary>
public static class CaptureAssert
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Asserts that two pcap or pcapng files hold the same frames; their formats may differ.</summary>
    /// <param name="expectedPath">The capture that is right.</param>
    /// <param name="actualPath">The capture that came out.</param>
    /// <param name="comparison">What counts; null for the frames in exact order, without their times.</param>
    /// <exception cref="TestAssertionException">They differ; the message names the first frame that does (numbers begin at 1) and shows both.</exception>
    /// <exception cref="CaptureFormatException">A file is not a capture, or is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static void Equal(string expectedPath, string actualPath, CaptureComparison? comparison = null) => Compare(Read(expectedPath), Read(actualPath), comparison);

    /// <summary>Asserts that frames are those of a pcap or pcapng file.</summary>
    /// <param name="expectedPath">The capture that is right.</param>
    /// <param name="actual">The frames that came out.</param>
    /// <param name="comparison">What counts; null for the frames in exact order, without their times.</param>
    /// <inheritdoc cref="Equal(string, string, CaptureComparison?)"/>
    public static void Equal(string expectedPath, IEnumerable<byte[]> actual, CaptureComparison? comparison = null) => Compare(Read(expectedPath), Number(actual), comparison);

    /// <summary>Asserts that two sequences of frames are the same.</summary>
    /// <param name="expected">The frames that are right.</param>
    /// <param name="actual">The frames that came out.</param>
    /// <param name="comparison">What counts; null for exact order.</param>
    /// <exception cref="TestAssertionException">They differ; the message names the first frame that does (numbers begin at 1) and shows both.</exception>
    public static void Equal(IEnumerable<byte[]> expected, IEnumerable<byte[]> actual, CaptureComparison? comparison = null) => Compare(Number(expected), Number(actual), comparison);

    /// <summary>The frames of a pcap or pcapng file, as Ethernet frames.</summary>
    /// <exception cref="CaptureFormatException">The file is not a capture, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<byte[]> ReadFrames(string path) => Read(path).ConvertAll(static frame => frame.Data);

    private static List<Frame> Read(string path)
    {
        List<Frame> frames = [];
        using CaptureReader reader = CaptureReader.OpenFile(path);
        while (reader.TryRead(out CapturedFrame frame))
            frames.Add(new Frame(frames.Count + 1, frame.Data.ToArray(), frame.TimestampNanoseconds));
        return frames;
    }

    private static List<Frame> Number(IEnumerable<byte[]> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return [.. frames.Select((data, index) => new Frame(index + 1, data, 0))];
    }

    private static void Compare(List<Frame> expected, List<Frame> actual, CaptureComparison? comparison)
    {
        comparison ??= CaptureComparison.Default;
        switch (comparison.Order)
        {
            case CaptureOrder.Any:
                CompareAsSets(expected, actual);
                break;
            case CaptureOrder.PerFlow:
                CompareFlows(expected, actual, comparison);
                break;
            default:
                CompareInOrder(expected, actual, comparison, "");
                break;
        }
    }

    private static void CompareInOrder(List<Frame> expected, List<Frame> actual, CaptureComparison comparison, string where)
    {
        for (int i = 0; i < expected.Count && i < actual.Count; i++)
        {
            (Frame right, Frame found) = (expected[i], actual[i]);
            if (!right.HasDataOf(found))
                throw new TestAssertionException($"Frame {Numbers(right, found)}{where}: {FrameAssert.Difference(right.Data, found.Data)}{Hint(expected, actual, i)}{Counts(expected, actual, where)}");
            if (comparison.TimestampTolerance is { } tolerance && Int128.Abs((Int128)right.Time - found.Time) > (Int128)tolerance.Ticks * NanosecondsPerTick)
                throw new TestAssertionException($"Frame {Numbers(right, found)}{where}: time {right.Time} ns was expected, {found.Time} ns found; {tolerance} between them are allowed. {FrameText.Describe(found.Data)}");
        }

        if (expected.Count > actual.Count)
            throw new TestAssertionException($"Frame {expected[actual.Count].Number}{where} is missing: {FrameText.Describe(expected[actual.Count].Data)}. {Counts(expected, actual, where)}");
        if (expected.Count < actual.Count)
            throw new TestAssertionException($"Frame {actual[expected.Count].Number}{where} was not expected: {FrameText.Describe(actual[expected.Count].Data)}. {Counts(expected, actual, where)}");
    }

    private static void CompareFlows(List<Frame> expected, List<Frame> actual, CaptureComparison comparison)
    {
        Dictionary<object, List<Frame>> found = ByFlow(actual);
        foreach ((object flow, List<Frame> frames) in ByFlow(expected))
        {
            found.Remove(flow, out List<Frame>? others);
            CompareInOrder(frames, others ?? [], comparison, $" (of {flow})");
        }

        foreach ((object flow, List<Frame> frames) in found)
            CompareInOrder([], frames, comparison, $" (of {flow})");
    }

    private static void CompareAsSets(List<Frame> expected, List<Frame> actual)
    {
        List<Frame> extra = [.. actual];
        ILookup<int, Frame> byHash = actual.ToLookup(HashOf);
        HashSet<int> used = [];
        foreach (Frame right in expected)
        {
            Frame match = byHash[HashOf(right)].FirstOrDefault(frame => !used.Contains(frame.Number) && frame.HasDataOf(right));
            if (match.Data is null)
                throw new TestAssertionException($"Frame {right.Number} is missing: {FrameText.Describe(right.Data)}. {Counts(expected, actual, "")}\n{FrameText.HexDump(right.Data)}");
            used.Add(match.Number);
        }

        extra.RemoveAll(frame => used.Contains(frame.Number));
        if (extra.Count > 0)
            throw new TestAssertionException($"Frame {extra[0].Number} was not expected: {FrameText.Describe(extra[0].Data)}. {Counts(expected, actual, "")}\n{FrameText.HexDump(extra[0].Data)}");
    }

    private static Dictionary<object, List<Frame>> ByFlow(List<Frame> frames)
    {
        Dictionary<object, List<Frame>> flows = [];
        foreach (Frame frame in frames)
        {
            object flow = FlowKeyReader.Read(frame.Data, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out _) switch
            {
                FlowKeyStatus.Ipv4 => ipv4,
                FlowKeyStatus.Ipv6 => ipv6,
                _ => "frames without a flow key",
            };
            if (!flows.TryGetValue(flow, out List<Frame>? list))
                flows.Add(flow, list = []);
            list.Add(frame);
        }

        return flows;
    }

    // A frame that was lost or put in makes all behind it differ: say so where it is plain to see.
    private static string Hint(List<Frame> expected, List<Frame> actual, int at)
    {
        if (expected.FindIndex(at + 1, frame => frame.HasDataOf(actual[at])) is var ahead and >= 0)
            return $"The frame that was found is the expected frame {expected[ahead].Number}: the ones before it are missing or come later. ";
        if (actual.FindIndex(at + 1, frame => frame.HasDataOf(expected[at])) is var later and >= 0)
            return $"The expected frame was found as frame {actual[later].Number}. ";
        return "";
    }

    private static string Numbers(Frame expected, Frame actual) => expected.Number == actual.Number
        ? expected.Number.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{expected.Number} (found as {actual.Number})");

    private static string Counts(List<Frame> expected, List<Frame> actual, string where) =>
        string.Create(CultureInfo.InvariantCulture, $"{expected.Count} frames{where} were expected, {actual.Count} found.");

    private static int HashOf(Frame frame)
    {
        HashCode hash = default;
        hash.AddBytes(frame.Data);
        return hash.ToHashCode();
    }

    private readonly record struct Frame(int Number, byte[] Data, long Time)
    {
        public bool HasDataOf(Frame other) => Data.AsSpan().SequenceEqual(other.Data);
    }
}

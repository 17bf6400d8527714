using OpenNetVM.Core.Captures;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Testing;

public class CaptureAssertTests
{
    private static readonly byte[] A1 = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2, "a1").Build();
    private static readonly byte[] A2 = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2, "a2").Build();
    private static readonly byte[] B1 = PacketBuilder.Udp("10.0.0.1", 9, "10.0.0.2", 2, "b1").Build();
    private static readonly byte[] B2 = PacketBuilder.Udp("10.0.0.1", 9, "10.0.0.2", 2, "b2").Build();
    private static readonly byte[] Arp = PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2").Build();
    private static readonly CaptureComparison PerFlow = new() { Order = CaptureOrder.PerFlow };
    private static readonly CaptureComparison Any = new() { Order = CaptureOrder.Any };

    [Fact]
    public void A_real_capture_equals_itself_in_the_other_format_and_not_a_shortened_copy()
    {
        string original = RepositoryFiles.Capture("nDPI__reddit.pcap");
        string copy = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using (CaptureReader reader = CaptureReader.OpenFile(original))
            using (CaptureWriter writer = CaptureWriter.CreateFile(copy, new CaptureWriterOptions { Format = CaptureFormat.PcapNg }))
            {
                while (reader.TryRead(out CapturedFrame frame))
                    writer.Write(frame.Data, frame.TimestampNanoseconds, frame.WireLength);
            }

            CaptureAssert.Equal(original, copy, new CaptureComparison { TimestampTolerance = TimeSpan.Zero });
            IReadOnlyList<byte[]> frames = CaptureAssert.ReadFrames(copy);
            Assert.True(frames.Count > 1);
            CaptureAssert.Equal(original, frames);
            Fails(() => CaptureAssert.Equal(original, frames.SkipLast(1)), $"Frame {frames.Count} is missing");
        }
        finally
        {
            File.Delete(copy);
        }
    }

    [Fact]
    public void Times_count_only_where_asked_for_and_within_the_tolerance()
    {
        string early = Write((A1, 1_000), (A2, 2_000));
        string late = Write((A1, 1_000), (A2, 2_500));
        try
        {
            CaptureAssert.Equal(early, late);
            CaptureAssert.Equal(early, late, new CaptureComparison { TimestampTolerance = TimeSpan.FromTicks(5) });
            CaptureAssert.Equal(late, early, new CaptureComparison { TimestampTolerance = TimeSpan.FromTicks(5) });
            Fails(() => CaptureAssert.Equal(early, late, new CaptureComparison { TimestampTolerance = TimeSpan.FromTicks(4) }), "Frame 2", "2000 ns was expected, 2500 ns found");
        }
        finally
        {
            File.Delete(early);
            File.Delete(late);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureComparison { TimestampTolerance = TimeSpan.FromTicks(-1) });
    }

    [Fact]
    public void The_first_difference_is_shown_with_number_offset_and_bytes() =>
        Fails(() => CaptureAssert.Equal([A1, A1, B1], [A1, A2, B2]), "Frame 2: ", "first at byte", "expected   ", "3 frames were expected, 3 found");

    [Fact]
    public void Missing_and_unexpected_frames_are_named()
    {
        Fails(() => CaptureAssert.Equal([A1, A2], [A1]), "Frame 2 is missing: IPv4 10.0.0.1:1", "2 frames were expected, 1 found");
        Fails(() => CaptureAssert.Equal([A1], [A1, B1]), "Frame 2 was not expected: IPv4 10.0.0.1:9");
        Fails(() => CaptureAssert.Equal([A1, A2, B1], [A1, B1]), "Frame 2: ", "is the expected frame 3");
        Fails(() => CaptureAssert.Equal([A1, B1], [A1, A2, B1]), "Frame 2: ", "was found as frame 3");
    }

    [Fact]
    public void Per_flow_only_the_order_within_a_flow_counts()
    {
        CaptureAssert.Equal([A1, B1, Arp, A2, B2], [B1, B2, A1, A2, Arp], PerFlow);
        Fails(() => CaptureAssert.Equal([A1, B1, Arp, A2, B2], [B1, B2, A2, A1, Arp], PerFlow), "Frame 1 (found as 3)", "10.0.0.1:1");
        Fails(() => CaptureAssert.Equal([A1, B1], [A1], PerFlow), "Frame 2 ", "is missing");
        Fails(() => CaptureAssert.Equal([A1], [A1, B1], PerFlow), "Frame 2 ", "was not expected");
        Fails(() => CaptureAssert.Equal([A1, B1, Arp], [Arp, A1, B2], PerFlow), "Frame 2 (found as 3)");
    }

    [Fact]
    public void In_any_order_every_frame_counts_as_often_as_it_is_there()
    {
        CaptureAssert.Equal([A1, A1, A2], [A2, A1, A1], Any);
        CaptureAssert.Equal([], Array.Empty<byte[]>(), Any);
        Fails(() => CaptureAssert.Equal([A1, A1, A2], [A2, A1, A2], Any), "Frame 2 is missing");
        Fails(() => CaptureAssert.Equal([A1], [A1, A1], Any), "Frame 2 was not expected");
    }

    private static string Write(params (byte[] Frame, long Time)[] frames)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using CaptureWriter writer = CaptureWriter.CreateFile(path);
        foreach ((byte[] frame, long time) in frames)
            writer.Write(frame, time, frame.Length);
        return path;
    }

    private static void Fails(Action action, params string[] texts)
    {
        string message = Assert.Throws<TestAssertionException>(action).Message;
        foreach (string text in texts)
            Assert.Contains(text, message, StringComparison.Ordinal);
    }
}

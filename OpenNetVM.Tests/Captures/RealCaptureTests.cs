using System.Text.Json;
using OpenNetVM.Core.Captures;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Captures;

/// <summary>Real captures against what tshark counted in them (groundtruth.json beside them).</summary>
public class RealCaptureTests
{
    private static readonly CaptureReaderOptions AsCaptured = new() { ConvertToEthernet = false };

    private static IEnumerable<(string File, JsonElement Truth)> Captures()
    {
        using JsonDocument truth = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.Capture("groundtruth.json")));
        foreach (JsonProperty file in truth.RootElement.Clone().EnumerateObject())
            yield return (file.Name, file.Value);
    }

    [Fact]
    public void Packets_and_bytes_are_those_that_tshark_counted()
    {
        int files = 0;
        foreach ((string file, JsonElement truth) in Captures())
        {
            using CaptureReader reader = CaptureReader.OpenFile(RepositoryFiles.Capture(file), AsCaptured);
            long packets = 0, wire = 0, captured = 0, truncated = 0;
            int shortest = int.MaxValue, longest = 0;
            while (reader.TryRead(out CapturedFrame frame))
            {
                packets++;
                wire += frame.WireLength;
                captured += frame.Data.Length;
                truncated += frame.IsTruncated ? 1 : 0;
                shortest = Math.Min(shortest, frame.WireLength);
                longest = Math.Max(longest, frame.WireLength);
            }

            (string, long, long, long, long, int, int) expected = (file, truth.GetProperty("packets").GetInt64(), truth.GetProperty("bytes_wire").GetInt64(),
                truth.GetProperty("bytes_captured").GetInt64(), truth.GetProperty("truncated").GetInt64(),
                truth.GetProperty("len_min").GetInt32(), truth.GetProperty("len_max").GetInt32());
            Assert.Equal(expected, (file, packets, wire, captured, truncated, shortest, longest));
            files++;
        }

        Assert.True(files >= 18, $"only {files} captures were compared");
    }

    [Fact]
    public void Every_capture_converts_to_ethernet_without_losing_a_frame()
    {
        foreach ((string file, JsonElement truth) in Captures())
        {
            using CaptureReader reader = CaptureReader.OpenFile(RepositoryFiles.Capture(file));
            List<ReadFrame> frames = ReadFrame.All(reader);
            Assert.Equal(truth.GetProperty("packets").GetInt64(), frames.Count);
            Assert.Equal(0, reader.UnconvertibleFrames);
            Assert.All(frames, frame => Assert.Equal(LinkType.Ethernet, frame.LinkType));
        }
    }

    [Fact]
    public void The_cooked_capture_becomes_ethernet_with_nanosecond_times()
    {
        using CaptureReader raw = CaptureReader.OpenFile(RepositoryFiles.Capture("tcpdump__tcp-handshake-nano.pcap"), AsCaptured);
        using CaptureReader ethernet = CaptureReader.OpenFile(RepositoryFiles.Capture("tcpdump__tcp-handshake-nano.pcap"));
        while (raw.TryRead(out CapturedFrame cooked))
        {
            Assert.Equal(LinkType.LinuxSll, cooked.LinkType);
            Assert.True(ethernet.TryRead(out CapturedFrame frame));
            Assert.Equal(cooked.TimestampNanoseconds, frame.TimestampNanoseconds);
            Assert.Equal(cooked.WireLength - 2, frame.WireLength);
            Assert.Equal(cooked.Data[14..], frame.Data[12..]);
        }

        Assert.False(ethernet.TryRead(out _));
    }

    [Theory]
    [InlineData(CaptureFormat.PcapNg)]
    [InlineData(CaptureFormat.Pcap)]
    public void What_is_read_and_written_reads_the_same(CaptureFormat format)
    {
        foreach ((string file, _) in Captures())
        {
            using CaptureReader original = CaptureReader.OpenFile(RepositoryFiles.Capture(file), AsCaptured);
            List<ReadFrame> frames = ReadFrame.All(original);
            MemoryStream copy = new();
            if (format == CaptureFormat.Pcap)
                frames = [.. frames.Select(frame => frame with { Interface = 0 })];
            using (CaptureWriter writer = CaptureWriter.Create(copy, new CaptureWriterOptions { Format = format, LinkType = original.Interfaces[0].LinkType }))
            {
                if (format == CaptureFormat.PcapNg)
                {
                    foreach (CaptureInterface further in original.Interfaces.Skip(1))
                        Assert.Equal(further.Index, writer.AddInterface(further.LinkType, further.Name));
                }

                foreach (ReadFrame frame in frames)
                    writer.Write(frame.Data, frame.Timestamp, frame.WireLength, frame.Interface);
            }

            (List<ReadFrame> copied, CaptureFormatException? error) = ReadFrame.UpToDamage(copy.ToArray(), AsCaptured);
            Assert.Null(error);
            Assert.Equal(frames, copied);
        }
    }

    [Fact]
    public async Task Asynchronous_reads_of_a_file_deliver_the_same_frames()
    {
        string path = RepositoryFiles.Capture("nDPI__sites.pcapng");
        using CaptureReader reader = CaptureReader.OpenFile(path);
        List<ReadFrame> expected = ReadFrame.All(reader);
        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true);
        await using CaptureReader asynchronous = await CaptureReader.OpenAsync(stream, path, null, TestContext.Current.CancellationToken);
        List<ReadFrame> frames = [];
        while (await asynchronous.ReadAsync(TestContext.Current.CancellationToken))
            frames.Add(ReadFrame.From(asynchronous.Current));
        Assert.Equal(expected, frames);
    }
}

using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Tests.Captures;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Ports;

public class PcapPortTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("opennetvm-pcap-");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private static byte[] Frame(int seed, int length = 60) => [.. Enumerable.Range(0, length).Select(i => i == 12 ? (byte)0x88 : i == 13 ? (byte)0xB5 : (byte)(i + seed))];

    private string Save(byte[] capture, string name = "in.pcap")
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, capture);
        return path;
    }

    // Frames at 1 s, 1.1 s and 1.5 s.
    private string SaveThree() => Save(new CaptureFileBuilder().PcapHeader()
        .PcapRecord(1, 0, Frame(1)).PcapRecord(1, 100_000, Frame(2)).PcapRecord(1, 500_000, Frame(3)).ToArray());

    private static List<ReadFrame> ReadFile(string path)
    {
        using CaptureReader reader = CaptureReader.OpenFile(path);
        return ReadFrame.All(reader);
    }

    [Fact]
    public void A_capture_is_received_once_with_its_time_stamps_and_then_the_port_has_ended()
    {
        using PortHarness harness = PortHarness.Started(PcapPort.Receiver(SaveThree()));
        Assert.Equal("in.pcap", harness.Port.Info.Name);
        Assert.Equal(PortState.Running, harness.Port.Status.State);
        Assert.Equal([(1_000_000_000L, (byte)1), (1_100_000_000L, (byte)2), (1_500_000_000L, (byte)3)], harness.ReceiveAll().Select(f => (f.Timestamp, f.Data[0])));
        Assert.Equal(new PortStatus(PortState.Ended), harness.Port.Status);
        Assert.Empty(harness.Receive());
    }

    [Fact]
    public void Further_passes_are_moved_on_by_the_length_of_the_capture_and_one_gap()
    {
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = SaveThree(), Passes = 3 }));
        Assert.Equal(
            [1_000, 1_100, 1_500, 1_750, 1_850, 2_250, 2_500, 2_600, 3_000],
            harness.ReceiveAll().Select(frame => frame.Timestamp / 1_000_000));
        Assert.Equal(PortState.Ended, harness.Port.Status.State);
    }

    [Fact]
    public void A_capture_can_be_received_for_ever()
    {
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = SaveThree(), Passes = null }));
        List<ReceivedFrame> frames = harness.ReceiveAll(most: 1_000);
        Assert.Equal(1_000, frames.Count);
        Assert.Equal(frames.Select(f => f.Timestamp).Order(), frames.Select(f => f.Timestamp));
        Assert.Equal(PortState.Running, harness.Port.Status.State);
    }

    [Fact]
    public void An_empty_capture_ends_however_often_it_is_wanted()
    {
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = Save(new CaptureFileBuilder().PcapHeader().ToArray()), Passes = null }));
        Assert.Empty(harness.Receive());
        Assert.Equal(PortState.Ended, harness.Port.Status.State);
    }

    [Fact]
    public void The_recorded_pace_is_kept_by_the_platforms_clock()
    {
        FakeTimeProvider time = new();
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = SaveThree(), Speed = 1, Passes = 2 }), time: time);
        Assert.Single(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Empty(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Single(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Empty(harness.ReceiveAll());
        Assert.Equal(PortState.Running, harness.Port.Status.State);
        time.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.Equal(3, harness.ReceiveAll().Count);
        Assert.Equal(PortState.Ended, harness.Port.Status.State);
    }

    [Fact]
    public void A_replay_can_be_faster_than_the_recording()
    {
        FakeTimeProvider time = new();
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = SaveThree(), Speed = 10 }), time: time);
        Assert.Single(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Single(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(39));
        Assert.Empty(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(harness.ReceiveAll());
    }

    [Fact]
    public void A_damaged_file_delivers_what_came_before_and_then_says_where_it_is_damaged()
    {
        CaptureFileBuilder file = new CaptureFileBuilder().PcapHeader().PcapRecord(1, 0, Frame(1)).PcapRecord(2, 0, Frame(2));
        long offset = file.Offset;
        string path = Save(file.U8(1, 2, 3).ToArray());
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = path, Passes = 5 }));
        Assert.Equal(2, harness.ReceiveAll().Count);
        PortStatus status = harness.Port.Status;
        Assert.Equal(PortState.Failed, status.State);
        CaptureFormatException error = Assert.IsType<CaptureFormatException>(status.Error);
        Assert.Equal((path, offset), (error.FileName, error.Offset));
        Assert.Empty(harness.Receive());
        harness.Port.Stop();
        Assert.Equal(new PortStatus(PortState.Stopped, error), harness.Port.Status);
    }

    [Fact]
    public void What_is_no_capture_is_refused_when_the_port_is_made()
    {
        Assert.Throws<CaptureFormatException>(() => PcapPort.Receiver(Save([1, 2, 3, 4, 5])));
        Assert.Throws<FileNotFoundException>(() => PcapPort.Receiver(Path.Combine(_folder.FullName, "missing.pcap")));
        string wireless = Save(new CaptureFileBuilder().PcapHeader(linkType: LinkType.Ieee80211).ToArray());
        Assert.Contains("IEEE 802.11", Assert.Throws<CaptureFormatException>(() => PcapPort.Receiver(wireless)).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => PcapPort.Transmitter(Path.Combine(_folder.FullName, "nowhere", "out.pcapng")));
        Assert.Throws<ArgumentException>(() => new PcapPort(new PcapPortOptions { ReceivePath = "a", ReceiveFrom = () => null! }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PcapPort(new PcapPortOptions { Speed = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PcapPort(new PcapPortOptions { Passes = 0 }));
    }

    [Fact]
    public void What_is_transmitted_is_in_the_file_once_the_port_has_stopped()
    {
        string path = Path.Combine(_folder.FullName, "out.pcapng");
        FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(5_000));
        using PortHarness harness = PortHarness.Started(PcapPort.Transmitter(path), time: time);
        Assert.Equal((0, 1), (harness.Port.Info.ReceiveQueues, harness.Port.Info.TransmitQueues));
        PacketDescriptor[] packets = harness.Packets(3, 100);
        harness.Pool.Open(ref packets[1]).Timestamp = 77;
        time.Advance(TimeSpan.FromSeconds(1));
        byte[][] expected = [.. packets.Select(p => harness.Copy(p).Data)];
        harness.Transmit(packets);
        Assert.Equal(PortState.Running, harness.Port.Status.State);
        harness.Port.Stop();
        List<ReadFrame> written = ReadFile(path);
        Assert.Equal(expected, written.Select(frame => frame.Data));
        Assert.Equal([5_001_000_000_000, 77, 5_001_000_000_000], written.Select(frame => frame.Timestamp));
    }

    [Fact]
    public void Packets_can_be_stamped_when_they_are_transmitted()
    {
        string path = Path.Combine(_folder.FullName, "out.pcapng");
        FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(5_000));
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { TransmitPath = path, StampOnTransmit = true }), time: time);
        PacketDescriptor[] packets = harness.Packets(1);
        harness.Pool.Open(ref packets[0]).Timestamp = 77;
        harness.Transmit(packets);
        harness.Port.Stop();
        Assert.Equal(5_000_000_000_000, Assert.Single(ReadFile(path)).Timestamp);
    }

    [Fact]
    public void A_file_that_cannot_be_written_fails_the_port_and_leaves_packets_with_the_caller()
    {
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions
        {
            TransmitTo = () => CaptureWriter.Create(new FullDisk(), new CaptureWriterOptions { FlushThreshold = 500 }),
        }));
        PacketDescriptor[] packets = harness.Packets(20, 100);
        int accepted = harness.Port.Transmit(0, packets, harness.Cache);
        Assert.InRange(accepted, 1, 19);
        Assert.Equal(PortState.Failed, harness.Port.Status.State);
        Assert.Equal("no space left", harness.Port.Status.Error?.Message);
        Assert.Equal(0, harness.Port.Transmit(0, packets.AsSpan(accepted), harness.Cache));
        harness.Cache.Free(packets.AsSpan(accepted));
        Assert.Equal(accepted, harness.Port.GetStatistics().TransmittedPackets);
    }

    [Fact]
    public void Frames_that_the_capture_had_cut_are_delivered_and_counted()
    {
        PcapPort port = PcapPort.Receiver(Save(new CaptureFileBuilder().PcapHeader().PcapRecord(1, 0, Frame(1), wire: 1_500).PcapRecord(2, 0, Frame(2)).ToArray()));
        using PortHarness harness = PortHarness.Started(port);
        Assert.Equal([60, 60], harness.ReceiveAll().Select(frame => frame.Data.Length));
        Assert.Equal(1, port.CutFrames);
    }

    [Fact]
    public void Frames_that_cannot_be_ethernet_are_counted_as_errors()
    {
        byte[] ip = [0x45, .. new byte[19]];
        string path = Save(new CaptureFileBuilder().PcapHeader(linkType: LinkType.Raw).PcapRecord(1, 0, ip).PcapRecord(1, 0, [1, 2, 3]).PcapRecord(1, 0, ip).ToArray());
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = path, Passes = 2 }));
        Assert.Equal(4, harness.ReceiveAll().Count);
        Assert.Equal(2, harness.Port.GetStatistics().DroppedError);
    }

    [Fact]
    public void A_reader_that_does_not_convert_is_refused_at_its_first_foreign_frame()
    {
        string path = Save(new CaptureFileBuilder().PcapHeader(linkType: LinkType.Ieee80211).PcapRecord(1, 0, Frame(1)).ToArray());
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceiveFrom = () => CaptureReader.OpenFile(path, new CaptureReaderOptions { ConvertToEthernet = false }) }));
        Assert.Empty(harness.ReceiveAll());
        Assert.Contains("105 (IEEE 802.11)", harness.Port.Status.Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_capture_of_nothing_but_oversize_frames_does_not_hold_the_thread()
    {
        string path = Save(new CaptureFileBuilder().PcapHeader().PcapRecord(1, 0, Frame(1, 200)).ToArray());
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = path, Passes = null }), bufferSize: 100);
        for (int i = 0; i < 10; i++)
            Assert.Empty(harness.Receive());
        Assert.InRange(harness.Port.GetStatistics().DroppedOversize, 10, 10_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Every_real_capture_is_received_whole_and_in_order_within_each_flow(int queues)
    {
        foreach (string path in Directory.GetFiles(Path.GetDirectoryName(RepositoryFiles.Capture("groundtruth.json"))!, "*.pcap*"))
        {
            List<ReadFrame> expected = ReadFile(path);
            using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = path, ReceiveQueues = queues }), capacity: 512, bufferSize: 2_048);
            List<ReceivedFrame>[] received = [.. Enumerable.Range(0, queues).Select(_ => new List<ReceivedFrame>())];
            for (int idle = 0; idle < 3; idle++)
            {
                for (int queue = 0; queue < queues; queue++)
                {
                    PacketDescriptor[] burst = harness.Receive(32, queue);
                    received[queue].AddRange(burst.Select(harness.Copy));
                    harness.Cache.Free(burst);
                    idle = burst.Length > 0 ? -1 : idle;
                }
            }

            Assert.Equal(PortState.Ended, harness.Port.Status.State);
            for (int queue = 0; queue < queues; queue++)
            {
                Assert.Equal(
                    expected.Where(frame => frame.Data.Length <= 2_048 && (queues == 1 || PortContract.HashOf(frame.Data) % (uint)queues == queue)).Select(frame => (frame.Timestamp, Convert.ToHexString(frame.Data))),
                    received[queue].Select(frame => (frame.Timestamp, Convert.ToHexString(frame.Data))));
            }

            PortStatistics statistics = harness.Port.GetStatistics();
            Assert.Equal(expected.Count, statistics.ReceivedPackets + statistics.DroppedOversize);
            Assert.Equal(expected.Count(frame => frame.Data.Length > 2_048), statistics.DroppedOversize);
        }
    }

    [Fact]
    public void What_goes_through_two_ports_is_the_same_file()
    {
        string source = RepositoryFiles.Capture("zeek__methods.pcap");
        string target = Path.Combine(_folder.FullName, "copy.pcapng");
        using (PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceivePath = source, TransmitPath = target })))
        {
            while (harness.Receive() is { Length: > 0 } burst)
                harness.Transmit(burst);
        }

        Assert.Equal(ReadFile(source), ReadFile(target));
    }

    [Fact]
    public void A_queue_that_is_not_polled_holds_packets_but_none_is_lost()
    {
        // More frames of one flow than a queue's lane holds: the other queue meets a full lane, and waits.
        byte[] capture = PcapPortContractTests.Capture(FrameSizes.Fixed(80), 6_000);
        using PortHarness harness = PortHarness.Started(new PcapPort(new PcapPortOptions { ReceiveFrom = () => CaptureReader.Open(new MemoryStream(capture), "memory"), ReceiveQueues = 2 }), capacity: 4_096);
        int first = harness.ReceiveAll(queue: 0).Count;
        for (int i = 0; i < 100; i++)
            first += harness.ReceiveAll(queue: 0).Count;
        Assert.InRange(first, 500, 2_900);
        Assert.Equal(1_024, harness.Pool.InUse);
        Assert.Equal(PortState.Running, harness.Port.Status.State);
        int second = 0;
        for (int i = 0; i < 100; i++)
        {
            second += harness.ReceiveAll(queue: 1).Count;
            first += harness.ReceiveAll(queue: 0).Count;
        }

        Assert.Equal(6_000, first + second);
        Assert.Equal(PortState.Ended, harness.Port.Status.State);
    }

    [Fact]
    public void The_worker_of_another_queue_is_woken_when_packets_come_for_it()
    {
        byte[] capture = PcapPortContractTests.Capture(FrameSizes.Fixed(80), 200);
        using PortHarness harness = new(new PcapPort(new PcapPortOptions { ReceiveFrom = () => CaptureReader.Open(new MemoryStream(capture), "memory"), ReceiveQueues = 2 }));
        List<int> woken = [];
        harness.Port.Start(new PortContext(PortHarness.Id, harness.Pool, receivable: woken.Add));
        harness.Cache.Free(harness.Receive(100, queue: 0));
        Assert.Equal([1], woken);
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no space left");
    }
}

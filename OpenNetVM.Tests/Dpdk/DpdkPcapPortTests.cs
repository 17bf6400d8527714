using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>The contract for DPDK's port of capture files.</summary>
public class DpdkPcapPortTests : PortContract
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("onvm-dpdk").FullName;

    // The driver has taken the frame out of the file before it finds that there is no buffer for it.
    protected override bool LosesWithoutBuffer(IPort port) => true;

    protected override IPort CreatePort(int receiveQueues, int transmitQueues) => OpenMixed(receiveQueues, transmitQueues, 74, 1_518, DpdkPlacement.Automatic);

    protected override IPort CreateOversizePort() => OpenMixed(1, 1, 74, 140, DpdkPlacement.Automatic);

    /// <summary>A port that receives 5,000 frames of various sizes at each queue and writes what it is given to files.</summary>
    internal static DpdkPort OpenMixed(int receiveQueues, int transmitQueues, int least, int most, DpdkPlacement placement)
    {
        string input = Capture(least, most);
        IEnumerable<string> arguments = Enumerable.Repeat($"rx_pcap={input}", receiveQueues)
            .Concat(Enumerable.Range(0, transmitQueues).Select(_ => $"tx_pcap={Path.Combine(Folder, Path.GetRandomFileName())}.pcap"));
        return DpdkEal.Open("net_pcap", string.Join(',', arguments), new DpdkPortOptions { Device = "", ReceiveQueues = receiveQueues, TransmitQueues = transmitQueues, Placement = placement });
    }

    private static string Capture(int least, int most)
    {
        string path = Path.Combine(Folder, $"{least}-{most}.pcap");
        lock (Folder)
        {
            if (File.Exists(path))
                return path;
            using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.Uniform(least, most), Ipv6Share = 0.5, TcpShare = 0.5, PacketCount = 5_000 }));
            using CaptureWriter writer = CaptureWriter.CreateFile(path);
            foreach (ReceivedFrame frame in harness.ReceiveAll())
                writer.Write(frame.Data, 0, frame.Data.Length);
        }

        return path;
    }

    [Theory]
    [MemberData(nameof(RawCapture.RealCaptures), MemberType = typeof(RawCapture))]
    public void A_capture_crosses_the_driver_and_comes_out_with_every_frame_as_it_was(string file)
    {
        // libpcap reads no file of several link types as Ethernet, and the driver writes Ethernet only; frames of 64 KB and more fit no mbuf.
        string path = RepositoryFiles.Capture(file);
        byte[][] expected = [.. RawCapture.Read(path).Select(frame => frame.Data).Where(data => data.Length < 65_000)];
        string output = Path.Combine(Folder, Path.GetRandomFileName() + ".pcap");
        PortStatistics statistics;
        using (PortHarness harness = PortHarness.Started(DpdkEal.Open("net_pcap", $"rx_pcap={path},tx_pcap={output}"), capacity: 1_024, bufferSize: 65_200))
        {
            while (harness.Receive(64) is { Length: > 0 } burst)
                harness.Transmit(burst);
            statistics = harness.Port.GetStatistics();
        }

        Assert.Equal((expected.Length, expected.Length), (statistics.ReceivedPackets, statistics.TransmittedPackets));
        Assert.Equal(RawCapture.Read(path).Count - expected.Length, statistics.DroppedOversize);
        Assert.Equal(expected, RawCapture.Read(output).Select(frame => frame.Data));
    }

    [Fact]
    public void A_frame_that_the_driver_cuts_into_segments_is_gathered_or_counted_as_too_long()
    {
        // Buffers of 300 bytes: the driver fills as many as a frame needs.
        using PortHarness harness = PortHarness.Started(OpenMixed(1, 1, 74, 1_400, DpdkPlacement.Automatic), bufferSize: 300);
        int received = 0;
        for (int i = 0; i < 1_000; i++)
        {
            List<ReceivedFrame> frames = harness.ReceiveAll();
            Assert.All(frames, frame => Assert.InRange(frame.Data.Length, 74, 300));
            received += frames.Count;
        }

        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.NotEqual(0, received);
        Assert.Equal(5_000 - received, statistics.DroppedOversize);
    }
}

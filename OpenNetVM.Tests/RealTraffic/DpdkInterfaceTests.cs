using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>What ports of DPDK on interfaces of the kernel do under load and when something changes: queues, links, starts and stops.</summary>
[Collection(SoakCollection.Name)]
public sealed class DpdkInterfaceTests : DpdkStation
{
    [Theory]
    [InlineData("net_af_packet")]
    [InlineData("net_af_xdp")]
    public void A_port_that_is_stopped_under_load_gives_everything_back_and_can_be_opened_again(string driver)
    {
        NetworkNamespace.Connect(_station, Station, _platform, Interface);
        using PortHarness other = PortHarness.Started(DpdkEal.Open("net_null"));
        using Background forwarding = new(() => other.Transmit(other.Receive()));
        using PortHarness sender = PortHarness.Started(AfPacketPort.Open(_station, Station));
        byte[][] flows = Frames.Flows(32);
        using Background load = new(() => SendAll(sender, flows));
        for (int round = 0; round < 20; round++)
        {
            _platform.Execute(() =>
            {
                using PortHarness harness = PortHarness.Started(DpdkEal.Open(driver, $"iface={Interface}"));
                Stopwatch waited = Stopwatch.StartNew();
                for (int received = 0; received < 200;)
                {
                    Assert.True(waited.Elapsed < Limit, $"{received} frames arrived");
                    PacketDescriptor[] burst = harness.Receive();
                    received += burst.Length;
                    int sent = harness.Port.Transmit(0, burst, harness.Cache);
                    harness.Cache.Free(burst.AsSpan(sent));
                    Thread.Yield();
                }

                harness.Port.Stop();
                Assert.Equal((0, 0), (harness.Pool.InUse, harness.Pool.LentToDevices));
            });
        }
    }

    [Fact]
    public void A_queue_that_another_AF_XDP_socket_has_is_waited_for_and_then_refused_with_the_reason()
    {
        NetworkNamespace.Connect(_station, Station, _platform, Interface);
        _platform.Execute(() =>
        {
            using PortHarness holder = PortHarness.Started(DpdkEal.Open("net_af_xdp", $"iface={Interface}"));
            using PortHarness waiting = new(DpdkEal.Open("net_af_xdp", $"iface={Interface}"));
            DpdkException refusal = Assert.Throws<DpdkException>(() => waiting.Port.Start(waiting.Context));
            Assert.Contains("another AF_XDP socket", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(PortState.Created, waiting.Port.Status.State);

            // The same port, as soon as the queue is free.
            holder.Port.Stop();
            waiting.Port.Start(waiting.Context);
            Assert.Equal(PortState.Running, waiting.Port.Status.State);
            waiting.Port.Stop();
            Assert.Equal((0, 0), (waiting.Pool.InUse, waiting.Pool.LentToDevices));
        });
    }

    [Theory]
    [InlineData("net_af_packet", ",qpairs=2")]
    [InlineData("net_tap", "")]
    public void Frames_of_all_queues_arrive_and_are_counted(string driver, string arguments)
    {
        bool tap = driver == "net_tap";
        if (!tap)
            NetworkNamespace.Connect(_station, Station, _platform, Interface);
        DpdkPort port = _platform.Execute(() => DpdkEal.Open(driver, $"iface={Interface}{arguments}", new DpdkPortOptions { Device = "", ReceiveQueues = 2, TransmitQueues = 2, ReceiveDescriptors = 256 }));
        using PortHarness harness = new(port);
        _platform.Execute(() => port.Start(harness.Context));
        if (tap)
            _platform.BringUp(Interface);
        using PortHarness sender = PortHarness.Started(tap ? AfPacketPort.Open(_platform, Interface) : AfPacketPort.Open(_station, Station));
        byte[][] flows = Frames.Flows(64);
        HashSet<int> marks = [];
        int[] received = new int[2];
        Stopwatch waited = Stopwatch.StartNew();
        while (marks.Count < flows.Length || received.Contains(0))
        {
            Assert.True(waited.Elapsed < Limit, $"{marks.Count} of {flows.Length} flows arrived, {received[0]} and {received[1]} frames");
            SendAll(sender, flows);
            for (int queue = 0; queue < 2; queue++)
            {
                List<ReceivedFrame> frames = harness.ReceiveAll(queue);
                received[queue] += frames.Count;
                marks.UnionWith(frames.Where(frame => frame.Data is [_, _, _, _, _, 2, ..] && frame.Data.Length == 64).Select(frame => Frames.Mark(frame.Data)));
            }
        }

        Assert.Equal(received.Sum(), port.GetStatistics().ReceivedPackets);
        _platform.Execute(port.Stop);
    }

    [Fact]
    public void A_pool_that_the_receive_queues_take_whole_is_warned_of()
    {
        RecordingLogger logger = new();
        DpdkPort port = _platform.Execute(() => DpdkEal.Open("net_tap", $"iface={Interface}", new DpdkPortOptions { Device = "", ReceiveDescriptors = 1_024 }));
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 1_024 });
        _platform.Execute(() => port.Start(new PortContext(PortHarness.Id, pool, logger: logger)));
        Assert.Contains(logger.Entries, entry => entry.Message.Contains("of the 1024 buffers of the pool", StringComparison.Ordinal));
        _platform.Execute(port.Stop);
    }

    [Fact]
    public void A_link_that_goes_down_is_told()
    {
        DpdkPort port = _platform.Execute(() => DpdkEal.Open("net_tap", $"iface={Interface}"));
        using PortHarness harness = new(port);
        _platform.Execute(() => port.Start(harness.Context));
        AwaitLink(port, up: true);
        _platform.Link("set", Interface, "down");
        AwaitLink(port, up: false);
        _platform.Link("set", Interface, "up");
        AwaitLink(port, up: true);
        _platform.Execute(port.Stop);
    }

    private static void AwaitLink(DpdkPort port, bool up)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (port.Link.IsUp != up)
        {
            Assert.True(waited.Elapsed < Limit, string.Create(CultureInfo.InvariantCulture, $"the link did not become {(up ? "up" : "down")}"));
            Thread.Sleep(10);
        }
    }

    private static void SendAll(PortHarness sender, byte[][] frames)
    {
        PacketDescriptor[] packets = new PacketDescriptor[frames.Length];
        Assert.Equal(frames.Length, sender.Cache.Allocate(packets));
        for (int i = 0; i < frames.Length; i++)
            Assert.True(sender.Pool.Open(ref packets[i]).TrySetData(frames[i]));
        int sent = sender.Port.Transmit(0, packets, sender.Cache);
        sender.Cache.Free(packets.AsSpan(sent));
    }

    /// <summary>Does something again and again on a thread of its own, until it is disposed; tells what failed.</summary>
    private sealed class Background : IDisposable
    {
        private readonly Thread _thread;
        private Exception? _failure;
        private volatile bool _ended;

        public Background(Action work)
        {
            _thread = new Thread(() =>
            {
                try
                {
                    while (!_ended)
                    {
                        work();
                        Thread.Yield();
                    }
                }
                catch (Exception exception)
                {
                    _failure = exception;
                }
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _ended = true;
            _thread.Join();
            Assert.Null(_failure);
        }
    }
}

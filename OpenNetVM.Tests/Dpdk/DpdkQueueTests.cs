using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>Several queues, several ports of a pool, several pools, and the garbage collector beside them.</summary>
public class DpdkQueueTests
{
    [Fact]
    public void Every_queue_delivers_its_own_frames_and_all_are_counted()
    {
        using PortHarness harness = PortHarness.Started(DpdkPcapPortTests.OpenMixed(3, 1, 74, 1_518, DpdkPlacement.Automatic));
        for (int queue = 0; queue < 3; queue++)
            Assert.Equal(5_000, harness.ReceiveAll(queue).Count);
        Assert.Equal(15_000, harness.Port.GetStatistics().ReceivedPackets);
    }

    [Fact]
    public void Packets_forwarded_while_the_garbage_collector_runs_are_all_accounted_for_and_allocate_nothing()
    {
        using PortHarness harness = PortHarness.Started(DpdkEal.Open("net_null"));
        PacketDescriptor[] burst = new PacketDescriptor[32];
        using ManualResetEventSlim collected = new();
        bool done = false;
        int collections = 0;
        Thread collector = new(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect();
                if (++collections == 20)
                    collected.Set();

                // One collection right behind the other would leave the others no time at all.
                Thread.Sleep(1);
            }
        });
        collector.Start();
        long received = 0;
        try
        {
            Allocations.AssertSettleAtNone(() =>
            {
                for (int i = 0; i < 20_000; i++)
                    received += Forward(harness, burst);
            });
            while (!collected.IsSet)
                received += Forward(harness, burst);
        }
        finally
        {
            Volatile.Write(ref done, true);
            collector.Join();
        }

        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.Equal((received, received), (statistics.ReceivedPackets, statistics.TransmittedPackets));

        // Until then DPDK keeps some in its caches of the threads.
        harness.Port.Stop();
        Assert.Equal((0, 0), (harness.Pool.InUse, harness.Pool.LentToDevices));
    }

    [Fact]
    public void Ports_of_two_pools_and_two_ports_of_one_pool_keep_their_buffers_apart()
    {
        using PortHarness one = PortHarness.Started(DpdkEal.Open("net_ring"));
        using PortHarness other = PortHarness.Started(DpdkEal.Open("net_ring"), capacity: 512);
        using DpdkPort sharing = DpdkEal.Open("net_ring");
        sharing.Start(new PortContext(new PortId(3), one.Pool));
        PacketDescriptor[] burst = new PacketDescriptor[32];
        for (int round = 0; round < 100; round++)
        {
            one.Transmit(one.Packets(32, 100));
            other.Transmit(other.Packets(32, 200));
            PacketDescriptor[] passed = one.Receive();
            Assert.Equal(32, sharing.Transmit(0, passed, one.Cache));
            Assert.Equal(32, sharing.Receive(0, burst, one.Cache));
            Assert.All(burst, descriptor => Assert.Equal(100, one.Pool.Open(ref descriptor).Length));
            one.Cache.Free(burst);
            Assert.All(other.ReceiveAll(), frame => Assert.Equal(200, frame.Data.Length));
            Assert.Equal((0, 0), (one.Pool.InUse, other.Pool.InUse));
        }

        sharing.Stop();
        Assert.Equal(3_200, other.Port.GetStatistics().ReceivedPackets);
    }

    [Fact]
    public void The_pool_can_lie_on_the_node_that_the_port_names()
    {
        using DpdkPort port = DpdkEal.Open("net_null");
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 512, Memory = new MemoryRegionOptions { NumaNode = port.NumaNode } });
        port.Start(new PortContext(new PortId(1), pool));
        PoolCache cache = pool.CreateCache();
        PacketDescriptor[] burst = new PacketDescriptor[32];
        Assert.Equal(32, port.Receive(0, burst, cache));
        cache.Free(burst);
        Assert.InRange(port.NumaNode ?? 0, 0, 1_023);
    }

    private static int Forward(PortHarness harness, PacketDescriptor[] burst)
    {
        int received = harness.Port.Receive(0, burst, harness.Cache);
        int sent = harness.Port.Transmit(0, burst.AsSpan(0, received), harness.Cache);
        return sent == received ? received : throw new InvalidOperationException($"the port took {sent} of {received} packets");
    }
}

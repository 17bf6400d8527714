using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Dpdk.Memory;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>What a port of DPDK does beyond the contract of ports, on net_ring, which gives back the very mbufs that it was given, and net_null.</summary>
public class DpdkPortTests
{
    [Fact]
    public void A_packet_crosses_a_driver_without_being_copied()
    {
        using PortHarness harness = PortHarness.Started(DpdkEal.Open("net_ring"));
        PacketDescriptor[] sent = harness.Packets(40, 120);
        foreach (ref PacketDescriptor descriptor in sent.AsSpan())
            harness.Pool.Open(ref descriptor).UserArea.Fill(0xAA);
        byte[][] frames = [.. sent.Select(descriptor => harness.Copy(descriptor).Data)];
        harness.Transmit(sent);
        Assert.Equal((0, 40), (harness.Pool.InUse, Math.Min(40, harness.Pool.LentToDevices)));

        PacketDescriptor[] received = harness.Receive(64);
        Assert.Equal(sent.Select(descriptor => descriptor.BufferIndex), received.Select(descriptor => descriptor.BufferIndex));
        Assert.Equal(frames, received.Select(descriptor => harness.Copy(descriptor).Data));
        Assert.False(harness.Pool.Open(ref received[0]).UserArea.ContainsAnyExcept((byte)0));
        Assert.Equal(40, harness.Pool.InUse);
        harness.Cache.Free(received);
    }

    [Fact]
    public void A_frame_that_was_moved_in_its_buffer_is_sent_from_where_it_lies()
    {
        using PortHarness harness = PortHarness.Started(DpdkEal.Open("net_ring"));
        PacketDescriptor[] packets = harness.Packets(2, 100);
        Assert.True(harness.Pool.Open(ref packets[0]).TryPrepend(20, out Span<byte> added));
        added.Fill(0x5A);
        Assert.True(harness.Pool.Open(ref packets[1]).TryTrimStart(14));
        byte[][] frames = [.. packets.Select(descriptor => harness.Copy(descriptor).Data)];
        harness.Transmit(packets);
        Assert.Equal(frames, harness.ReceiveAll().Select(frame => frame.Data));
    }

    [Fact]
    public void Descriptors_that_are_not_the_callers_are_refused_and_no_driver_sees_them()
    {
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 256 });
        using DpdkPort port = DpdkEal.Open("net_ring");
        PoolCache cache = pool.CreateCache();
        port.Start(new PortContext(new PortId(1), pool));
        Assert.True(cache.TryAllocate(out PacketDescriptor free));
        Assert.True(pool.Open(ref free).TrySetData(new byte[60]));
        PacketDescriptor sent = free, good;
        Assert.Equal(1, port.Transmit(0, [sent], cache));

        // The driver has it: it cannot be freed behind its back, by either way.
        cache.Free(sent);
        pool.Free(sent);
        Assert.Equal(2, pool.RejectedFrees);
        Assert.True(cache.TryAllocate(out good));
        Assert.True(pool.Open(ref good).TrySetData(new byte[61]));
        Assert.True(cache.TryAllocate(out PacketDescriptor freed));
        cache.Free(freed);

        // Out of range, sent before, freed before: between them a good one, which arrives.
        PacketDescriptor[] burst = [new() { BufferIndex = 256 }, new() { BufferIndex = uint.MaxValue }, sent, good, freed];
        Assert.Equal(5, port.Transmit(0, burst, cache));
        Assert.Equal((4L, 6L), (port.TransmitErrors, pool.RejectedFrees));
        PacketDescriptor[] received = new PacketDescriptor[8];
        Assert.Equal(2, port.Receive(0, received, cache));
        Assert.Equal([60, 61], received.Take(2).Select(descriptor => pool.Open(ref descriptor).Length));
        cache.Free(received.AsSpan(0, 2));
        port.Stop();
        Assert.Equal(0, pool.InUse);
    }

    [Fact]
    public void Frames_that_no_device_can_send_are_accepted_counted_and_freed()
    {
        using PortHarness harness = PortHarness.Started(DpdkEal.Open("net_null"));
        DpdkPort port = (DpdkPort)harness.Port;
        PacketDescriptor[] packets = harness.Packets(3);
        Assert.True(harness.Pool.Open(ref packets[1]).TrySetData([]));
        Assert.Equal(3, port.Transmit(0, packets, harness.Cache));
        Assert.Equal((1L, 3L), (port.TransmitErrors, port.GetStatistics().TransmittedPackets));
        Assert.Equal(0, harness.Pool.InUse);
    }

    [Fact]
    public void Packets_that_lie_in_a_driver_when_its_port_stops_return_to_the_pool()
    {
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 512 });
        DpdkPort port = DpdkEal.Open("net_ring");
        PoolCache cache = pool.CreateCache();
        port.Start(new PortContext(new PortId(1), pool));
        PacketDescriptor[] packets = new PacketDescriptor[300];
        Assert.Equal(300, cache.Allocate(packets));
        foreach (ref PacketDescriptor descriptor in packets.AsSpan())
            Assert.True(pool.Open(ref descriptor).TrySetData(new byte[60]));
        Assert.Equal(300, port.Transmit(0, packets, cache));
        port.Stop();
        Assert.Equal((0, 0), (pool.InUse, pool.LentToDevices));

        // All of them, each once.
        PacketDescriptor[] all = new PacketDescriptor[512];
        Assert.Equal(512, cache.Allocate(all));
        Assert.Equal(512, all.Select(descriptor => descriptor.BufferIndex).Distinct().Count());
    }

    [Fact]
    public void Ports_of_one_pool_come_and_go_while_others_move_packets()
    {
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 1_024 });
        using DpdkPort staying = DpdkEal.Open("net_ring");
        PoolCache cache = pool.CreateCache();
        staying.Start(new PortContext(new PortId(1), pool));
        PacketDescriptor[] burst = new PacketDescriptor[32];
        for (int round = 0; round < 20; round++)
        {
            using DpdkPort passing = DpdkEal.Open("net_null", "size=100");
            passing.Start(new PortContext(new PortId(2), pool));
            Assert.Equal(32, passing.Receive(0, burst, cache));
            Assert.Equal(32, staying.Transmit(0, burst, cache));
            passing.Stop();
            Assert.Equal(32, staying.Receive(0, burst, cache));
            Assert.All(burst, descriptor => Assert.Equal(100, pool.Open(ref descriptor).Length));
            Assert.Equal(32, pool.InUse);
            cache.Free(burst);
        }

        staying.Stop();
        Assert.Equal((0, 0), (pool.InUse, pool.LentToDevices));
    }

    [Fact]
    public void A_device_can_be_opened_again_when_its_port_was_stopped()
    {
        DpdkEal.Get();
        string device = DpdkEal.DeviceName("net_null");
        for (int i = 0; i < 3; i++)
        {
            using PortHarness harness = PortHarness.Started(new DpdkPort(new DpdkPortOptions { Device = device }));
            Assert.NotEmpty(harness.Receive() is { } burst ? FreeAll(harness, burst) : []);
        }
    }

    [Fact]
    public void A_device_that_is_open_is_not_opened_twice()
    {
        using DpdkPort port = DpdkEal.Open("net_null");
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => new DpdkPort(new DpdkPortOptions { Device = port.Info.Name }));
        Assert.Contains(port.Info.Name, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("net_nosuch", "", "net_nosuch")]
    [InlineData("net_af_packet", "iface=nosuch0", "nosuch0")]
    [InlineData("net_pcap", "rx_pcap=/nosuch.pcap", "/nosuch.pcap")]
    public void A_device_that_cannot_be_attached_is_refused_with_what_the_driver_said(string driver, string arguments, string named)
    {
        DpdkException refusal = Assert.Throws<DpdkException>(() => DpdkEal.Open(driver, arguments));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, refusal.ErrorCode);
    }

    [Fact]
    public void What_a_device_cannot_do_is_refused_by_name_at_start()
    {
        (DpdkPortOptions Options, string Name)[] cases =
        [
            (new DpdkPortOptions { Device = "", AccessVlan = 7 }, nameof(DpdkPortOptions.AccessVlan)),
            (new DpdkPortOptions { Device = "", VlanFilter = [7] }, nameof(DpdkPortOptions.VlanFilter)),
            (new DpdkPortOptions { Device = "", DropBadChecksums = true }, nameof(DpdkPortOptions.DropBadChecksums)),
        ];
        foreach ((DpdkPortOptions options, string name) in cases)
        {
            using PortHarness harness = new(DpdkEal.Open("net_null", "", options));
            DpdkException refusal = Assert.Throws<DpdkException>(() => harness.Port.Start(harness.Context));
            Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(PortState.Created, harness.Port.Status.State);
        }
    }

    [Fact]
    public void More_queues_than_the_driver_has_are_refused()
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => DpdkEal.Open("net_ring", "", new DpdkPortOptions { Device = "", ReceiveQueues = 1_000 }));
        Assert.Contains("1000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_whose_frames_do_not_fit_the_buffers_is_refused_with_both_sizes()
    {
        using PortHarness harness = new(DpdkEal.Open("net_null", "", new DpdkPortOptions { Device = "", Mtu = 9_000 }));
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => harness.Port.Start(harness.Context));
        Assert.Contains("9018", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("2048", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_drivers_own_counters_are_told_by_name_and_agree()
    {
        using PortHarness harness = PortHarness.Started(DpdkEal.Open("net_null"));
        for (int i = 0; i < 10; i++)
            harness.Transmit(harness.Receive());
        IReadOnlyDictionary<string, ulong> extended = ((DpdkPort)harness.Port).GetExtendedStatistics();
        Assert.Equal((320UL, 320UL), (extended["rx_good_packets"], extended["tx_good_packets"]));
    }

    [Fact]
    public void Threads_that_move_packets_come_and_go_without_using_up_DPDKs_places_for_threads()
    {
        const int Threads = 300;
        using PortHarness harness = PortHarness.Started(DpdkEal.Open("net_null"));
        int withoutPlace = 0;
        for (int i = 0; i < Threads; i++)
        {
            Thread thread = new(() =>
            {
                FreeAll(harness, harness.Receive());
                if (Marshal.ReadInt32(DpdkLibrary.Instance.Symbol("per_lcore__lcore_id")) == -1)
                    withoutPlace++;
            });
            thread.Start();
            thread.Join();
        }

        Assert.Equal(0, withoutPlace);
    }

    [Fact]
    public void A_pool_whose_buffers_no_mbuf_can_describe_is_refused()
    {
        using PortHarness harness = new(DpdkEal.Open("net_null"), capacity: 16, bufferSize: 70_000);
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => harness.Port.Start(harness.Context));
        Assert.Contains("65535", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Devices_are_plugged_into_a_running_platform_and_out_again()
    {
        DpdkEal.Get();
        NfManagerBuilder builder = new();
        builder.AddWorker("one");
        builder.AddWorker("two");
        PortId sink = builder.AddPort(new NullPort(new NullPortOptions { Name = "sink" }));
        builder.DefaultChain = ServiceChain.To(sink);
        await using NfManager manager = builder.Build();
        manager.Start();
        for (int round = 0; round < 10; round++)
        {
            PortId source = manager.AddPort(DpdkEal.Open("net_null"), round % 2 == 0 ? "two" : "one");
            long before = manager.GetStatistics().Received;
            Assert.True(SpinWait.SpinUntil(() => manager.GetStatistics().Received > before, TimeSpan.FromSeconds(60)));
            manager.RemovePort(source);
        }

        await manager.StopAsync();
        PlatformStatistics statistics = manager.GetStatistics();
        Assert.Equal((0L, statistics.Received), (statistics.Held, statistics.Transmitted + statistics.Dropped));
        Assert.Equal(0, manager.Pool.LentToDevices);
    }

    [Theory]
    [InlineData(HugePagePolicy.Preferred)]
    [InlineData(HugePagePolicy.Never)]
    public void A_pools_memory_is_made_known_to_DPDK_and_forgotten_again(HugePagePolicy pages)
    {
        DpdkEal.Get();
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 2_000, Memory = new MemoryRegionOptions { HugePages = pages } });
        DmaWindow window = new(pool.Region);
        for (int i = 0; i < 3; i++)
        {
            window.Register();
            window.Unregister();
        }
    }

    private static PacketDescriptor[] FreeAll(PortHarness harness, PacketDescriptor[] burst)
    {
        harness.Cache.Free(burst);
        return burst;
    }
}

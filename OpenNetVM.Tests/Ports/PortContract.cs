using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Ports;

/// <summary>
/// What every port owes its platform. A port's test class derives from this, makes the port, and says how frames get into it.
/// </summary>
public abstract class PortContract : IDisposable
{
    private readonly List<IDisposable> _cleanUp = [];

    /// <summary>How the port under test treats frames longer than the pool's buffers.</summary>
    public enum Oversize
    {
        /// <summary>It refuses to start where its own frames would be too long.</summary>
        RefusedAtStart,

        /// <summary>It drops and counts them.</summary>
        Dropped,
    }

    /// <summary>What becomes of frames longer than the pool's buffers.</summary>
    protected virtual Oversize OversizeFrames => Oversize.Dropped;

    /// <summary>Least packets of a burst for which there are not enough buffers.</summary>
    protected virtual int SmallestPartOfBurst => 1;

    /// <summary>Whether a frame is lost, and counted, for which there is no buffer.</summary>
    protected virtual bool LosesWithoutBuffer(IPort port) => !port.Info.CanWait;

    /// <summary>Makes a port. At least 500 frames of 60 to 1,518 bytes and many flows can be received from it once <see cref="Supply"/> was called.</summary>
    protected abstract IPort CreatePort(int receiveQueues, int transmitQueues);

    /// <summary>Makes a port that has frames longer than 100 bytes and, where it drops such, others.</summary>
    protected virtual IPort CreateOversizePort() => CreatePort(1, 1);

    /// <summary>Lets frames come to a started port, if they do not by themselves.</summary>
    protected virtual void Supply(IPort port, int frames)
    {
    }

    protected T CleanUp<T>(T thing)
        where T : IDisposable
    {
        _cleanUp.Add(thing);
        return thing;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        for (int i = _cleanUp.Count - 1; i >= 0; i--)
            _cleanUp[i].Dispose();
    }

    private PortHarness Start(int receiveQueues = 1, int transmitQueues = 1, int capacity = 2048)
    {
        PortHarness harness = CleanUp(PortHarness.Started(CreatePort(receiveQueues, transmitQueues), capacity));
        Supply(harness.Port, 500);
        return harness;
    }

    [Fact]
    public void A_port_says_what_it_is_and_does_not_change_its_mind()
    {
        IPort port = CleanUp(CreatePort(1, 1));
        PortInfo info = port.Info;
        Assert.NotEmpty(info.Name);
        Assert.Equal((1, 1), (info.ReceiveQueues, info.TransmitQueues));
        using PortHarness harness = PortHarness.Started(port);
        Assert.Equal(info, port.Info);
        port.Stop();
        Assert.Equal(info, port.Info);
    }

    [Fact]
    public void Nothing_moves_before_start_and_after_stop()
    {
        using PortHarness harness = new(CreatePort(1, 1));
        Assert.Equal(PortState.Created, harness.Port.Status.State);
        AssertNothingMoves(harness);
        harness.Port.Start(harness.Context);
        Supply(harness.Port, 10);
        Assert.NotEqual(PortState.Created, harness.Port.Status.State);
        harness.Port.Stop();
        Assert.Equal(PortState.Stopped, harness.Port.Status.State);
        AssertNothingMoves(harness);
        harness.Port.Stop();
    }

    private void AssertNothingMoves(PortHarness harness)
    {
        Assert.Empty(harness.Receive());
        PacketDescriptor[] packets = harness.Packets(3);
        Assert.Equal(0, harness.Port.Transmit(0, packets, harness.Cache));
        harness.Cache.Free(packets);
    }

    [Fact]
    public void A_port_starts_once()
    {
        using PortHarness harness = Start();
        Assert.Throws<InvalidOperationException>(() => harness.Port.Start(harness.Context));
        harness.Port.Stop();
        Assert.Throws<InvalidOperationException>(() => harness.Port.Start(harness.Context));
    }

    [Fact]
    public void A_port_that_was_never_started_can_be_disposed()
    {
        IPort port = CreatePort(2, 2);
        port.Dispose();
        port.Dispose();
    }

    [Fact]
    public void A_received_packet_is_a_fresh_buffer_with_the_ingress_port_and_nothing_steered()
    {
        using PortHarness harness = Start();
        PacketDescriptor[] burst = harness.Receive();
        Assert.NotEmpty(burst);
        Assert.Equal(burst.Length, harness.Pool.InUse);
        Assert.Equal(burst.Length, burst.Select(d => d.BufferIndex).Distinct().Count());
        foreach (ref PacketDescriptor descriptor in burst.AsSpan())
        {
            Packet packet = harness.Pool.Open(ref descriptor);
            Assert.Equal(PortHarness.Id, packet.IngressPort);
            Assert.InRange(packet.Length, 14, 1518);
            Assert.Equal(harness.Pool.Headroom, packet.Headroom);
            Assert.False(packet.UserArea.ContainsAnyExcept((byte)0));
            Assert.Equal((0, 0, (byte)0, PacketActionKind.Next, 0), (descriptor.Chain, descriptor.Destination, descriptor.Hop, descriptor.Action, descriptor.DirectorVersion));
        }

        harness.Cache.Free(burst);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    public void A_burst_is_filled_from_the_front_and_never_beyond(int length)
    {
        using PortHarness harness = Start();
        PacketDescriptor untouched = new() { BufferIndex = 0xDEAD_BEEF, Hop = 77 };
        PacketDescriptor[] array = Enumerable.Repeat(untouched, length + 2).ToArray();
        int count = harness.Port.Receive(0, array.AsSpan(1, length), harness.Cache);
        Assert.InRange(count, 0, length);
        Assert.Equal(untouched, array[0]);
        Assert.Equal(untouched, array[^1]);
        Assert.Equal(count, harness.Pool.InUse);
        harness.Cache.Free(array.AsSpan(1, count));
    }

    [Fact]
    public void The_hash_is_the_symmetric_one_of_the_frame_or_left_to_the_platform()
    {
        using PortHarness harness = Start();
        List<ReceivedFrame> frames = harness.ReceiveAll(most: 500);
        Assert.NotEmpty(frames);
        Assert.All(frames, frame => Assert.Equal(harness.Port.Info.ProvidesRssHash ? HashOf(frame.Data) : 0, frame.RssHash));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Frames_reach_the_queue_that_their_hash_says_or_every_queue_has_its_own(int queues)
    {
        using PortHarness harness = Start(queues);
        Assert.Equal(queues, harness.Port.Info.ReceiveQueues);
        if (harness.Port.Info.ProvidesRssHash)
            SpreadsByHash(harness, queues);
        else
            Assert.All(Enumerable.Range(0, queues), queue => Assert.NotEmpty(harness.ReceiveAll(queue, most: 32)));
    }

    /// <summary>Asserts where frames arrive; a port whose queues all supply the same has nothing to assert.</summary>
    private protected virtual void SpreadsByHash(PortHarness harness, int queues)
    {
        int[] perQueue = new int[queues];
        for (int round = 0; round < 40; round++)
        {
            for (int queue = 0; queue < queues; queue++)
            {
                PacketDescriptor[] burst = harness.Receive(8, queue);
                Assert.All(burst, descriptor => Assert.Equal(queue, (int)(descriptor.RssHash % (uint)queues)));
                perQueue[queue] += burst.Length;
                harness.Cache.Free(burst);
            }
        }

        Assert.All(perQueue, count => Assert.NotEqual(0, count));
    }

    [Fact]
    public void What_was_received_is_counted_in_packets_and_bytes()
    {
        using PortHarness harness = Start();
        List<ReceivedFrame> frames = harness.ReceiveAll(most: 500);
        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.Equal(frames.Count, statistics.ReceivedPackets);
        Assert.Equal(frames.Sum(frame => (long)frame.Data.Length), statistics.ReceivedBytes);
        Assert.Equal((0L, 0L), (statistics.TransmittedPackets, statistics.TransmittedBytes));
    }

    [Fact]
    public void Without_a_buffer_a_source_that_can_wait_waits_and_another_counts_the_loss()
    {
        using PortHarness harness = Start(capacity: 64);
        PacketDescriptor[] taken = harness.Packets(64);
        Assert.Empty(harness.Receive());
        PortStatistics starved = harness.Port.GetStatistics();
        Assert.Equal(0, starved.ReceivedPackets);
        if (LosesWithoutBuffer(harness.Port))
            Assert.NotEqual(0, starved.DroppedNoBuffer);
        else
            Assert.Equal(0, starved.DroppedNoBuffer);
        harness.Cache.Free(taken);
        Assert.NotEmpty(FreeAfter(harness, harness.Receive()));
    }

    private static PacketDescriptor[] FreeAfter(PortHarness harness, PacketDescriptor[] burst)
    {
        harness.Cache.Free(burst);
        return burst;
    }

    [Fact]
    public void A_pool_smaller_than_the_burst_gives_what_there_is()
    {
        using PortHarness harness = Start(capacity: 16);
        PacketDescriptor[] burst = harness.Receive(64);
        Assert.InRange(burst.Length, SmallestPartOfBurst, 16);
        Assert.Equal(burst.Length, harness.Pool.InUse);
        harness.Cache.Free(burst);
    }

    [Fact]
    public void Frames_longer_than_the_buffers_are_never_cut()
    {
        using PortHarness harness = new(CreateOversizePort(), bufferSize: 100);
        if (OversizeFrames == Oversize.RefusedAtStart)
        {
            InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => harness.Port.Start(harness.Context));
            Assert.Contains("100", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(PortState.Created, harness.Port.Status.State);
            return;
        }

        harness.Port.Start(harness.Context);
        Supply(harness.Port, 100);
        List<ReceivedFrame> frames = [];
        for (int i = 0; i < 50; i++)
            frames.AddRange(harness.ReceiveAll(most: 200));
        Assert.NotEmpty(frames);
        Assert.All(frames, frame => Assert.InRange(frame.Data.Length, 14, 100));
        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.NotEqual(0, statistics.DroppedOversize);
        Assert.Equal(frames.Count, statistics.ReceivedPackets);
    }

    [Fact]
    public void What_is_accepted_is_the_ports_to_free_and_the_rest_stays_the_callers()
    {
        using PortHarness harness = Start();
        PacketDescriptor[] packets = harness.Packets(300);
        int accepted = harness.Port.Transmit(0, packets, harness.Cache);
        Assert.InRange(accepted, 1, 300);
        Assert.InRange(harness.Pool.InUse, 300 - accepted, 300);
        harness.Cache.Free(packets.AsSpan(accepted));
        harness.Port.Stop();
        Assert.Equal(0, harness.Pool.InUse);
        Assert.Equal(accepted, harness.Port.GetStatistics().TransmittedPackets);
    }

    [Fact]
    public void What_was_transmitted_is_counted_in_packets_and_bytes()
    {
        using PortHarness harness = Start();
        harness.Transmit(harness.Packets(100, 64));
        harness.Transmit(harness.Packets(10, 1500));
        Assert.Equal(0, harness.Port.Transmit(0, default, harness.Cache));
        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.Equal((110L, 21_400L), (statistics.TransmittedPackets, statistics.TransmittedBytes));
    }

    [Fact]
    public void Stopping_with_packets_in_flight_leaves_the_pool_whole()
    {
        using PortHarness harness = Start(3, 2);
        PacketDescriptor[] burst = harness.Receive(queue: harness.Port.Info.ReceiveQueues - 1);
        harness.Cache.Free(burst);
        harness.Transmit(harness.Packets(50), harness.Port.Info.TransmitQueues - 1);
        harness.Port.Stop();
        Assert.Equal(0, harness.Pool.InUse);
        Assert.Equal((burst.Length, 50), (harness.Port.GetStatistics().ReceivedPackets, harness.Port.GetStatistics().TransmittedPackets));
    }

    [Fact]
    public void A_queue_that_is_not_there_is_refused()
    {
        using PortHarness harness = Start();
        foreach (int queue in (int[])[-1, harness.Port.Info.ReceiveQueues, int.MaxValue])
            Assert.Throws<ArgumentOutOfRangeException>(() => harness.Port.Receive(queue, new PacketDescriptor[1], harness.Cache));
        PacketDescriptor[] packets = harness.Packets(1);
        foreach (int queue in (int[])[-1, harness.Port.Info.TransmitQueues, int.MaxValue])
            Assert.Throws<ArgumentOutOfRangeException>(() => harness.Port.Transmit(queue, packets, harness.Cache));
        harness.Cache.Free(packets);
    }

    [Fact]
    public void A_burst_allocates_nothing()
    {
        const int Rounds = 30;
        using PortHarness harness = Start();
        PacketDescriptor[] burst = new PacketDescriptor[32];
        long TurnOver()
        {
            long packets = 0;
            for (int i = 0; i < Rounds; i++)
            {
                Supply(harness.Port, 32);
                int count = harness.Port.Receive(0, burst, harness.Cache);
                int sent = harness.Port.Transmit(0, burst.AsSpan(0, count), harness.Cache);
                harness.Cache.Free(burst.AsSpan(sent, count - sent));
                packets += sent;
            }

            return packets;
        }

        Assert.NotEqual(0, TurnOver());
        long packets = 0;
        Allocations.AssertSettleAtNone(() => packets += TurnOver());
        Assert.NotEqual(0, packets);
    }

    [Fact]
    public async Task Queues_may_be_used_at_once_by_a_thread_each()
    {
        const int Queues = 3;
        using PortHarness harness = Start(Queues, Queues);
        PortInfo info = harness.Port.Info;
        long received = 0, transmitted = 0, bytes = 0;
        Task[] threads = [.. Enumerable.Range(0, Queues).Select(number => Task.Run(() =>
        {
            PoolCache cache = harness.Pool.CreateCache();
            PacketDescriptor[] burst = new PacketDescriptor[32];
            for (int i = 0; i < 300; i++)
            {
                int count = number < info.ReceiveQueues ? harness.Port.Receive(number, burst, cache) : 0;
                Interlocked.Add(ref received, count);
                for (int p = 0; p < count; p++)
                    Interlocked.Add(ref bytes, harness.Pool.Open(ref burst[p]).Length);
                int sent = number < info.TransmitQueues ? harness.Port.Transmit(number, burst.AsSpan(0, count), cache) : 0;
                Interlocked.Add(ref transmitted, sent);
                cache.Free(burst.AsSpan(sent, count - sent));
            }
        }))];
        await Task.WhenAll(threads);
        harness.Port.Stop();
        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.Equal((received, bytes, transmitted), (statistics.ReceivedPackets, statistics.ReceivedBytes, statistics.TransmittedPackets));
        Assert.Equal(0, harness.Pool.InUse);
    }

    internal static uint HashOf(ReadOnlySpan<byte> frame)
    {
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
        bool ports = layers.Fragment == FragmentKind.None && (layers.Protocol == 6 || layers.Protocol == 17);
        return status switch
        {
            FlowKeyStatus.Ipv4 when ports => SymmetricRss.Hash.Compute(ipv4),
            FlowKeyStatus.Ipv6 when ports => SymmetricRss.Hash.Compute(ipv6),
            FlowKeyStatus.Ipv4 => SymmetricRss.Hash.ComputeAddresses(ipv4),
            FlowKeyStatus.Ipv6 => SymmetricRss.Hash.ComputeAddresses(ipv6),
            _ => 0,
        };
    }
}

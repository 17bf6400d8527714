using System.Buffers.Binary;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Ports;

public class LoopbackPortTests
{
    [Fact]
    public void A_sent_frame_is_received_with_its_bytes_ingress_port_and_hash()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        byte[] frame = UdpFrame(1, 1000, 2, 2000);

        Assert.True(bench.Port.Send(frame, 42));
        PacketDescriptor[] burst = bench.Receive();

        PacketDescriptor descriptor = Assert.Single(burst);
        Assert.Equal(frame, bench.DataOf(descriptor));
        Packet packet = bench.Pool.Open(ref descriptor);
        Assert.Equal(new PortId(3), packet.IngressPort);
        Assert.Equal(42, packet.Timestamp);
        Assert.Equal(bench.Pool.Headroom, packet.Headroom);
        Assert.Equal(RssHash.Of(frame), descriptor.RssHash);
        Assert.NotEqual(0u, descriptor.RssHash);
        Assert.Equal(PacketAction.Next, packet.Action);
        bench.Cache.Free(burst);
        Assert.Equal(new PortStatistics { ReceivedPackets = 1, ReceivedBytes = frame.Length }, bench.Port.GetStatistics());
    }

    [Fact]
    public void A_frame_sent_without_a_time_has_the_platforms_time_of_its_reception()
    {
        FakeTimeProvider time = new(DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(5));
        using LoopbackBench bench = new(new LoopbackPort("lan"), time: time);
        bench.Port.Send(Frame(1));
        time.Advance(TimeSpan.FromTicks(7));

        PacketDescriptor[] burst = bench.Receive();

        Assert.Equal(5_000_000_700, bench.Pool.Open(ref burst[0]).Timestamp);
        bench.Cache.Free(burst);
    }

    [Fact]
    public void A_port_without_the_hash_leaves_it_zero_but_still_spreads_by_it()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { ProvidesRssHash = false, ReceiveQueues = 2 }));
        for (ushort port = 0; port < 64; port++)
            bench.Port.Send(UdpFrame(1, port, 2, 2000));

        for (int queue = 0; queue < 2; queue++)
        {
            PacketDescriptor[] burst = bench.Receive(queue, 64);
            Assert.NotEmpty(burst);
            foreach (PacketDescriptor descriptor in burst)
            {
                Assert.Equal(0u, descriptor.RssHash);
                Assert.Equal(queue, (int)(RssHash.Of(bench.DataOf(descriptor)) % 2));
            }

            bench.Cache.Free(burst);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void Both_directions_of_a_flow_come_by_the_same_queue(int queues)
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { ReceiveQueues = queues }));
        for (ushort port = 1; port <= 50; port++)
        {
            bench.Port.Send(UdpFrame(1, port, 2, 53));
            bench.Port.Send(UdpFrame(2, 53, 1, port));
        }

        int received = 0;
        for (int queue = 0; queue < queues; queue++)
        {
            PacketDescriptor[] burst = bench.Receive(queue, 100);
            received += burst.Length;
            Assert.Equal(0, burst.Length % 2);
            for (int i = 0; i < burst.Length; i += 2)
                Assert.Equal(burst[i].RssHash, burst[i + 1].RssHash);
            bench.Cache.Free(burst);
        }

        Assert.Equal(100, received);
    }

    [Fact]
    public void A_transmitted_packet_is_taken_by_the_user_and_its_buffer_is_free()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        byte[] frame = Frame(7);
        PacketDescriptor descriptor = bench.Packet(frame);

        Assert.Equal(1, bench.Port.Transmit(0, [descriptor], bench.Cache));

        Assert.Equal(0, bench.Pool.InUse);
        Assert.Equal(1, bench.Port.FramesToTake);
        Assert.True(bench.Port.TryReceive(out byte[]? taken));
        Assert.Equal(frame, taken);
        Assert.False(bench.Port.TryReceive(out taken));
        Assert.Null(taken);
        Assert.Equal(new PortStatistics { TransmittedPackets = 1, TransmittedBytes = frame.Length }, bench.Port.GetStatistics());
    }

    [Fact]
    public void A_full_wire_refuses_what_is_sent_until_something_was_received()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { Capacity = 3 }));
        Assert.Equal(3, bench.Port.SendMany(Enumerable.Range(0, 5).Select(i => Frame((byte)i))));
        Assert.Equal(3, bench.Port.FramesToReceive);
        Assert.False(bench.Port.Send(Frame(9)));

        bench.Cache.Free(bench.Receive(most: 1));

        Assert.True(bench.Port.Send(Frame(3)));
        PacketDescriptor[] burst = bench.Receive();
        Assert.Equal([1, 2, 3], burst.Select(d => bench.DataOf(d)[0]));
        bench.Cache.Free(burst);
        Assert.Equal(0, bench.Port.GetStatistics().DroppedError);
    }

    [Fact]
    public void A_full_wire_leaves_the_rest_of_a_transmitted_burst_to_its_caller()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { Capacity = 3 }));
        PacketDescriptor[] burst = [.. Enumerable.Range(0, 5).Select(i => bench.Packet(Frame((byte)i)))];

        Assert.Equal(3, bench.Port.Transmit(0, burst, bench.Cache));
        Assert.Equal(2, bench.Pool.InUse);
        Assert.Equal(0, bench.Port.Transmit(0, burst.AsSpan(3), bench.Cache));
        Assert.Equal(3, bench.Port.ReceiveAll().Count);
        Assert.Equal(2, bench.Port.Transmit(0, burst.AsSpan(3), bench.Cache));
        Assert.Equal([3, 4], bench.Port.ReceiveAll().Select(f => f[0]));
        Assert.Equal(5, bench.Port.GetStatistics().TransmittedPackets);
    }

    [Fact]
    public void Frames_longer_than_the_pools_buffers_are_lost_and_counted_and_the_others_arrive()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"), new PacketPoolOptions { Capacity = 64, BufferSize = 128 });
        int[] lengths = [60, 129, 128, 70_000, 2_000_000, 0, 61];
        foreach (int length in lengths)
            Assert.True(bench.Port.Send(new byte[length]));

        PacketDescriptor[] burst = bench.Receive();

        Assert.Equal([60, 128, 0, 61], burst.Select(d => bench.DataOf(d).Length));
        bench.Cache.Free(burst);
        PortStatistics statistics = bench.Port.GetStatistics();
        Assert.Equal(3, statistics.DroppedOversize);
        Assert.Equal(4, statistics.ReceivedPackets);
        Assert.Equal(249, statistics.ReceivedBytes);
    }

    [Fact]
    public void Frames_that_find_the_pool_empty_are_lost_and_counted()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"), new PacketPoolOptions { Capacity = 5 });
        for (byte i = 0; i < 8; i++)
            bench.Port.Send(Frame(i));

        PacketDescriptor[] burst = bench.Receive();

        Assert.Equal([0, 1, 2, 3, 4], burst.Select(d => bench.DataOf(d)[0]));
        Assert.Equal(3, bench.Port.GetStatistics().DroppedNoBuffer);
        Assert.Equal(0, bench.Port.FramesToReceive);
        bench.Cache.Free(burst);
        bench.Port.Send(Frame(8));
        burst = bench.Receive();
        Assert.Single(burst);
        bench.Cache.Free(burst);
    }

    [Fact]
    public void Frames_of_every_length_survive_many_turns_around_the_wires_memory()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { Capacity = 16 }), new PacketPoolOptions { Capacity = 64, BufferSize = 9_216 });
        Random random = new(20261123);
        Queue<byte[]> sent = new();
        for (int turn = 0; turn < 600; turn++)
        {
            for (int i = random.Next(17); i > 0; i--)
            {
                byte[] frame = new byte[random.Next(9_217)];
                random.NextBytes(frame);
                if (bench.Port.Send(frame))
                    sent.Enqueue(frame);
            }

            PacketDescriptor[] burst = bench.Receive(most: random.Next(17));
            foreach (PacketDescriptor descriptor in burst)
                Assert.True(sent.Dequeue().AsSpan().SequenceEqual(bench.DataOf(descriptor)));

            // What comes in goes out again, so that the other direction turns too.
            byte[][] expected = [.. burst.Select(d => bench.DataOf(d))];
            Assert.Equal(burst.Length, bench.Port.Transmit(0, burst, bench.Cache));
            foreach (byte[] frame in expected)
            {
                Assert.True(bench.Port.TryReceive(out byte[]? taken));
                Assert.True(frame.AsSpan().SequenceEqual(taken));
            }
        }

        Assert.True(bench.Port.GetStatistics().ReceivedBytes > 8 * (2 << 20), "the test must go around the wire's memory several times");
    }

    [Fact]
    public void Frames_sent_before_the_start_wait_and_are_announced_at_the_start()
    {
        LoopbackPort port = new("lan");
        using LoopbackBench bench = new(port, start: false);
        Assert.True(port.Send(Frame(1)));
        Assert.Empty(bench.Receive());
        Assert.Equal(PortState.Created, port.Status.State);

        port.Start(bench.Context);

        Assert.Equal([0], bench.Notified);
        PacketDescriptor[] burst = bench.Receive();
        Assert.Single(burst);
        bench.Cache.Free(burst);
    }

    [Fact]
    public void Only_a_frame_that_comes_to_an_empty_queue_is_announced()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        bench.Port.Send(Frame(1));
        bench.Port.Send(Frame(2));
        Assert.Equal([0], bench.Notified);

        bench.Cache.Free(bench.Receive());
        bench.Port.Send(Frame(3));
        Assert.Equal([0, 0], bench.Notified);
        bench.Cache.Free(bench.Receive());
    }

    [Fact]
    public void A_frame_is_announced_to_the_queue_that_it_waits_in()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { ReceiveQueues = 4 }));
        for (ushort port = 1; port < 40; port++)
            bench.Port.Send(UdpFrame(1, port, 2, 80));

        int[] notified = [.. bench.Notified.Order()];
        int[] waiting = [.. Enumerable.Range(0, 4).Where(queue =>
        {
            PacketDescriptor[] burst = bench.Receive(queue, 64);
            bench.Cache.Free(burst);
            return burst.Length > 0;
        })];
        Assert.Equal(waiting, notified);
        Assert.True(waiting.Length > 1);
    }

    [Fact]
    public void After_completion_the_port_ends_with_its_last_frame_and_still_transmits()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        bench.Port.Send(Frame(1));
        bench.Port.Send(Frame(2));
        bench.Port.Complete();
        bench.Port.Complete();
        Assert.Equal(PortState.Running, bench.Port.Status.State);
        Assert.Throws<InvalidOperationException>(() => bench.Port.Send(Frame(3)));

        bench.Cache.Free(bench.Receive(most: 1));
        Assert.Equal(PortState.Running, bench.Port.Status.State);
        bench.Cache.Free(bench.Receive(most: 1));

        Assert.Equal(PortState.Ended, bench.Port.Status.State);
        Assert.Equal(1, bench.Port.Transmit(0, [bench.Packet(Frame(9))], bench.Cache));
    }

    [Fact]
    public void A_stopped_port_moves_nothing_but_what_it_transmitted_can_be_taken()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        bench.Port.Send(Frame(1));
        bench.Port.Transmit(0, [bench.Packet(Frame(2))], bench.Cache);

        bench.Port.Stop();
        bench.Port.Stop();

        Assert.Equal(PortState.Stopped, bench.Port.Status.State);
        Assert.Empty(bench.Receive());
        PacketDescriptor kept = bench.Packet(Frame(3));
        Assert.Equal(0, bench.Port.Transmit(0, [kept], bench.Cache));
        bench.Cache.Free(kept);
        Assert.False(bench.Port.Send(Frame(4)));
        Assert.Equal([2], bench.Port.ReceiveAll().Select(f => f[0]));
    }

    [Fact]
    public void A_second_start_is_refused()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => bench.Port.Start(bench.Context));
        Assert.Contains("lan", error.Message, StringComparison.Ordinal);
        Assert.Contains("port 3", error.Message, StringComparison.Ordinal);
        bench.Port.Stop();
        Assert.Throws<InvalidOperationException>(() => bench.Port.Start(bench.Context));
    }

    [Fact]
    public void Taking_into_memory_that_is_too_small_leaves_the_frame_on_the_wire()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        bench.Port.Transmit(0, [bench.Packet(Frame(5))], bench.Cache);

        Assert.Throws<ArgumentException>(() => bench.Port.TryReceive(new byte[59], out _));

        byte[] room = new byte[100];
        Assert.True(bench.Port.TryReceive(room, out int length));
        Assert.Equal(Frame(5), room[..length]);
        Assert.False(bench.Port.TryReceive(room, out length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void Frames_of_all_transmit_queues_are_taken_in_the_order_of_their_queue()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { TransmitQueues = 3 }));
        for (byte i = 0; i < 30; i++)
            Assert.Equal(1, bench.Port.Transmit(i % 3, [bench.Packet(Frame(i))], bench.Cache));

        Assert.Equal(30, bench.Port.FramesToTake);
        byte[] taken = [.. bench.Port.ReceiveAll().Select(f => f[0])];
        for (int queue = 0; queue < 3; queue++)
            Assert.Equal(Enumerable.Range(0, 10).Select(i => (byte)((3 * i) + queue)), taken.Where(i => i % 3 == queue));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(65, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, LoopbackPortOptions.MaximumCapacity + 1)]
    public void Options_out_of_range_are_refused_by_name(int receive, int transmit, int capacity)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => new LoopbackPortOptions { ReceiveQueues = receive, TransmitQueues = transmit, Capacity = capacity });
        Assert.Contains(error.ParamName!, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_info_shows_the_options()
    {
        using LoopbackPort port = new("wan", new LoopbackPortOptions { ReceiveQueues = 2, TransmitQueues = 3, ProvidesRssHash = false, CanWait = true, MacAddress = new([2, 0, 0, 0, 0, 1]) });
        Assert.Equal(new PortInfo { Name = "wan", ReceiveQueues = 2, TransmitQueues = 3, CanWait = true, NotifiesReceivable = true, MacAddress = new([2, 0, 0, 0, 0, 1]) }, port.Info);
        Assert.Throws<ArgumentException>(() => new LoopbackPort(""));
    }

    [Fact]
    public void Nothing_is_allocated_on_the_platforms_side_nor_in_the_span_forms_of_the_users()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { ReceiveQueues = 2 }), start: false);
        int notified = 0;
        bench.Port.Start(new PortContext(new PortId(0), bench.Pool, receivable: _ => notified++));
        byte[] frame = UdpFrame(1, 1, 2, 2);
        byte[] room = new byte[2_048];
        PacketDescriptor[] burst = new PacketDescriptor[8];
        int moved = 0;

        int sent = 0;
        Allocations.AssertSettleAtNone(() =>
        {
            for (int round = 0; round < 50; round++)
            {
                for (ushort i = 0; i < 8; i++)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), i);
                    sent += bench.Port.Send(frame) ? 1 : 0;
                }

                for (int queue = 0; queue < 2; queue++)
                {
                    int received = bench.Port.Receive(queue, burst, bench.Cache);
                    moved += bench.Port.Transmit(0, burst.AsSpan(0, received), bench.Cache);
                }

                while (bench.Port.TryReceive(room, out _))
                    continue;
            }
        });

        Assert.True(sent >= 3 * 50 * 8);
        Assert.Equal(sent, moved);
        Assert.True(notified >= 3 * 50);
    }

    private static byte[] Frame(byte first)
    {
        byte[] frame = new byte[60];
        frame[0] = first;
        return frame;
    }

    internal static byte[] UdpFrame(byte source, ushort sourcePort, byte destination, ushort destinationPort)
    {
        byte[] frame = new byte[60];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        frame[14] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), 46);
        frame[23] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(26), 0x0A000000u + source);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(30), 0x0A000000u + destination);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(38), 26);
        return frame;
    }
}

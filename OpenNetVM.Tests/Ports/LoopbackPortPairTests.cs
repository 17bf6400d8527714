using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

public class LoopbackPortPairTests
{
    [Fact]
    public void What_one_port_transmits_the_other_receives_from_a_pool_of_its_own()
    {
        (LoopbackPort first, LoopbackPort second) = LoopbackPort.CreatePair("left", "right");
        using LoopbackBench left = new(first, id: 0);
        using LoopbackBench right = new(second, id: 1);
        byte[] frame = LoopbackPortTests.UdpFrame(1, 2, 3, 4);

        Assert.Equal(2, first.Transmit(0, [left.Packet(frame), left.Packet(frame)], left.Cache));

        Assert.Equal(0, left.Pool.InUse);
        Assert.Equal([0], right.Notified);
        PacketDescriptor[] burst = right.Receive();
        Assert.Equal(2, burst.Length);
        Assert.Equal(frame, right.DataOf(burst[1]));
        Assert.Equal(new PortId(1), right.Pool.Open(ref burst[0]).IngressPort);
        Assert.NotEqual(0u, burst[0].RssHash);

        Assert.Equal(2, second.Transmit(0, burst, right.Cache));
        PacketDescriptor[] back = left.Receive();
        Assert.Equal(2, back.Length);
        left.Cache.Free(back);
        Assert.Equal(first.GetStatistics(), second.GetStatistics());
    }

    [Fact]
    public void A_burst_is_spread_over_the_other_ports_queues_and_each_is_told()
    {
        (LoopbackPort first, LoopbackPort second) = LoopbackPort.CreatePair("left", "right", new LoopbackPortOptions { ReceiveQueues = 4 });
        using LoopbackBench left = new(first);
        using LoopbackBench right = new(second);
        PacketDescriptor[] burst = [.. Enumerable.Range(1, 32).Select(i => left.Packet(LoopbackPortTests.UdpFrame(1, (ushort)i, 2, 80)))];

        Assert.Equal(32, first.Transmit(0, burst, left.Cache));

        int total = 0;
        List<int> used = [];
        for (int queue = 0; queue < 4; queue++)
        {
            PacketDescriptor[] received = right.Receive(queue);
            Assert.All(received, d => Assert.Equal(queue, (int)(d.RssHash % 4)));
            total += received.Length;
            if (received.Length > 0)
                used.Add(queue);
            right.Cache.Free(received);
        }

        Assert.Equal(32, total);
        Assert.Equal(used, right.Notified);
        Assert.True(used.Count > 1);
    }

    [Fact]
    public void A_full_wire_leaves_packets_to_the_transmitting_platform()
    {
        (LoopbackPort first, LoopbackPort second) = LoopbackPort.CreatePair("left", "right", new LoopbackPortOptions { Capacity = 2 });
        using LoopbackBench left = new(first);
        using LoopbackBench right = new(second);
        PacketDescriptor[] burst = [.. Enumerable.Range(0, 3).Select(_ => left.Packet(new byte[60]))];

        Assert.Equal(2, first.Transmit(0, burst, left.Cache));
        right.Cache.Free(right.Receive());
        Assert.Equal(1, first.Transmit(0, burst.AsSpan(2), left.Cache));
        right.Cache.Free(right.Receive());
        Assert.Equal(3, second.GetStatistics().ReceivedPackets);
    }

    [Fact]
    public void When_one_port_stops_the_other_ends_after_the_last_frame_and_refuses_to_transmit()
    {
        (LoopbackPort first, LoopbackPort second) = LoopbackPort.CreatePair("left", "right");
        using LoopbackBench left = new(first);
        using LoopbackBench right = new(second);
        first.Transmit(0, [left.Packet(new byte[60])], left.Cache);

        first.Stop();

        Assert.Equal(PortState.Running, second.Status.State);
        right.Cache.Free(right.Receive());
        Assert.Equal(PortState.Ended, second.Status.State);
        PacketDescriptor kept = right.Packet(new byte[60]);
        Assert.Equal(0, second.Transmit(0, [kept], right.Cache));
        right.Cache.Free(kept);
    }

    [Fact]
    public async Task A_port_of_a_pair_has_no_users_end()
    {
        (LoopbackPort first, LoopbackPort second) = LoopbackPort.CreatePair("left", "right");
        using (first)
        using (second)
        {
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => first.Send(new byte[60]));
            Assert.Contains("right", error.Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => second.TryReceive(out _));
            Assert.Throws<InvalidOperationException>(second.Complete);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await second.ReceiveAsync(TestContext.Current.CancellationToken));
        }
    }
}

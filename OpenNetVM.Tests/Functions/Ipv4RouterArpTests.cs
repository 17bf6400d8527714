using OpenNetVM.Core.Headers;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Functions;

/// <summary>How the router makes itself known, and learns who the others are.</summary>
public class Ipv4RouterArpTests
{
    private static PacketBuilder Broadcast(int network, int station = 9) => PacketBuilder.Ethernet(RouterBench.StationMac(network, station), MacAddress.Broadcast);

    private static byte[] Packet(int number, int station = 20) =>
        RouterBench.From(0).Ipv4("10.0.0.9", $"10.0.1.{station}", identification: (ushort)number).Udp(1, 2).Build();

    private static ushort NumberOf(byte[] frame) => (ushort)((frame[18] << 8) | frame[19]);

    private static byte[] RequestFor(int network, int station, MacAddress? to = null) =>
        [.. PacketBuilder.Ethernet(RouterBench.RouterMac(network), to ?? MacAddress.Broadcast).ArpRequest($"10.0.{network}.1", $"10.0.{network}.{station}").Build(), .. new byte[18]];

    [Fact]
    public void A_request_for_the_routers_address_is_answered()
    {
        using RouterBench bench = new();
        bench.Send(1, Broadcast(1).ArpRequest("10.0.1.9", "10.0.1.1").Build());
        FrameAssert.Equal(RouterBench.To(1).ArpReply("10.0.1.1", "10.0.1.9"), bench.TakeOne(1));
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.ArpReplies);
    }

    [Theory]
    [InlineData("10.0.1.9", "10.0.1.2")]
    [InlineData("10.0.1.9", "10.0.0.1")]
    [InlineData("10.0.0.9", "10.0.1.1")]
    [InlineData("10.0.1.1", "10.0.1.1")]
    [InlineData("10.0.1.255", "10.0.1.1")]
    public void A_request_for_another_address_or_from_another_network_is_not_answered(string sender, string target)
    {
        using RouterBench bench = new();
        bench.Send(1, Broadcast(1).ArpRequest(sender, target).Build());
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.ArpRead);
    }

    [Fact]
    public void A_probe_is_answered_and_teaches_nothing()
    {
        // RFC 5227.
        using RouterBench bench = new();
        bench.Send(1, Broadcast(1).ArpRequest("0.0.0.0", "10.0.1.1").Build());
        FrameAssert.Equal(RouterBench.To(1).ArpReply("10.0.1.1", "0.0.0.0"), bench.TakeOne(1));
    }

    [Fact]
    public void Packets_wait_while_a_neighbour_is_asked_for_and_leave_in_order_when_it_answers()
    {
        using RouterBench bench = new();
        bench.Send(0, Packet(1), Packet(2), Packet(3));
        FrameAssert.Equal(RequestFor(1, 20), bench.TakeOne(1));
        Assert.Equal(3, bench.Bench.Platform.Statistics.Held);

        bench.AnswerArp(1, 20);
        Assert.Equal([1, 2, 3], bench.Take(1).Select(NumberOf));
        Assert.Equal(0, bench.Bench.Platform.Statistics.Held);
        bench.Send(0, Packet(4));
        Assert.Equal(4, NumberOf(bench.TakeOne(1)));
        Assert.Equal((4L, 1L), (bench.Statistics.Forwarded, bench.Statistics.ArpRequests));
    }

    [Fact]
    public void The_latest_packets_wait_where_there_is_no_room_for_all()
    {
        using RouterBench bench = new(options => options with { HeldPacketsPerNeighbour = 4 });
        bench.Send(0, [.. Enumerable.Range(1, 10).Select(number => Packet(number))]);
        bench.AnswerArp(1, 20);
        Assert.Equal([7, 8, 9, 10], bench.Take(1).Skip(1).Select(NumberOf));
        Assert.Equal(6, bench.Statistics.NotHeld);
    }

    [Fact]
    public void A_neighbour_that_does_not_answer_is_asked_three_times_and_then_reported_unreachable()
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        bench.Send(0, Packet(1), Packet(2));
        int requests = 0;
        for (int second = 0; second < 3; second++)
        {
            Assert.Empty(bench.Take(0));
            requests += bench.Take(1).Count;
            bench.Bench.Pass(1);
        }

        Assert.Equal(3, requests);
        IReadOnlyList<byte[]> errors = bench.Take(0);
        Assert.Equal(2, errors.Count);
        Assert.All(errors, error => Assert.Equal((IcmpHeader.DestinationUnreachable, 1), (error[34], error[35])));
        Assert.Equal((2L, 0L), (bench.Statistics.IcmpErrors, bench.Bench.Platform.Statistics.Held));

        // The next packet starts anew.
        bench.Send(0, Packet(3));
        FrameAssert.Equal(RequestFor(1, 20), bench.TakeOne(1));
    }

    [Fact]
    public void An_answer_that_nobody_asked_for_teaches_nothing()
    {
        using RouterBench bench = new();
        bench.AnswerArp(1, 20);
        bench.Send(0, Packet(1));
        FrameAssert.Equal(RequestFor(1, 20), bench.TakeOne(1));
    }

    [Theory]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    public void A_group_is_nobodys_address(string mac)
    {
        using RouterBench bench = new();
        bench.Send(0, Packet(1));
        bench.Take(1);
        byte[] reply = RouterBench.From(1, 20).ArpReply("10.0.1.20", "10.0.1.1").Build();
        Assert.True(MacAddress.Parse(mac, null).TryWriteBytes(reply.AsSpan(22)));
        bench.Send(1, reply);
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.Malformed);
    }

    [Fact]
    public void A_known_neighbour_that_announces_another_address_is_sent_to_there()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Send(1, Broadcast(1, 99).ArpRequest("10.0.1.20", "10.0.1.20").Build());
        bench.Send(0, Packet(1));
        Assert.Equal(RouterBench.StationMac(1, 99), new MacAddress(bench.TakeOne(1).AsSpan(0, 6)));
    }

    [Fact]
    public void A_neighbour_in_use_is_asked_again_at_its_own_address_and_one_that_is_not_is_forgotten()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Introduce(1, 21);
        bench.Send(0, Packet(1, 20));
        bench.Take(1);
        bench.Bench.Pass(60);
        FrameAssert.Equal(RequestFor(1, 20, RouterBench.StationMac(1, 20)), bench.TakeOne(1));

        // It is still sent to meanwhile; the other is asked for by broadcast.
        bench.Send(0, Packet(2, 20), Packet(3, 21));
        IReadOnlyList<byte[]> left = bench.Take(1);
        Assert.Equal(2, left.Count);
        FrameAssert.Equal(RequestFor(1, 21), left[0]);
        Assert.Equal((RouterBench.StationMac(1, 20), (ushort)2), (new MacAddress(left[1].AsSpan(0, 6)), NumberOf(left[1])));
    }

    [Fact]
    public void A_neighbour_in_use_that_falls_silent_is_forgotten()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Send(0, Packet(1));
        bench.Take(1);
        bench.Bench.Pass(60);
        for (int second = 0; second < 4; second++)
            bench.Bench.Pass(1);
        Assert.Equal(3, bench.Take(1).Count);
        bench.Send(0, Packet(2));
        FrameAssert.Equal(RequestFor(1, 20), bench.TakeOne(1));
    }

    [Fact]
    public void A_sender_that_scans_a_network_neither_fills_the_table_nor_keeps_buffers()
    {
        using RouterBench bench = new(options => options with { NeighbourCapacity = 40, HeldPackets = 30 });
        bench.Introduce(1, 200);
        for (int round = 0; round < 3; round++)
        {
            bench.Send(0, [.. Enumerable.Range(2, 190).Select(station => Packet(station, station))]);
            Assert.InRange(bench.Bench.Platform.Statistics.Held, 1, 30);
            Assert.InRange(bench.Take(1).Count, 0, 20);
            bench.Send(0, Packet(1, 200));
            Assert.Equal(1, NumberOf(bench.TakeOne(1)));
            bench.Bench.Pass(0.9);
        }

        for (int second = 0; second < 10; second++)
            bench.Bench.Pass(1);
        Assert.Equal(0, bench.Bench.Platform.Statistics.Held);
    }

    [Fact]
    public void Stations_that_introduce_themselves_and_are_not_used_make_room_for_others()
    {
        using RouterBench bench = new(options => options with { NeighbourCapacity = 8 });
        for (int station = 30; station < 90; station++)
            bench.Introduce(1, station);
        bench.Send(0, Packet(1, 20));
        bench.Take(1);
        bench.AnswerArp(1, 20);
        Assert.Equal(1, NumberOf(bench.TakeOne(1)));
    }

    [Fact]
    public void Packets_that_wait_when_the_router_stops_are_accounted_for()
    {
        using RouterBench bench = new();
        bench.Send(0, Packet(1), Packet(2, 30));
        Assert.Equal(2, bench.Bench.Platform.Statistics.Held);
    }
}

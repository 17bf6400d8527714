using OpenNetVM.Core.Headers;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Functions;

/// <summary>What the router says itself.</summary>
public class Ipv4RouterIcmpTests
{
    // Asserts that a frame is an ICMP error from the router to station 9 of network 0 about a packet, and returns what it repeats of that.
    private static byte[] AssertError(byte[] frame, byte type, byte code, byte[] about, ushort mtu = 0, int changed = 0)
    {
        Assert.True(EthernetHeader.TryParse(frame, out EthernetHeader ethernet));
        Assert.Equal((RouterBench.RouterMac(0), RouterBench.StationMac(0, 9), EtherTypes.Ipv4), (ethernet.Source, ethernet.Destination, ethernet.EtherType));
        Assert.True(Ipv4Header.TryParse(ethernet.Payload, out Ipv4Header ip));
        Assert.True(ip.IsChecksumValid);
        Assert.Equal((0x0A00_0001u, 0x0A00_0009u, IpProtocols.Icmp, (byte)0xC0, (byte)64), (ip.Source, ip.Destination, ip.Protocol, ip.TypeOfService, ip.TimeToLive));
        Assert.Equal(frame.Length - 14, ip.TotalLength);
        Assert.InRange(ip.TotalLength, 36, 576);
        Assert.True(IcmpHeader.TryParse(ip.Payload, out IcmpHeader icmp));
        Assert.True(icmp.IsChecksumValid);
        Assert.Equal((type, code, (ushort)0, mtu), (icmp.Type, icmp.Code, icmp.Identifier, icmp.SequenceNumber));
        Assert.Equal(Math.Min(about.Length - 14, 548), icmp.Payload.Length);
        FrameAssert.Equal(about.AsSpan(14 + changed, icmp.Payload.Length - changed), icmp.Payload[changed..]);
        return icmp.Payload.ToArray();
    }

    [Theory]
    [InlineData("10.0.0.1", 0)]
    [InlineData("10.0.1.1", 1)]
    [InlineData("10.0.2.1", 1_000)]
    [InlineData("10.0.2.1", 1_001)]
    public void An_echo_request_for_any_of_the_routers_addresses_is_answered_from_that_address(string address, int size)
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        bench.Send(0, RouterBench.From(0).Ipv4("10.0.0.9", address, ttl: 1, identification: 5).IcmpEcho(7, 8).PayloadOfSize(size).Build());
        FrameAssert.Equal(RouterBench.To(0).Ipv4(address, "10.0.0.9", ttl: 64, identification: 5).IcmpEcho(7, 8, reply: true).PayloadOfSize(size), bench.TakeOne(0));
        Assert.Equal(1, bench.Statistics.EchoReplies);
    }

    [Fact]
    public void An_echo_request_from_a_station_that_is_not_known_is_answered_once_it_is()
    {
        using RouterBench bench = new();
        bench.Send(0, RouterBench.From(0).Ipv4("10.0.0.9", "10.0.0.1").IcmpEcho().Build());
        bench.TakeOne(0);
        bench.AnswerArp(0, 9);
        FrameAssert.Equal(RouterBench.To(0).Ipv4("10.0.0.1", "10.0.0.9").IcmpEcho(reply: true), bench.TakeOne(0));
    }

    [Fact]
    public void An_echo_request_with_a_wrong_checksum_is_not_answered()
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        byte[] frame = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.0.1").IcmpEcho().Build();
        frame[36] ^= 1;
        bench.Send(0, frame);
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.Malformed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_packet_at_the_end_of_its_time_to_live_is_reported(byte ttl)
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        byte[] frame = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", ttl).Udp(33_434, 33_435).Payload("traceroute").Build();
        bench.Send(0, frame);
        AssertError(bench.TakeOne(0), IcmpHeader.TimeExceeded, 0, frame);
        bench.AssertSilent();
    }

    [Fact]
    public void A_long_packet_is_repeated_up_to_576_bytes_of_error()
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        byte[] frame = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", 1).Udp(1, 2).PayloadOfSize(1_400).Build();
        bench.Send(0, frame);
        Assert.Equal(548, AssertError(bench.TakeOne(0), IcmpHeader.TimeExceeded, 0, frame).Length);
    }

    [Fact]
    public void A_destination_without_a_route_is_reported_as_an_unreachable_network()
    {
        using RouterBench bench = new(options => options with { Routes = [] });
        bench.Introduce(0);
        byte[] frame = RouterBench.From(0).Ipv4("10.0.0.9", "192.0.2.1").Tcp(1, 2).Build();
        bench.Send(0, frame);
        AssertError(bench.TakeOne(0), IcmpHeader.DestinationUnreachable, 0, frame);
    }

    [Fact]
    public void The_router_has_no_ports_and_no_protocols_of_its_own()
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        byte[] udp = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.1").Udp(1, 2).Build();
        byte[] tcp = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.1").Tcp(1, 2).Build();
        bench.Send(0, udp, tcp);
        IReadOnlyList<byte[]> errors = bench.Take(0);
        AssertError(errors[0], IcmpHeader.DestinationUnreachable, 3, udp);
        AssertError(errors[1], IcmpHeader.DestinationUnreachable, 2, tcp);
    }

    [Fact]
    public void A_packet_too_long_for_the_next_network_is_reported_with_the_MTU_if_it_may_not_be_fragmented()
    {
        using RouterBench bench = new(mtu: 1_280);
        bench.Introduce(0);
        bench.Introduce(1, 20);
        byte[] Sized(int length, bool dontFragment) => RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", dontFragment: dontFragment).Udp(1, 2).PayloadOfSize(length - 28).Build();
        bench.Send(0, Sized(1_281, true));
        AssertError(bench.TakeOne(0), IcmpHeader.DestinationUnreachable, 4, Sized(1_281, true), mtu: 1_280);
        bench.Send(0, Sized(1_281, false));
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.TooLong);
        bench.Send(0, Sized(1_280, true));
        Assert.Single(bench.Take(1));
    }

    [Fact]
    public void An_error_goes_to_where_the_packet_came_from_by_the_routing_table()
    {
        using RouterBench bench = new();
        bench.Introduce(2, 254);
        bench.Send(0, RouterBench.From(0).Ipv4("198.51.100.7", "10.0.1.20", 1).Udp(1, 2).Build());
        byte[] error = bench.TakeOne(2);
        Assert.Equal([10, 0, 2, 1, 198, 51, 100, 7], error[26..34]);
    }

    [Fact]
    public void There_is_no_error_about_an_error_a_later_fragment_or_a_packet_from_nowhere()
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        byte[] error = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", 1).IcmpEcho().Build();
        error[34] = IcmpHeader.TimeExceeded;
        byte[] fragment = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", 1).Fragment(8, more: true).PayloadOfSize(64).Build();
        byte[] spoofed = RouterBench.From(0).Ipv4("10.0.0.1", "10.0.1.20", 1).Udp(1, 2).Build();
        byte[] broadcast = RouterBench.From(0).Ipv4("10.0.0.255", "10.0.1.20", 1).Udp(1, 2).Build();
        byte[] cut = RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", 1).Protocol(IpProtocols.Icmp).PayloadOfSize(3).Build();
        bench.Send(0, error, fragment, spoofed, broadcast, cut);
        bench.AssertSilent();
        Assert.Equal(5, bench.Statistics.NotReported);
    }

    [Fact]
    public void Errors_are_limited_in_number()
    {
        using RouterBench bench = new(options => options with { IcmpErrorsPerInterval = 5 });
        bench.Introduce(0);
        byte[][] frames = [.. Enumerable.Range(0, 20).Select(i => RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20", 1).Udp(1, (ushort)i).Build())];
        bench.Send(0, frames);
        Assert.Equal(5, bench.Take(0).Count);
        bench.Bench.Pass(1);
        bench.Send(0, frames);
        Assert.Equal(5, bench.Take(0).Count);
        Assert.Equal((10L, 30L), (bench.Statistics.IcmpErrors, bench.Statistics.NotReported));
    }

    [Fact]
    public void Fragments_and_answers_for_the_router_itself_are_dropped()
    {
        using RouterBench bench = new();
        bench.Introduce(0);
        bench.Send(0,
            RouterBench.From(0).Ipv4("10.0.0.9", "10.0.0.1").Fragment(0, more: true).IcmpEcho().PayloadOfSize(64).Build(),
            RouterBench.From(0).Ipv4("10.0.0.9", "10.0.0.1").IcmpEcho(reply: true).Build());
        bench.AssertSilent();
        Assert.Equal(2, bench.Statistics.NotAnswered);
    }
}

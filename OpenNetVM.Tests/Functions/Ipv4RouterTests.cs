using System.Net;
using FsCheck.Xunit;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Ports;
using OpenNetVM.Functions;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Functions;

/// <summary>What the router forwards and where to.</summary>
public class Ipv4RouterTests
{
    private static PacketBuilder Udp(PacketBuilder ethernet, string source, string destination, byte ttl = 64) =>
        ethernet.Ipv4(source, destination, ttl).Udp(4242, 53).Payload("over the router");

    [Fact]
    public void A_packet_goes_to_its_destinations_network_with_new_Ethernet_addresses_and_one_hop_less()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Send(0, Udp(RouterBench.From(0), "10.0.0.9", "10.0.1.20").Build());
        FrameAssert.Equal(Udp(RouterBench.To(1, 20), "10.0.0.9", "10.0.1.20", ttl: 63), bench.TakeOne(1));
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.Forwarded);
    }

    [Theory]
    [InlineData("192.0.2.1", 2, 254)]
    [InlineData("172.16.0.1", 1, 254)]
    [InlineData("172.31.255.255", 1, 254)]
    [InlineData("172.32.0.0", 2, 254)]
    [InlineData("10.0.3.1", 2, 254)]
    [InlineData("10.0.1.77", 1, 77)]
    public void A_packet_goes_to_the_next_hop_of_the_longest_prefix(string destination, int network, int station)
    {
        using RouterBench bench = new();
        bench.Introduce(network, station);
        bench.Send(0, Udp(RouterBench.From(0), "10.0.0.9", destination).Build());
        FrameAssert.Equal(Udp(RouterBench.To(network, station), "10.0.0.9", destination, ttl: 63), bench.TakeOne(network));
    }

    [Property(MaxTest = 100)]
    public void The_header_of_a_forwarded_packet_is_the_one_computed_anew(byte typeOfService, ushort identification, byte ttl, bool dontFragment, byte lastByte)
    {
        using RouterBench bench = new();
        bench.Introduce(2, 254);
        PacketBuilder Packet(PacketBuilder ethernet, byte hops) =>
            ethernet.Ipv4("10.0.0.9", $"198.51.100.{lastByte}", hops, typeOfService, identification, dontFragment).Udp(1, 2);
        byte hops = Math.Max((byte)2, ttl);
        bench.Send(0, Packet(RouterBench.From(0), hops).Build());
        FrameAssert.Equal(Packet(RouterBench.To(2, 254), (byte)(hops - 1)), bench.TakeOne(2));
    }

    [Fact]
    public void Padding_behind_a_packet_is_not_passed_on()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        byte[] frame = Udp(RouterBench.From(0), "10.0.0.9", "10.0.1.20").Build();
        bench.Send(0, [.. frame, .. "somebody's memory"u8]);
        Assert.Equal(frame.Length, bench.TakeOne(1).Length);
    }

    [Fact]
    public void A_packet_may_leave_through_the_network_that_it_came_from()
    {
        using RouterBench bench = new();
        bench.Introduce(2, 254);
        bench.Send(2, Udp(RouterBench.From(2), "10.0.2.9", "192.0.2.1").Build());
        FrameAssert.Equal(Udp(RouterBench.To(2, 254), "10.0.2.9", "192.0.2.1", ttl: 63), bench.TakeOne(2));
    }

    [Fact]
    public void Fragments_are_forwarded_as_they_are()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        PacketBuilder Fragment(PacketBuilder ethernet, byte ttl) => ethernet.Ipv4("10.0.0.9", "10.0.1.20", ttl).Fragment(1480, more: true).PayloadOfSize(100);
        bench.Send(0, Fragment(RouterBench.From(0), 64).Build());
        FrameAssert.Equal(Fragment(RouterBench.To(1, 20), 63), bench.TakeOne(1));
    }

    [Fact]
    public void An_option_that_is_not_a_source_route_is_passed_on()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        PacketBuilder Alert(PacketBuilder ethernet, byte ttl) => ethernet.Ipv4("10.0.0.9", "10.0.1.20", ttl).Ipv4Options([148, 4, 0, 0]).Udp(1, 2);
        bench.Send(0, Alert(RouterBench.From(0), 64).Build());
        FrameAssert.Equal(Alert(RouterBench.To(1, 20), 63), bench.TakeOne(1));
    }

    [Theory]
    [InlineData("127.0.0.1", "10.0.1.20")]
    [InlineData("0.0.0.0", "10.0.1.20")]
    [InlineData("224.0.0.1", "10.0.1.20")]
    [InlineData("255.255.255.255", "10.0.1.20")]
    [InlineData("10.0.0.9", "127.0.0.1")]
    [InlineData("10.0.0.9", "0.0.0.0")]
    [InlineData("10.0.0.9", "224.0.0.5")]
    [InlineData("10.0.0.9", "240.0.0.1")]
    [InlineData("10.0.0.9", "255.255.255.255")]
    [InlineData("10.0.0.9", "10.0.1.255")]
    [InlineData("10.0.0.9", "10.0.1.0")]
    public void What_is_not_to_be_routed_is_dropped_in_silence(string source, string destination)
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Send(0, Udp(RouterBench.From(0), source, destination).Build());
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.NotRoutable);
    }

    [Theory]
    [InlineData(Ipv4OptionKinds.LooseSourceRoute)]
    [InlineData(Ipv4OptionKinds.StrictSourceRoute)]
    public void Source_routes_are_refused(byte kind)
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Send(0, RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20").Ipv4Options([1, kind, 7, 4, 10, 0, 1, 1]).Udp(1, 2).Build());
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.NotRoutable);
    }

    [Fact]
    public void A_packet_that_came_as_a_link_layer_broadcast_is_not_forwarded()
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        bench.Send(0, Udp(PacketBuilder.Ethernet(RouterBench.StationMac(0, 9), MacAddress.Broadcast), "10.0.0.9", "10.0.1.20").Build());
        bench.AssertSilent();
        Assert.Equal(1, bench.Statistics.NotRoutable);
    }

    [Fact]
    public void What_is_for_another_Ethernet_address_or_protocol_or_from_another_port_is_left_alone()
    {
        using RouterBench bench = new();
        bench.Send(0, Udp(PacketBuilder.Ethernet(), "10.0.0.9", "10.0.1.20").Build());
        bench.Send(0, RouterBench.From(0).Ipv6("2001:db8::1", "2001:db8::2").Udp(1, 2).Build());
        bench.Send(0, RouterBench.From(0).Vlan(5).Ipv4("10.0.0.9", "10.0.1.20").Udp(1, 2).Build());
        bench.Send(3, Udp(RouterBench.From(0), "10.0.0.9", "10.0.1.20").Build());
        bench.AssertSilent();
        Assert.Equal(4, bench.Statistics.NotForRouter);
    }

    [Theory]
    [InlineData(14, 0x65)]
    [InlineData(14, 0x44)]
    [InlineData(14, 0x4F)]
    [InlineData(16, 0xFF)]
    [InlineData(17, 19)]
    [InlineData(24, 0)]
    public void A_header_that_cannot_be_is_counted_and_dropped(int place, byte value)
    {
        using RouterBench bench = new();
        bench.Introduce(1, 20);
        byte[] frame = Udp(RouterBench.From(0), "10.0.0.9", "10.0.1.20").Build();
        Assert.NotEqual(frame[place], value);
        frame[place] = value;
        bench.Send(0, frame, frame[..20], frame[..13], Udp(PacketBuilder.Ethernet(MacAddress.Broadcast, RouterBench.RouterMac(0)), "10.0.0.9", "10.0.1.20").Build());
        bench.AssertSilent();
        Assert.Equal(4, bench.Statistics.Malformed);
    }

    private static Ipv4Interface Interface(ushort port, string address, int length) => new(new PortId(port), RouterBench.RouterMac(port), IPAddress.Parse(address), length);

    private static Ipv4RouterOptions Options(params Ipv4Interface[] interfaces) => new() { Interfaces = interfaces };

    private static Ipv4RouterOptions WithRoute(string network, string gateway) =>
        Options(Interface(0, "10.0.0.1", 24), Interface(1, "10.0.1.1", 24)) with { Routes = [new Ipv4Route(IPNetwork.Parse(network), IPAddress.Parse(gateway))] };

    public static TheoryData<Ipv4RouterOptions, string> Refused => new()
    {
        { Options(), "empty" },
        { Options(Interface(0, "10.0.0.1", 0)), "prefix length of 0" },
        { Options(Interface(0, "10.0.0.0", 24)), "address of a station" },
        { Options(Interface(0, "10.0.0.255", 24)), "address of a station" },
        { Options(Interface(0, "127.0.0.1", 8)), "address of a station" },
        { Options(Interface(0, "224.0.0.1", 8)), "address of a station" },
        { Options(Interface(0, "::1", 32)), "not an IPv4 address" },
        { Options(Interface(0, "10.0.0.1", 24) with { Mac = MacAddress.Broadcast }), "Ethernet address" },
        { Options(Interface(0, "10.0.0.1", 24) with { Mtu = 67 }), "MTU of 67" },
        { Options(Interface(0, "10.0.0.1", 24) with { Port = PortId.None }), "no port" },
        { Options(Interface(0, "10.0.0.1", 24), Interface(0, "10.0.1.1", 24)), "share a port" },
        { Options(Interface(0, "10.0.0.1", 24), Interface(1, "10.0.5.1", 16)), "overlap" },
        { WithRoute("192.0.2.0/24", "10.0.2.254"), "gateway" },
        { WithRoute("192.0.2.0/24", "10.0.0.255"), "gateway" },
        { WithRoute("192.0.2.0/24", "10.0.0.1"), "router itself" },
        { WithRoute("192.0.2.0/24", "::1"), "not an IPv4 route" },
        { WithRoute("10.0.1.0/24", "10.0.0.254"), "already" },
        { WithRoute("224.0.0.0/4", "10.0.0.254"), "never routed" },
        { WithRoute("127.1.0.0/16", "10.0.0.254"), "never routed" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { NeighbourCapacity = 1 }, "NeighbourCapacity is 1" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { HeldPackets = 0 }, "HeldPackets is 0" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { HeldPackets = 4, HeldPacketsPerNeighbour = 5 }, "HeldPacketsPerNeighbour is 5" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { ArpInterval = TimeSpan.FromMilliseconds(500) }, "ArpInterval" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { ArpAttempts = 0 }, "ArpAttempts is 0" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { NeighbourLifetime = TimeSpan.Zero }, "NeighbourLifetime" },
        { WithRoute("192.0.2.0/24", "10.0.0.2") with { IcmpErrorsPerInterval = -1 }, "IcmpErrorsPerInterval is -1" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Options_that_do_not_fit_are_refused_by_name(Ipv4RouterOptions options, string part) =>
        Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => new Ipv4Router(options)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_network_of_two_addresses_has_no_broadcast_address()
    {
        // RFC 3021.
        Ipv4RouterOptions Narrow(Ipv4RouterOptions options) => options with { Interfaces = [options.Interfaces[0], Interface(1, "10.0.1.0", 31), options.Interfaces[2]], Routes = [] };
        using RouterBench bench = new(Narrow);
        bench.Send(1, PacketBuilder.Ethernet(RouterBench.StationMac(1, 1), MacAddress.Broadcast).ArpRequest("10.0.1.1", "10.0.1.0").Build());
        Assert.Single(bench.Take(1));
        bench.Send(0, Udp(RouterBench.From(0), "10.0.0.9", "10.0.1.1").Build());
        FrameAssert.Equal(Udp(RouterBench.To(1, 1), "10.0.0.9", "10.0.1.1", ttl: 63), bench.TakeOne(1));
    }
}

using System.Security.Cryptography;
using OpenNetVM.Core.Ports;
using OpenNetVM.Functions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>
/// What real programs see of a platform between their namespaces: a bridge, and a router. A kind of port is proved by a class that derives from this
/// and makes such a port.
/// </summary>
[Collection(SoakCollection.Name)]
public abstract class RealTrafficContract
{
    private const string Left = "10.0.1.2";
    private const string Right = "10.0.2.2";
    private static readonly string[] RouterAddresses = ["10.0.1.1/24", "10.0.2.1/24"];

    /// <summary>Skips the calling test if such a port cannot be made here; namespaces can.</summary>
    private protected virtual void RequirePort()
    {
    }

    /// <inheritdoc cref="PortFactory"/>
    private protected abstract IPort CreatePort(NetworkNamespace platform, NetworkNamespace station, int number);

    private TrafficNetwork Network(params ReadOnlySpan<string> programs)
    {
        NetworkNamespace.Require(programs);
        RequirePort();
        return new TrafficNetwork(CreatePort);
    }

    private static (NetworkNamespace First, NetworkNamespace Second) OneNetwork(TrafficNetwork network) =>
        (network.AddStation("10.0.0.1/24"), network.AddStation("10.0.0.2/24"));

    private static (NetworkNamespace Left, NetworkNamespace Right) TwoNetworks(TrafficNetwork network) =>
        (network.AddStation(Left + "/24", "10.0.1.1"), network.AddStation(Right + "/24", "10.0.2.1"));

    [Fact]
    public void Two_stations_ping_each_other_over_the_bridge()
    {
        using TrafficNetwork network = Network("ping");
        (NetworkNamespace first, NetworkNamespace second) = OneNetwork(network);
        LearningBridge bridge = network.Bridge();
        Ping.Run(first, "10.0.0.2", count: 50).ShouldBeAnswered();
        Ping.Run(second, "10.0.0.1", size: 1_472).ShouldBeAnswered();
        Assert.InRange(bridge.Statistics.Forwarded, 119, long.MaxValue);
        Assert.Equal((2, 0L), (bridge.Stations, bridge.Statistics.Moved));
    }

    [Fact]
    public void What_two_stations_say_to_each_other_over_the_bridge_does_not_reach_the_third()
    {
        using TrafficNetwork network = Network("ping");
        (NetworkNamespace first, NetworkNamespace second) = OneNetwork(network);
        NetworkNamespace third = network.AddStation("10.0.0.3/24");
        LearningBridge bridge = network.Bridge();
        Ping.Run(first, "10.0.0.2", count: 50).ShouldBeAnswered();

        // It hears the broadcasts and no more.
        Assert.InRange(third.Counter(TrafficNetwork.Interface, "rx_packets"), 1, 10);
        Ping.Run(second, "10.0.0.3").ShouldBeAnswered();
        Ping.Run(third, "10.0.0.1").ShouldBeAnswered();
        Assert.Equal(3, bridge.Stations);
    }

    [Fact]
    public void A_station_gets_a_page_of_nginx_over_the_bridge()
    {
        using TrafficNetwork network = Network("nginx", "curl");
        (NetworkNamespace first, NetworkNamespace second) = OneNetwork(network);
        network.Bridge();
        GetPage(first, second, "10.0.0.2");
    }

    [Fact]
    public void A_station_gets_a_page_of_nginx_through_a_chain_of_two_functions_that_sees_every_segment_whole()
    {
        using TrafficNetwork network = Network("nginx", "curl");
        (NetworkNamespace left, NetworkNamespace right) = TwoNetworks(network);
        ChecksumInspector inspector = new();
        Ipv4Router router = network.Route(RouterAddresses, before: () => inspector);
        GetPage(left, right, Right);
        Assert.Equal(0, inspector.Broken);

        // 1,460 bytes of the page are in a segment at most.
        Assert.InRange(inspector.Whole, 1_000_000 / 1_460, long.MaxValue);
        Assert.InRange(router.Statistics.Forwarded, inspector.Whole, long.MaxValue);
    }

    [Fact]
    public void Two_stations_ping_each_other_over_the_router_and_the_router_itself()
    {
        using TrafficNetwork network = Network("ping");
        (NetworkNamespace left, NetworkNamespace right) = TwoNetworks(network);
        Ipv4Router router = network.Route(RouterAddresses);
        Assert.Contains("ttl=63 ", Ping.Run(left, Right, count: 50).ShouldBeAnswered().Output, StringComparison.Ordinal);
        Ping.Run(right, Left, size: 1_472).ShouldBeAnswered();
        Ping.Run(left, "10.0.1.1").ShouldBeAnswered();
        Ping.Run(left, "10.0.2.1", size: 1_001).ShouldBeAnswered();
        Assert.Equal((120L, 20L), (router.Statistics.Forwarded, router.Statistics.EchoReplies));
        Assert.Equal((0L, 0L), (router.Statistics.Malformed, router.Statistics.NotHeld));
    }

    [Fact]
    public void Programs_understand_what_the_router_reports()
    {
        using TrafficNetwork network = Network("ping");
        (NetworkNamespace left, _) = TwoNetworks(network);
        Ipv4Router router = network.Route(RouterAddresses);
        Assert.Contains("From 10.0.1.1 icmp_seq=1 Time to live exceeded", Ping.Run(left, Right, count: 1, ttl: 1).Output, StringComparison.Ordinal);
        Assert.Contains("From 10.0.1.1 icmp_seq=1 Destination Net Unreachable", Ping.Run(left, "192.0.2.1", count: 1).Output, StringComparison.Ordinal);
        Assert.Contains("From 10.0.1.1 icmp_seq=1 Destination Host Unreachable", Ping.Run(left, "10.0.2.77", count: 1).Output, StringComparison.Ordinal);
        Assert.Equal(3, router.Statistics.IcmpErrors);
    }

    [Fact]
    public void Iperf3_sends_over_the_bridge()
    {
        using TrafficNetwork network = Network("iperf3");
        (NetworkNamespace first, NetworkNamespace second) = OneNetwork(network);
        network.Bridge();
        Measure(first, second, "10.0.0.2");
    }

    [Fact]
    public void Iperf3_sends_over_the_router()
    {
        using TrafficNetwork network = Network("iperf3");
        (NetworkNamespace left, NetworkNamespace right) = TwoNetworks(network);
        network.Route(RouterAddresses);
        Measure(left, right, Right);
        Measure(right, left, Left);
    }

    private static void GetPage(NetworkNamespace client, NetworkNamespace server, string address)
    {
        using NginxServer nginx = new(server, address);
        byte[] page = RandomNumberGenerator.GetBytes(1_000_000);
        File.WriteAllBytes(Path.Combine(nginx.Content, "page"), page);
        for (int i = 0; i < 3; i++)
            Assert.True(page.AsSpan().SequenceEqual(Curl.Get(client, $"http://{address}/page")), "the page came changed");
    }

    // What is still in buffers when the sender is done is not counted as received, and of UDP something may be lost where a machine is busy.
    private static void Measure(NetworkNamespace from, NetworkNamespace to, string address)
    {
        Iperf3 tcp = Iperf3.Tcp(from, to, address, bytes: 30_000_000);
        Assert.InRange(tcp.Received, 15_000_000, tcp.Sent);
        Iperf3 udp = Iperf3.Udp(from, to, address, bytes: 500_000, bitsPerSecond: 20_000_000);
        Assert.InRange(udp.Received, 1, udp.Sent);
        TestContext.Current.TestOutputHelper?.WriteLine($"TCP {tcp.BitsPerSecond / 1e6:F0} Mb/s, {tcp.Retransmissions} retransmissions; UDP {udp.Received} of {udp.Sent} bytes");
    }
}

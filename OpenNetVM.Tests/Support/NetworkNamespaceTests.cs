using System.Security.Cryptography;

namespace OpenNetVM.Tests.Support;

/// <summary>The kernel's own bridge and router between namespaces: if these fail, no port is to blame.</summary>
[Collection(SoakCollection.Name)]
public class NetworkNamespaceTests
{
    [Fact]
    public void Two_namespaces_with_a_cable_between_them_reach_each_other()
    {
        NetworkNamespace.Require("ping");
        using NetworkNamespace first = NetworkNamespace.Create();
        using NetworkNamespace second = NetworkNamespace.Create();
        NetworkNamespace.Connect(first, "eth0", second, "eth0");
        first.AddAddress("eth0", "10.0.0.1/24");
        second.AddAddress("eth0", "10.0.0.2/24");
        Ping.Run(first, "10.0.0.2").ShouldBeAnswered();
        Ping.Run(second, "10.0.0.1", count: 3, size: 1_472).ShouldBeAnswered();
    }

    [Fact]
    public void Ping_sees_what_is_not_answered()
    {
        NetworkNamespace.Require("ping");
        using NetworkNamespace alone = NetworkNamespace.Create();
        Ping answered = Ping.Run(alone, "127.0.0.1", count: 2).ShouldBeAnswered();
        Assert.Equal((2, 2), (answered.Sent, answered.Received));
        alone.Write("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1");
        Ping unanswered = Ping.Run(alone, "127.0.0.1", count: 2, wait: 1);
        Assert.Equal((2, 0), (unanswered.Sent, unanswered.Received));
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(unanswered.ShouldBeAnswered);
    }

    [Fact]
    public void A_page_of_nginx_comes_through_a_bridge_of_the_kernel_whole()
    {
        NetworkNamespace.Require("nginx", "curl");
        using NetworkNamespace client = NetworkNamespace.Create();
        using NetworkNamespace middle = NetworkNamespace.Create();
        using NetworkNamespace server = NetworkNamespace.Create();
        NetworkNamespace.Connect(client, "eth0", middle, "left");
        NetworkNamespace.Connect(server, "eth0", middle, "right");
        middle.AddBridge("bridge", "left", "right");
        client.AddAddress("eth0", "10.0.0.1/24");
        server.AddAddress("eth0", "10.0.0.2/24");

        using NginxServer nginx = new(server, "10.0.0.2");
        byte[] page = RandomNumberGenerator.GetBytes(1_000_000);
        File.WriteAllBytes(Path.Combine(nginx.Content, "page"), page);
        Assert.True(page.AsSpan().SequenceEqual(Curl.Get(client, "http://10.0.0.2/page")));
        Assert.Contains("404", Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Curl.Get(client, "http://10.0.0.2/nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Iperf3_measures_through_a_router_of_the_kernel()
    {
        NetworkNamespace.Require("iperf3");
        using NetworkNamespace client = NetworkNamespace.Create();
        using NetworkNamespace router = NetworkNamespace.Create();
        using NetworkNamespace server = NetworkNamespace.Create();
        NetworkNamespace.Connect(client, "eth0", router, "left");
        NetworkNamespace.Connect(server, "eth0", router, "right");
        router.AddAddress("left", "10.0.1.1/24");
        router.AddAddress("right", "10.0.2.1/24");
        router.Write("/proc/sys/net/ipv4/ip_forward", "1");
        client.AddAddress("eth0", "10.0.1.2/24");
        client.AddRoute("default", "10.0.1.1");
        server.AddAddress("eth0", "10.0.2.2/24");
        server.AddRoute("default", "10.0.2.1");
        Iperf3 tcp = Iperf3.Tcp(client, server, "10.0.2.2", bytes: 30_000_000);

        // What is still in buffers when the sender is done is not counted as received.
        Assert.InRange(tcp.Received, 15_000_000, tcp.Sent);
        Iperf3 udp = Iperf3.Udp(client, server, "10.0.2.2", bytes: 500_000, bitsPerSecond: 50_000_000);
        Assert.InRange(udp.Received, 1, udp.Sent);
    }

    [Fact]
    public void A_namespace_has_nothing_but_its_loopback_interface_and_no_IPv6()
    {
        NetworkNamespace.Require();
        using NetworkNamespace empty = NetworkNamespace.Create();
        string interfaces = empty.Run("ip", "-oneline", "address").ShouldSucceed().Output;
        Assert.Contains("127.0.0.1", interfaces, StringComparison.Ordinal);
        Assert.DoesNotContain("inet6", interfaces, StringComparison.Ordinal);
        Assert.Single(interfaces.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_namespace_and_what_runs_in_it_are_gone_once_it_is_disposed()
    {
        NetworkNamespace.Require();
        System.Diagnostics.Process sleeper;
        string name;
        int id;
        using (NetworkNamespace made = NetworkNamespace.Create())
        {
            name = made.Name;
            sleeper = made.Start("sleep", "1000");
            id = sleeper.Id;
            Assert.True(Directory.Exists($"/proc/{id}"));
        }

        Assert.False(Directory.Exists($"/proc/{id}"));
        Assert.DoesNotContain(name, ChildProcess.Run("/", "ip", "netns", "list").ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_runs_in_a_namespace_and_its_caller_stays_where_it_is()
    {
        NetworkNamespace.Require();
        using NetworkNamespace made = NetworkNamespace.Create();
        static string Here() => File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)!.Name;
        string before = Here();
        Assert.NotEqual(before, made.Execute(Here));
        Assert.Equal(before, Here());
        Assert.Throws<InvalidOperationException>(() => made.Execute(() => throw new InvalidOperationException("inside")));
    }
}

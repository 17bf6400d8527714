using System.Net;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Ports;
using OpenNetVM.Functions;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Functions;

/// <summary>
/// A router with three networks: 10.0.0.0/24 at port 0, 10.0.1.0/24 at port 1, 10.0.2.0/24 at port 2, being .1 on each; a default route through 10.0.2.254,
/// and a narrower one to 172.16.0.0/12 through 10.0.1.254. Stations' Ethernet addresses are made of their network's number and their own.
/// </summary>
internal sealed class RouterBench : IDisposable
{
    public RouterBench(Func<Ipv4RouterOptions, Ipv4RouterOptions>? change = null, int mtu = 1_500, bool systemClock = false)
    {
        Ipv4RouterOptions options = new()
        {
            Interfaces = [.. Enumerable.Range(0, 3).Select(network =>
                new Ipv4Interface(new PortId((ushort)network), RouterMac(network), IPAddress.Parse($"10.0.{network}.1"), 24) { Mtu = network == 1 ? mtu : 1_500 })],
            Routes =
            [
                new Ipv4Route(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.0.2.254")),
                new Ipv4Route(IPNetwork.Parse("172.16.0.0/12"), IPAddress.Parse("10.0.1.254")),
            ],
        };
        Router = new Ipv4Router(change?.Invoke(options) ?? options);
        Bench = new FunctionBench(4, () => Router, systemClock: systemClock);
    }

    public Ipv4Router Router { get; }

    public FunctionBench Bench { get; }

    public Ipv4RouterStatistics Statistics => Router.Statistics;

    public static MacAddress RouterMac(int network) => new(0x0200_0000_0100 + (ulong)network);

    public static MacAddress StationMac(int network, int station) => new(0x0200_0000_0000 + ((ulong)network << 16) + (ulong)station);

    /// <summary>The Ethernet header of a frame from a station to the router.</summary>
    public static PacketBuilder From(int network, int station = 9) => PacketBuilder.Ethernet(StationMac(network, station), RouterMac(network));

    /// <summary>The Ethernet header of a frame from the router to a station.</summary>
    public static PacketBuilder To(int network, int station = 9) => PacketBuilder.Ethernet(RouterMac(network), StationMac(network, station));

    /// <summary>A station asks for the router, who thereby learns its address.</summary>
    public void Introduce(int network, int station = 9)
    {
        Send(network, PacketBuilder.Ethernet(StationMac(network, station), MacAddress.Broadcast).ArpRequest($"10.0.{network}.{station}", $"10.0.{network}.1").Build());
        Assert.Single(Take(network));
    }

    /// <summary>A station answers the router.</summary>
    public void AnswerArp(int network, int station) =>
        Send(network, From(network, station).ArpReply($"10.0.{network}.{station}", $"10.0.{network}.1").Build());

    public void Send(int port, params byte[][] frames) => Bench.Send(port, frames);

    public IReadOnlyList<byte[]> Take(int port) => Bench.Take(port);

    public byte[] TakeOne(int port) => Assert.Single(Take(port));

    public void AssertSilent() => Assert.Equal([0, 0, 0, 0], Bench.TakeCounts());

    /// <summary>Everything that the router has dealt with; with what it holds, all that came.</summary>
    public static long Total(Ipv4RouterStatistics its) =>
        its.Forwarded + its.EchoReplies + its.ArpReplies + its.IcmpErrors + its.ArpRead + its.NotForRouter + its.Malformed + its.NotRoutable
        + its.NotAnswered + its.TooLong + its.NotReported + its.NotHeld + its.NotSent;

    public void Dispose() => Bench.Dispose();
}

using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Packets;
using OpenNetVM.Dpdk;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>Checksums that a port fills in as it sends, by the driver (net_tap) or in software, as another program sees them; and wrong ones that a driver finds.</summary>
[Collection(SoakCollection.Name)]
public sealed class DpdkChecksumTests : DpdkStation
{
    [Theory]
    [InlineData("net_af_packet")]
    [InlineData("net_af_xdp")]
    [InlineData("net_tap")]
    public void Checksums_that_a_function_left_at_0_are_right_on_the_wire(string driver)
    {
        bool tap = driver == "net_tap";
        if (!tap)
            NetworkNamespace.Connect(_station, Station, _platform, Interface);
        using PortHarness port = Open(driver);
        if (tap)
            _platform.BringUp(Interface);
        using PortHarness wire = PortHarness.Started(tap ? AfPacketPort.Open(_platform, Interface) : AfPacketPort.Open(_station, Station));
        byte[][] expected = [.. Frames()];
        Send(port, expected.Select(Zeroed));
        AssertArrive(wire, expected);
        _platform.Execute(port.Port.Stop);
    }

    [Fact]
    public void Frames_that_the_driver_did_not_take_are_right_when_they_are_sent_again()
    {
        using PortHarness port = Open("net_tap");
        byte[][] expected = [.. Frames()];

        // The interface is down: nothing can be written to it.
        PacketDescriptor[] packets = Packets(port, expected.Select(Zeroed));
        _platform.Link("set", Interface, "down");
        Assert.Equal(0, port.Port.Transmit(0, packets, port.Cache));
        _platform.BringUp(Interface);
        using PortHarness wire = PortHarness.Started(AfPacketPort.Open(_platform, Interface));
        port.Transmit(packets);
        AssertArrive(wire, expected);
        _platform.Execute(port.Port.Stop);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frames_with_a_wrong_TCP_or_UDP_checksum_are_dropped_and_counted_where_that_is_asked_for(bool asked)
    {
        using PortHarness port = Open("net_tap", new DpdkPortOptions { Device = "", DropBadChecksums = asked });
        _platform.BringUp(Interface);
        using PortHarness sender = PortHarness.Started(AfPacketPort.Open(_platform, Interface));
        byte[][] good = [.. Frames()];
        byte[][] bad =
        [
            PacketBuilder.Tcp("10.0.0.1", 1, "10.0.0.2", 2, TcpFlags.Ack, "damaged").WithBadChecksum().Build(),
            PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2, "damaged").WithBadChecksum().Build(),
            PacketBuilder.Udp("fd00::1", 1, "fd00::2", 2, "damaged").WithBadChecksum().Build(),
        ];
        Send(sender, [.. bad, .. good]);
        AssertArrive(port, asked ? good : [.. bad, .. good]);
        Assert.Equal(asked ? bad.Length : 0, ((DpdkPort)port.Port).BadChecksums);
        _platform.Execute(port.Port.Stop);
    }

    private static IEnumerable<byte[]> Frames()
    {
        foreach (int size in (int[])[0, 1, 333, 1_400])
        {
            yield return PacketBuilder.Tcp("10.0.0.1", 1_000, "10.0.0.2", 80, TcpFlags.Ack).PayloadOfSize(size).Build();
            yield return PacketBuilder.Udp("10.0.0.1", 1_000, "10.0.0.2", 53).PayloadOfSize(size).Build();
            yield return PacketBuilder.Tcp("fd00::1", 1_000, "fd00::2", 80, TcpFlags.Ack).PayloadOfSize(size).Build();
            yield return PacketBuilder.Udp("fd00::1", 1_000, "fd00::2", 53).PayloadOfSize(size).Build();
        }
    }

    private static byte[] Zeroed(byte[] frame)
    {
        byte[] zeroed = [.. frame];
        FlowKeyReader.Parse(zeroed, out PacketLayers layers);
        if (layers.EtherType == EtherTypes.Ipv4)
            zeroed.AsSpan(layers.NetworkOffset + 10, 2).Clear();
        zeroed.AsSpan(layers.TransportOffset + (layers.Protocol == IpProtocols.Tcp ? 16 : 6), 2).Clear();
        Assert.NotEqual(frame, zeroed);
        return zeroed;
    }

    private static PacketDescriptor[] Packets(PortHarness harness, IEnumerable<byte[]> frames)
    {
        byte[][] all = [.. frames];
        PacketDescriptor[] packets = harness.Packets(all.Length);
        for (int i = 0; i < all.Length; i++)
            Assert.True(harness.Pool.Open(ref packets[i]).TrySetData(all[i]));
        return packets;
    }

    private static void Send(PortHarness harness, IEnumerable<byte[]> frames) => harness.Transmit(Packets(harness, frames));

    // The kernel sends nothing of its own: IPv6 is off, and there are no addresses.
    private static void AssertArrive(PortHarness harness, byte[][] expected)
    {
        List<byte[]> arrived = [];
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    arrived.AddRange(harness.ReceiveAll().Select(frame => frame.Data));
                    return arrived.Count >= expected.Length;
                },
                Limit),
            $"{arrived.Count} of {expected.Length} frames arrived");
        Assert.Equal(expected, arrived);
    }

    private PortHarness Open(string driver, DpdkPortOptions? options = null) => _platform.Execute(() =>
        PortHarness.Started(DpdkEal.Open(driver, $"iface={Interface}", options ?? new DpdkPortOptions { Device = "", FillChecksums = true })));
}

using System.Globalization;
using OpenNetVM.Core.Packets;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>Frames longer than 1,500 bytes over interfaces of the kernel: AF_XDP takes what fits a page, the other drivers of DPDK 22.11 admit none.</summary>
[Collection(SoakCollection.Name)]
public sealed class DpdkJumboTests : DpdkStation
{
    private const int Mtu = 3_000;
    private const int EthernetHeader = 14;
    private const int BufferSize = 9_216;
    [Fact]
    public void Frames_as_long_as_the_MTU_allows_cross_a_driver_in_both_directions()
    {
        NetworkNamespace.Connect(_station, Station, _platform, Interface);
        _station.Link("set", Station, "mtu", Number(Mtu));
        _platform.Link("set", Interface, "mtu", Number(Mtu));
        using PortHarness port = _platform.Execute(() => Open("net_af_xdp", Mtu));
        Assert.Equal(Mtu, ((DpdkPort)port.Port).Mtu);
        using PortHarness wire = PortHarness.Started(AfPacketPort.Open(_station, Station), bufferSize: BufferSize);
        byte[][] frames = [.. ((int[])[60, 1_514, 1_515, 2_049, Mtu + EthernetHeader]).Select((length, i) => Frame(length, i))];
        Cross(port, wire, frames);
        Cross(wire, port, frames);
        _platform.Execute(port.Port.Stop);
    }

    [Theory]
    [InlineData("net_af_packet", 9_000)]
    [InlineData("net_tap", 9_000)]
    public void An_MTU_that_the_driver_does_not_admit_is_refused_in_its_words(string driver, int mtu)
    {
        NetworkNamespace.Connect(_station, Station, _platform, Interface);
        string name = driver == "net_tap" ? "tap0" : Interface;
        DpdkException refusal = Assert.Throws<DpdkException>(() => _platform.Execute(() => Open(driver, mtu, name)));
        Assert.Contains(Number(mtu + 18), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("max frame size", refusal.Message, StringComparison.Ordinal);
    }

    private static PortHarness Open(string driver, int mtu, string name = Interface) =>
        PortHarness.Started(DpdkEal.Open(driver, $"iface={name}", new DpdkPortOptions { Device = "", Mtu = mtu }), bufferSize: BufferSize);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Frame(int length, int seed)
    {
        byte[] frame = new byte[length];
        new Random(seed).NextBytes(frame);
        ((byte[])[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xB5]).CopyTo(frame, 0);
        return frame;
    }

    private static void Cross(PortHarness from, PortHarness to, byte[][] frames)
    {
        PacketDescriptor[] packets = from.Packets(frames.Length);
        for (int i = 0; i < frames.Length; i++)
            Assert.True(from.Pool.Open(ref packets[i]).TrySetData(frames[i]));
        from.Transmit(packets);
        List<byte[]> arrived = [];
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    arrived.AddRange(to.ReceiveAll().Select(frame => frame.Data));
                    return arrived.Count >= frames.Length;
                },
                Limit),
            $"{arrived.Count} of {frames.Length} frames arrived: {string.Join(", ", arrived.Select(frame => frame.Length))} bytes; {to.Port.GetStatistics()}");
        Assert.Equal(frames, arrived);
    }
}

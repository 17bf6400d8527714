using OpenNetVM.Tests.RealTraffic;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Samples;

/// <summary>`./build.sh run --dpdk`, as a process.</summary>
public class DpdkForwarderTests
{
    [Fact]
    public void It_forwards_between_two_devices_until_the_time_is_over()
    {
        DpdkEal.SkipUnlessInstalled();
        using SampleProcess sample = SampleProcess.Start("DpdkForwarder", "--dpdk", "net_null0,size=64", "net_ring0", "--seconds", "1");
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Matches(@"^received [\d,]{4,} \+ created 0 = transmitted [\d,]{4,} \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
        Assert.Empty(sample.Error);
    }

    [Fact]
    public void A_device_that_is_not_there_is_named_and_nothing_of_DPDK_gets_onto_the_console()
    {
        DpdkEal.SkipUnlessInstalled();
        using SampleProcess sample = SampleProcess.Start("DpdkForwarder", "net_null0", "net_nosuch0");
        Assert.Equal(2, sample.WaitForEnd());
        Assert.Empty(sample.Lines);
        Assert.Contains("net_nosuch0", sample.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bridge")]
    [InlineData("--seconds=0")]
    public void Stations_ping_each_other_through_it_and_Ctrl_C_ends_it_with_every_packet_accounted_for(string mode)
    {
        NetworkNamespace.Require("ping");
        DpdkEal.SkipUnlessInstalled();
        using NetworkNamespace first = NetworkNamespace.Create();
        using NetworkNamespace second = NetworkNamespace.Create();
        using NetworkNamespace between = NetworkNamespace.Create();
        NetworkNamespace.Connect(first, TrafficNetwork.Interface, between, "left");
        NetworkNamespace.Connect(second, TrafficNetwork.Interface, between, "right");
        first.AddAddress(TrafficNetwork.Interface, "10.0.0.1/24");
        second.AddAddress(TrafficNetwork.Interface, "10.0.0.2/24");

        using SampleProcess sample = between.Execute(() => SampleProcess.Start("DpdkForwarder", "net_af_packet0,iface=left", "net_af_packet1,iface=right", mode));
        sample.ReadUntil("packets/s");
        Ping.Run(first, "10.0.0.2", count: 20).ShouldBeAnswered();
        Ping.Run(second, "10.0.0.1", size: 1_472).ShouldBeAnswered();
        sample.Interrupt();
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Matches(@"^received [\d,]{2,} \+ created 0 = transmitted [\d,]{2,} \+ dropped \d+ \+ held 0$", sample.Lines[^1]);
    }
}

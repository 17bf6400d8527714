using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Samples;

/// <summary>`./build.sh run --dpdk`, as a process.</summary>
public class DpdkForwarderTests
{
    [Fact]
    public void Traffic_of_one_device_comes_out_at_the_other_until_Ctrl_C_and_is_conserved()
    {
        DpdkEal.SkipUnlessInstalled();
        using SampleProcess sample = SampleProcess.Start("DpdkForwarder", "net_null0", "net_ring1", "--forward", "--no-huge");
        sample.ReadUntil("packets/s");
        sample.Interrupt();
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Contains(sample.Lines, static line => line.StartsWith("net_null0: in ", StringComparison.Ordinal) && line.Contains("; lost: ", StringComparison.Ordinal));
        Assert.Contains(sample.Lines, static line => line.StartsWith("dropped: ", StringComparison.Ordinal));
        Assert.Matches(@"^received [\d,]{2,} \+ created 0 = transmitted [\d,]{2,} \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
    }

    [Theory]
    [InlineData("--bridge")]
    [InlineData("--forward")]
    public void Two_stations_reach_each_other_through_the_sample(string how)
    {
        DpdkEal.SkipUnlessInstalled();
        NetworkNamespace.Require("ping");
        using NetworkNamespace first = NetworkNamespace.Create();
        using NetworkNamespace middle = NetworkNamespace.Create();
        using NetworkNamespace second = NetworkNamespace.Create();
        NetworkNamespace.Connect(first, "eth0", middle, "left");
        NetworkNamespace.Connect(second, "eth0", middle, "right");
        first.AddAddress("eth0", "10.0.0.1/24");
        second.AddAddress("eth0", "10.0.0.2/24");

        using SampleProcess sample = SampleProcess.Start("DpdkForwarder", middle, "net_af_packet0,iface=left", "net_af_packet1,iface=right", how, "--no-huge");
        sample.ReadUntil("Ctrl-C ends it");
        Ping.Run(first, "10.0.0.2").ShouldBeAnswered();
        sample.Interrupt();
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Matches(@"^received [\d,]{2,} \+ created 0 = transmitted [\d,]{2,} \+ dropped [\d,]+ \+ held 0$|^received [\d,]{2,} \+ created [1-9]\d* = ", sample.Lines[^1]);
    }

    [Theory]
    [InlineData(1, "Two devices are needed, but 1 were given", "net_null0")]
    [InlineData(1, "Both devices are 'net_null0'", "net_null0", "net_null0")]
    [InlineData(1, "--bridge and --forward exclude each other", "net_null0", "net_null1", "--bridge", "--forward")]
    [InlineData(1, "--seconds must be a time", "net_null0", "net_null1", "--seconds", "-1")]
    public void A_mistake_ends_with_a_message_that_names_it(int exitCode, string message, params string[] arguments)
    {
        using SampleProcess sample = SampleProcess.Start("DpdkForwarder", arguments);
        Assert.Equal(exitCode, sample.WaitForEnd());
        Assert.Contains(message, sample.Error);
    }

    [Fact]
    public void A_device_that_is_not_there_ends_with_a_message_that_names_it_and_what_to_do()
    {
        DpdkEal.SkipUnlessInstalled();
        using SampleProcess sample = SampleProcess.Start("DpdkForwarder", "net_null0", "net_nosuch0", "--no-huge");
        Assert.Equal(2, sample.WaitForEnd());
        Assert.Contains("net_nosuch0", sample.Error);
        Assert.Contains("package of its driver is installed", sample.Error);
    }
}

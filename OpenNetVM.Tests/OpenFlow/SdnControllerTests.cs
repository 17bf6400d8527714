using System.Security.Cryptography.X509Certificates;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.ControlledPlatform;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Open vSwitch's <c>ovs-testcontroller</c> decides on the flows of a running platform.</summary>
public sealed class SdnControllerTests
{
    public static TheoryData<string, OpenFlowVersions> Versions => new() { { "OpenFlow13", OpenFlowVersions.Version13 }, { "OpenFlow10", OpenFlowVersions.Version10 } };

    // In 1.3 a controller has to ask for packets that match nothing, by a rule.
    private static int RulesAtFirst(OpenFlowVersions version) => version == OpenFlowVersions.Version13 ? 1 : 0;

    private static byte[][] Many(Func<ushort, int, int, byte[]> frame, ushort flow, int first, int count) => [.. Enumerable.Range(first, count).Select(mark => frame(flow, mark, 64))];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task It_learns_where_stations_are_and_then_sees_no_more_of_their_flows(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name);
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));

        // Not known yet: flooded to both other ports, and to no service.
        await PassAsync(platform.First, platform.Second, There(1, 1));
        await ArriveAsync(platform.Third, 1);
        Assert.Equal(0, platform.Statistics.Flows);

        await PassAsync(platform.Second, platform.First, Back(1, 2));
        await PassAsync(platform.First, platform.Second, There(1, 3));
        await platform.UntilInstalledAsync(2);
        SdnSwitchStatistics before = platform.Statistics;
        Assert.Equal(3, before.PacketsIn);

        await PassAsync(platform.First, platform.Second, Many(There, 1, 100, 500));
        await PassAsync(platform.Second, platform.First, Many(Back, 1, 100, 500));
        Assert.Equal((before.Missed, 3L), (platform.Statistics.Missed, platform.Statistics.PacketsIn));
        Assert.Equal(0, platform.Third.FramesToTake);
        Assert.All(platform.SeenByIds, Assert.Empty);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_burst_of_a_new_flow_is_asked_about_once_and_let_go_in_order(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name);
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await platform.IntroduceAsync();
        long asked = platform.Statistics.PacketsIn;
        controller.Signal(Signals.Stop);
        try
        {
            Assert.Equal(60, platform.First.SendMany(Many(There, 7, 0, 60)));
            await UntilAsync(() => platform.Statistics.HeldPackets == 60, "60 packets that wait");
        }
        finally
        {
            controller.Signal(Signals.Continue);
        }

        Assert.Equal(Enumerable.Range(0, 60), await TakeAsync(platform.Second, 60));
        await platform.UntilInstalledAsync(3);
        Assert.Equal(asked + 1, platform.Statistics.PacketsIn);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Its_queue_5_sends_flows_to_the_IDS_and_then_out_of_the_port(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name, "-q", "5");
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await PassAsync(platform.First, platform.Second, There(1, 1));
        // Flooded: there is no queue for that.
        Assert.Empty(Assert.Single(platform.SeenByIds));
        await PassAsync(platform.Second, platform.First, Back(1, 2));
        await PassAsync(platform.First, platform.Second, There(1, 3));
        await platform.UntilInstalledAsync(2);
        long missed = platform.Statistics.Missed;
        await PassAsync(platform.First, platform.Second, Many(There, 1, 10, 200));
        Assert.Equal([2, 3, .. Enumerable.Range(10, 200)], Assert.Single(platform.SeenByIds));
        Assert.Equal(missed, platform.Statistics.Missed);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_wide_rule_is_asked_for_once_for_all_flows_of_two_stations(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name, "-w");
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await platform.IntroduceAsync();
        SdnSwitchStatistics before = platform.Statistics;
        for (ushort flow = 100; flow < 120; flow++)
            await PassAsync(platform.First, platform.Second, There(flow, flow));
        await platform.UntilInstalledAsync(22);
        Assert.Equal((before.PacketsIn, before.Rules), (platform.Statistics.PacketsIn, platform.Statistics.Rules));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task As_a_hub_it_has_each_flow_copied_to_all_other_ports(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name, "-H");
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        for (int mark = 0; mark < 5; mark++)
        {
            await PassAsync(platform.First, platform.Second, There(1, mark));
            await ArriveAsync(platform.Third, mark);
        }

        await platform.UntilInstalledAsync(1);
        await PassAsync(platform.First, platform.Second, Many(There, 1, 100, 100));
        Assert.Equal(Enumerable.Range(100, 100), await TakeAsync(platform.Third, 100));
        Assert.Equal((1L, 0L), (platform.Statistics.PacketsIn, platform.Statistics.CopiesLost));
        Assert.All(platform.SeenByIds, Assert.Empty);
    }

    [Theory]
    [InlineData("OpenFlow13", OpenFlowVersions.Version13, "in_port=1,actions=output:4101|in_port=4101,actions=output:3")]
    [InlineData("OpenFlow10", OpenFlowVersions.Version10, "in_port=1,actions=output:4101|in_port=4101,actions=output:3")]
    [InlineData("OpenFlow13", OpenFlowVersions.Version13, "in_port=1,actions=set_queue:5,output:3")]
    [InlineData("OpenFlow10", OpenFlowVersions.Version10, "in_port=1,actions=enqueue:3:5")]
    public async Task Chains_that_it_is_given_in_a_file_hold_from_the_first_packet_on(string name, OpenFlowVersions version, string flows)
    {
        using TemporaryFolder folder = new();
        using RunningController controller = new(name, $"--with-flows={folder.Write("flows", flows.Replace('|', '\n') + '\n')}");
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version) + flows.Split('|').Length);
        await PassNewAsync(platform.First, platform.Third, Many(There, 1, 0, 50));
        await platform.UntilInstalledAsync(1);
        long missed = platform.Statistics.Missed;
        await PassAsync(platform.First, platform.Third, Many(There, 1, 50, 50));
        Assert.Equal(Enumerable.Range(0, 100), Assert.Single(platform.SeenByIds).Order());
        Assert.Equal((0L, missed), (platform.Statistics.PacketsIn, platform.Statistics.Missed));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task One_that_never_sets_a_rule_lets_each_packet_go_by_itself(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name, "-n");
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await PassAsync(platform.First, platform.Second, There(1, 1));
        await PassAsync(platform.Second, platform.First, Back(1, 2));
        await PassAsync(platform.First, platform.Second, Many(There, 1, 3, 50));
        Assert.Equal((52L, 0, RulesAtFirst(version)), (platform.Statistics.PacketsIn, platform.Statistics.Flows, platform.Statistics.Rules));
        await UntilAsync(() => platform.Statistics is { HeldPackets: 0, PacketsOut: 52 }, "52 packets let go");
    }

    [Fact]
    public async Task A_packet_that_has_no_buffer_goes_to_it_whole_and_comes_back_whole()
    {
        // It asks for 128 bytes, which counts only where the rest waits in a buffer.
        using RunningController controller = new("OpenFlow13");
        await using ControlledPlatform platform = new(controller.Address, OpenFlowVersions.Version13, static options => options with { UseBuffers = false });
        await platform.UntilControlledAsync(1);
        byte[] frame = There(1, 1, length: 1400);
        frame.AsSpan(46).Fill(0x5A);
        Assert.True(platform.First.Send(frame));
        await UntilAsync(() => platform.Second.FramesToTake == 1, "the packet");
        Assert.Equal(frame, Assert.Single(platform.Second.ReceiveAll()));
        await PassNewAsync(platform.Second, platform.First, Many(Back, 1, 2, 20));
        await PassNewAsync(platform.First, platform.Second, Many(There, 1, 3, 50));
        await platform.UntilInstalledAsync(2);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Without_its_rule_for_what_matches_nothing_packets_are_dropped_in_1_3_and_asked_about_in_1_0(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name);
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await platform.IntroduceAsync();
        platform.ControlBy(name, "del-flows");
        long asked = platform.Statistics.PacketsIn, missed = platform.Statistics.Missed;
        if (version == OpenFlowVersions.Version10)
        {
            await PassAsync(platform.First, platform.Second, There(9, 9));
            Assert.Equal(asked + 1, platform.Statistics.PacketsIn);
            return;
        }

        Assert.True(platform.First.Send(There(9, 9)));
        await UntilAsync(() => platform.Manager.GetStatistics().Dropped == 1, "the drop");
        Assert.Equal((asked, missed + 1), (platform.Statistics.PacketsIn, platform.Statistics.Missed));
        Assert.Equal(0, platform.Second.FramesToTake);
    }

    [Fact]
    public async Task It_decides_through_TLS()
    {
        using CertificateAuthority authority = new("authority");
        using X509Certificate2 ours = authority.Issue("switch", null);
        using TemporaryFolder folder = new();
        using RunningController controller = new("OpenFlow13", authority.IssueFiles(folder.Path, "controller", "127.0.0.1"));
        OpenFlowChannelOptions channel = new() { Tls = new OpenFlowTlsOptions { Authorities = [authority.Certificate], Certificate = ours } };
        await using ControlledPlatform platform = new(controller.Address, OpenFlowVersions.Version13, channel: channel);
        await platform.UntilControlledAsync(1);
        await platform.IntroduceAsync();
        await PassAsync(platform.First, platform.Second, Many(There, 1, 10, 100));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task While_it_is_away_known_flows_go_on_and_new_ones_take_the_default_chain_until_it_is_back(string name, OpenFlowVersions version)
    {
        using RunningController controller = new(name, "-q", "5");
        await using ControlledPlatform platform = new(controller.Address, version);
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await platform.IntroduceAsync();
        int rules = platform.Statistics.Rules;

        controller.Kill();
        await UntilAsync(() => !platform.Statistics.IsControlled, "the loss of the controller");
        Assert.Equal(rules, platform.Statistics.Rules);
        int inspected = platform.SeenByIds[0].Length;
        await PassAsync(platform.First, platform.Second, Many(There, 1, 100, 100));
        Assert.Equal(inspected + 100, platform.SeenByIds[0].Length);
        // In 1.3 its rule for what matches nothing has stayed too; there is nobody to ask either way.
        await PassNewAsync(platform.First, platform.Second, Many(There, 2, 200, 100));
        Assert.Equal(inspected + 100, platform.SeenByIds[0].Length);

        controller.Start();
        await platform.UntilControlledAsync(RulesAtFirst(version));
        await PassAsync(platform.Second, platform.First, Back(3, 300));
        await PassAsync(platform.First, platform.Second, There(3, 301));
        await UntilAsync(() => platform.SeenByIds[0].Contains(301), "a new flow's way by the controller's word");
        await PassAsync(platform.First, platform.Second, Many(There, 1, 400, 10));
    }

    [Fact]
    public async Task One_that_stops_answering_is_given_up_and_what_waited_for_it_takes_the_default_chain()
    {
        using RunningController controller = new("OpenFlow13");
        OpenFlowChannelOptions channel = new() { EchoInterval = TimeSpan.FromMilliseconds(200), EchoTimeout = TimeSpan.FromSeconds(2), HandshakeTimeout = TimeSpan.FromSeconds(1) };
        await using ControlledPlatform platform = new(controller.Address, OpenFlowVersions.Version13, channel: channel);
        await platform.UntilControlledAsync(1);
        await platform.IntroduceAsync();
        controller.Signal(Signals.Stop);
        try
        {
            await PassNewAsync(platform.First, platform.Second, Many(There, 5, 0, 20));
            Assert.Equal(0, platform.Statistics.Unanswered);
            Assert.True(platform.Statistics.Undeliverable > 0, "the loss of the channel let them go");
            await PassAsync(platform.First, platform.Second, Many(There, 1, 100, 100));
        }
        finally
        {
            controller.Signal(Signals.Continue);
        }

        await platform.UntilControlledAsync(1);
        long asked = platform.Statistics.PacketsIn;
        await PassAsync(platform.Second, platform.First, Back(6, 200));
        await PassNewAsync(platform.First, platform.Second, Many(There, 6, 201, 10));
        Assert.True(platform.Statistics.PacketsIn > asked, "it was asked again");
    }
}

using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.ControlledPlatform;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Open vSwitch's <c>ovs-ofctl</c> looks into a running platform and sets its chains; there is no controller.</summary>
public sealed class SdnControlTests
{
    public static TheoryData<string> Versions => ["OpenFlow13", "OpenFlow10"];

    private static byte[][] Many(ushort flow, int first, int count, int length = 64) => [.. Enumerable.Range(first, count).Select(mark => There(flow, mark, length))];

    // Counters of packets that the SDN function handled itself are added a moment after these have left.
    private static Task UntilCountedAsync(ControlledPlatform platform, string version, string rule, int packets, int length) => UntilAsync(
        () => platform.ControlBy(version, "dump-flows", "--names").Split('\n').Any(line =>
            line.Contains($"n_packets={packets}, n_bytes={packets * length},", StringComparison.Ordinal) && line.Contains(rule, StringComparison.Ordinal)),
        $"{packets} packets at {rule}");

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Show_names_ports_and_services_and_dump_ports_counts_what_passed(string version)
    {
        await using ControlledPlatform platform = new(controller: null);
        string show = platform.ControlBy(version, "show");
        Assert.Contains("1(first): addr:02:00:00:00:00:01", show, StringComparison.Ordinal);
        Assert.Contains("3(third): addr:02:00:00:00:00:03", show, StringComparison.Ordinal);
        Assert.Contains("4101(ids): addr:02:00:00:00:10:05", show, StringComparison.Ordinal);
        // The switch's own service is no place to send anything to.
        Assert.DoesNotContain("(sdn)", show, StringComparison.Ordinal);
        await PassNewAsync(platform.First, platform.Second, Many(1, 0, 70, length: 100));
        string ports = platform.ControlBy(version, "dump-ports", "1");
        Assert.Contains("rx pkts=70, bytes=7000, drop=0", ports, StringComparison.Ordinal);
        Assert.Contains("tx pkts=70, bytes=7000, drop=0", platform.ControlBy(version, "dump-ports", "2"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_chain_is_set_by_names_counts_every_packet_and_changes_hold_when_the_command_ends(string version)
    {
        await using ControlledPlatform platform = new(controller: null);
        platform.ControlBy(version, "add-flow", "in_port=first,actions=output:ids");
        platform.ControlBy(version, "add-flow", "in_port=ids,actions=output:second");
        await PassNewAsync(platform.First, platform.Second, Many(1, 0, 40));
        await platform.UntilInstalledAsync(1);
        await PassAsync(platform.First, platform.Second, Many(1, 40, 60));
        await PassNewAsync(platform.First, platform.Second, Many(2, 100, 10));
        Assert.Equal(110, Assert.Single(platform.SeenByIds).Length);
        await UntilCountedAsync(platform, version, "in_port=first actions=output:ids", 110, 64);
        await UntilCountedAsync(platform, version, "in_port=ids actions=output:second", 110, 64);

        platform.ControlBy(version, "mod-flows", "in_port=ids,actions=output:third");
        await PassNewAsync(platform.First, platform.Third, Many(1, 200, 50));
        Assert.Equal(160, Assert.Single(platform.SeenByIds).Length);

        using TemporaryFolder folder = new();
        platform.ControlBy(version, "replace-flows", folder.Write("flows", "in_port=1,actions=output:3\n"));
        await PassNewAsync(platform.First, platform.Third, Many(1, 300, 50));
        Assert.Equal(160, Assert.Single(platform.SeenByIds).Length);
        // A rule that takes the place of one with the same match goes on with its counters in 1.3 (6.4), and begins anew in 1.0 (4.6).
        await UntilCountedAsync(platform, version, "in_port=first actions=output:third", version == "OpenFlow13" ? 210 : 50, 64);

        // Nobody decides any more: the default chain.
        platform.ControlBy(version, "del-flows");
        await PassNewAsync(platform.First, platform.Second, Many(1, 400, 50));
        Assert.Equal(0, platform.Third.FramesToTake);
    }

    [Fact]
    public async Task A_queue_is_a_service_and_the_rule_s_end_a_port()
    {
        await using ControlledPlatform platform = new(controller: null);
        platform.Control("add-flow", "udp,in_port=first,actions=set_queue:5,output:third");
        await PassNewAsync(platform.First, platform.Third, Many(1, 0, 100));
        Assert.Equal(Enumerable.Range(0, 100), Assert.Single(platform.SeenByIds).Order());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_packet_out_leaves_by_a_port_and_one_for_a_service_goes_through_it(string version)
    {
        await using ControlledPlatform platform = new(controller: null);
        platform.ControlBy(version, "add-flow", "in_port=ids,actions=output:third");
        string packet = Convert.ToHexString(There(1, 77));
        platform.ControlBy(version, "packet-out", $"in_port=controller,packet={packet},actions=output:second");
        await ArriveAsync(platform.Second, 77);
        platform.ControlBy(version, "packet-out", $"in_port=controller,packet={packet},actions=output:ids");
        await ArriveAsync(platform.Third, 77);
        Assert.Equal([77], Assert.Single(platform.SeenByIds));
    }

    [Fact]
    public async Task A_select_group_spreads_flows_over_its_buckets_counts_them_and_is_followed_when_it_changes()
    {
        const int Flows = 100, Rounds = 5;
        await using ControlledPlatform platform = new(controller: null);
        platform.Control("add-group", "group_id=1,type=select,bucket=weight:1,output:second,bucket=weight:1,output:third");
        platform.Control("add-flow", "in_port=first,actions=group:1");
        List<int> second = [], third = [];
        for (int i = 1; i <= Rounds; i++)
        {
            Assert.Equal(Flows, platform.First.SendMany(Enumerable.Range(1, Flows).Select(static flow => There((ushort)flow, flow))));
            await UntilAsync(
                () =>
                {
                    second.AddRange(platform.Second.ReceiveAll().Select(static frame => Frames.Mark(frame)));
                    third.AddRange(platform.Third.ReceiveAll().Select(static frame => Frames.Mark(frame)));
                    return second.Count + third.Count == i * Flows;
                },
                "all packets");
        }

        Assert.Empty(second.Intersect(third));
        Assert.InRange(second.Count, Flows * Rounds / 5, Flows * Rounds * 4 / 5);
        await UntilAsync(
            () => platform.Control("dump-group-stats", "group_id=1") is { } counted
                && counted.Contains(string.Create(CultureInfo.InvariantCulture, $"bucket0:packet_count={second.Count},"), StringComparison.Ordinal)
                && counted.Contains(string.Create(CultureInfo.InvariantCulture, $"bucket1:packet_count={third.Count},"), StringComparison.Ordinal),
            "the counters of the buckets");

        platform.Control("mod-group", "group_id=1,type=all,bucket=output:second,bucket=output:third");
        await PassNewAsync(platform.First, platform.Second, Many(1, 500, 20));
        Assert.Equal(Enumerable.Range(500, 20), (await TakeAsync(platform.Third, 20)).Order());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Monitor_prints_the_packets_that_a_rule_sends_to_the_controller_which_take_the_default_chain(string version)
    {
        await using ControlledPlatform platform = new(controller: null);
        platform.ControlBy(version, "add-flow", "udp,actions=CONTROLLER");
        using Process monitor = OpenVSwitch.Start("ovs-ofctl", "-O", version, "monitor", $"tcp:{platform.Address}", "65534");
        try
        {
            List<string> lines = [];
            Task reading = Task.Run(
                async () =>
                {
                    while (await monitor.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
                    {
                        lock (lines)
                            lines.Add(line);
                    }
                },
                TestContext.Current.CancellationToken);
            ushort flow = 1;
            await UntilAsync(
                () =>
                {
                    lock (lines)
                        return lines.Exists(static line => line.Contains("nw_src=10.0.0.1,nw_dst=10.0.0.2", StringComparison.Ordinal));
                },
                "a packet in the monitor's output", () => platform.First.Send(There(flow++, 1)));
            lock (lines)
                Assert.Contains(lines, static line => line.Contains("OFPT_PACKET_IN", StringComparison.Ordinal) && line.Contains("in_port=1", StringComparison.Ordinal));
            // It only looks in: what it was shown waits for no answer of its.
            await TakeAsync(platform.Second, flow - 1);
            monitor.Kill();
            await reading;
        }
        finally
        {
            if (!monitor.HasExited)
                monitor.Kill();
        }
    }
}

using OpenNetVM.OpenFlow;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.ControlledPlatform;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>The sample controllers for os-ken decide on the flows of a running platform.</summary>
public sealed class SdnApplicationTests
{
    private static byte[][] Many(ushort flow, int first, int count) => [.. Enumerable.Range(first, count).Select(mark => There(flow, mark))];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_learning_switch_gets_packets_to_their_stations_from_buffers_or_whole(bool useBuffers)
    {
        using OsKen controller = new("samples/SdnController/learning_switch.py");
        await using ControlledPlatform platform = new(At(controller.Port), change: options => options with { UseBuffers = useBuffers, HoldTimeout = TimeSpan.FromSeconds(2) });
        await platform.UntilItAnswersAsync(controller, rules: 1);
        // Flooded to both other ports and to no service; then known by where it came from, and let go by the rule alone.
        await PassAsync(platform.First, platform.Second, There(1, 1));
        await ArriveAsync(platform.Third, 1);
        await PassNewAsync(platform.Second, platform.First, Back(1, 2), Back(1, 2), Back(1, 2));
        await PassNewAsync(platform.First, platform.Second, Many(1, 3, 40));
        await platform.UntilInstalledAsync(2);
        SdnSwitchStatistics before = platform.Statistics;
        await PassAsync(platform.First, platform.Second, Many(1, 100, 200));
        // Its rules are of stations, not of flows: it is not asked about another flow between the same.
        await PassNewAsync(platform.First, platform.Second, Many(2, 300, 20));
        Assert.Equal((before.PacketsIn, 0L), (platform.Statistics.PacketsIn, platform.Statistics.Unanswered));
        Assert.Equal(0, platform.Third.FramesToTake);
        Assert.All(platform.SeenByIds, Assert.Empty);
        Assert.DoesNotContain("Traceback", controller.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_policy_sends_new_flows_to_the_IDS_and_out_and_a_second_IDS_takes_its_share_without_the_controller()
    {
        const int Flows = 64;
        using OsKen controller = new("samples/SdnController/policy.py", ("POLICY_SERVICE", "ids"), ("POLICY_OUTPUT", "2"));
        await using ControlledPlatform platform = new(At(controller.Port), change: static options => options with { HoldTimeout = TimeSpan.FromSeconds(2) });
        await platform.UntilItAnswersAsync(controller, rules: 2);
        await platform.UntilInstalledAsync(platform.Probes);
        int probed = platform.SeenByIds[0].Length;

        byte[][] round = [.. Enumerable.Range(1, Flows).Select(flow => There((ushort)flow, flow))];
        await PassNewAsync(platform.First, platform.Second, round);
        await platform.UntilInstalledAsync(platform.Probes + Flows);
        Assert.Equal(probed + Flows, Assert.Single(platform.SeenByIds).Length);
        SdnSwitchStatistics before = platform.Statistics;

        platform.Manager.StartInstance(platform.IdsId);
        await UntilAsync(() => platform.SeenByIds.Length == 2 && platform.Manager.Services.Services.Single(service => service.Id == platform.IdsId).ActiveInstances == 2, "the second IDS");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(Flows, platform.First.SendMany(round));
            await TakeAsync(platform.Second, Flows);
        }

        int[] seen = [.. platform.SeenByIds.Select(static one => one.Length)];
        Assert.Equal(probed + (21 * Flows), seen.Sum());
        // A flow stays with one of them; which, its hash says.
        Assert.InRange(seen[1], 20 * Flows / 4, 20 * Flows * 3 / 4);
        Assert.Equal(20, platform.SeenByIds[1].GroupBy(static mark => mark).Select(static flow => flow.Count()).Distinct().Single());
        Assert.Equal((before.PacketsIn, before.Missed), (platform.Statistics.PacketsIn, platform.Statistics.Missed));
    }

    [Fact]
    public async Task The_IDS_diverts_a_flow_that_it_suspects_without_the_controller()
    {
        using OsKen controller = new("samples/SdnController/policy.py");
        await using ControlledPlatform platform = new(At(controller.Port), change: static options => options with { HoldTimeout = TimeSpan.FromSeconds(2) });
        await platform.UntilItAnswersAsync(controller, rules: 2);
        await PassNewAsync(platform.First, platform.Second, Many(1, 1, 20));
        await platform.UntilInstalledAsync(platform.Probes + 1);
        SdnSwitchStatistics before = platform.Statistics;
        await PassAsync(platform.First, platform.Third, There(1, Suspicious));
        await PassAsync(platform.First, platform.Third, Many(1, 100, 50));
        // Another flow goes on as before.
        await PassNewAsync(platform.First, platform.Second, Many(2, 200, 20));
        Assert.Equal(before.PacketsIn + 1, platform.Statistics.PacketsIn);
        Assert.DoesNotContain(platform.SeenByIds[0], static mark => mark is >= 100 and < 150);
    }

    [Fact]
    public async Task What_the_policy_has_no_say_in_is_dropped_by_its_rule_without_being_asked_about()
    {
        using OsKen controller = new("samples/SdnController/policy.py");
        await using ControlledPlatform platform = new(At(controller.Port));
        await UntilAsync(() => platform.Statistics.Rules == 2 || !controller.IsRunning, "the first rules");
        Assert.True(controller.IsRunning, controller.Output);
        platform.First.Send(PacketBuilder.Udp("::1", 1, "::2", 2).Build());
        platform.First.Send(PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2").Build());
        await UntilAsync(() => platform.Manager.GetStatistics().Dropped == 2, "the drops");
        Assert.Equal(0, platform.Statistics.PacketsIn);
    }
}

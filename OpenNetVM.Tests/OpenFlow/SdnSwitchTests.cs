using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;
using OpenNetVM.FlowTable;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.SdnPlatform;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>What the controller's rules do to packets: ways through the platform, and the flow director's part in them.</summary>
public sealed class SdnSwitchTests
{
    private static byte[] Frame(int mark, ushort destination = 80) => Frames.Udp(0x0A000001, 0x0A000002, 1000, destination, mark: mark);

    private static int[] Marks(IEnumerable<byte[]> frames) => [.. frames.Select(static frame => Frames.Mark(frame))];

    [Fact]
    public async Task Before_the_switch_is_started_packets_follow_the_default_chain()
    {
        await using SdnPlatform sdn = new();
        sdn.Platform.Start(ServiceChain.Through(sdn.Service).To(TestPlatform.OutputId));
        Assert.Equal([1, 2], Marks(sdn.Run(Frame(1), Frame(2))));
    }

    [Theory]
    [InlineData(SdnMissAction.FollowDefaultChain, 2)]
    [InlineData(SdnMissAction.Drop, 0)]
    public async Task Without_a_controller_packets_take_the_miss_action(SdnMissAction action, int leave)
    {
        await using SdnPlatform sdn = new(new SdnSwitchOptions { MissAction = action });
        (ServiceId firewall, List<int> seen) = sdn.AddService("firewall");
        sdn.Start(ServiceChain.Through(sdn.Service, firewall).To(TestPlatform.OutputId));
        Assert.Equal(leave, sdn.Run(Frame(1), Frame(2)).Count);
        Assert.Equal(leave, seen.Count);
    }

    [Fact]
    public async Task A_miss_without_a_rule_is_dropped_in_1_3_and_sent_to_the_controller_in_1_0()
    {
        await using SdnPlatform sdn = new();
        sdn.Start();
        TestChannel newer = await sdn.ConnectAsync();
        Assert.Empty(sdn.Run(Frame(1)));
        Assert.Equal(1, sdn.Platform.Dropped(DropReason.ByFunction));
        await sdn.DisconnectAsync(newer);
        TestChannel older = await sdn.ConnectAsync(WireVersion.Of10);
        sdn.Run(Frame(2, 81));
        PacketIn asked = await older.ReceiveAsync<PacketIn>();
        Assert.Equal(PacketInReason.NoMatch, asked.Reason);
    }

    [Fact]
    public async Task A_flow_waits_for_the_controller_and_then_goes_without_the_SDN_function()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss(60));
        Assert.Empty(sdn.Run(Frame(1), Frame(2), Frame(3)));
        PacketIn asked = await controller.ReceiveAsync<PacketIn>();
        Assert.Equal(60, asked.Data.Count);
        Assert.NotEqual(0u, asked.BufferId);
        Assert.NotEqual(OpenFlowConstants.NoBuffer, asked.BufferId);
        Assert.Equal(3, sdn.Statistics.HeldPackets);

        await sdn.TellAsync(controller, Add(From(First), To(Second)) with { BufferId = asked.BufferId });
        Assert.Equal([1, 2, 3], Marks(sdn.Platform.Output.ReceiveAll()));
        Assert.Equal((0L, 1), (sdn.Statistics.HeldPackets, sdn.Statistics.Flows));

        long missed = sdn.Statistics.Missed;
        Assert.Equal([4, 5], Marks(sdn.Run(Frame(4), Frame(5))));
        Assert.Equal(missed, sdn.Statistics.Missed);
        Assert.Equal(1, sdn.Statistics.PacketsIn);
        Assert.True(sdn.Platform.Manager.Director.TryGet(FlowOf(Frame(1)), out FlowRule? rule));
        Assert.Equal(2ul, rule!.Packets);
    }

    [Fact]
    public async Task Form_A_rules_from_port_to_service_port_to_port_are_one_chain()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        (ServiceId scrubber, List<int> atScrubber) = sdn.AddService("scrubber");
        uint idsPort = 0x1000u + ids.Value, scrubberPort = 0x1000u + scrubber.Value;
        await sdn.StartWithAsync(Add(From(First), To(idsPort)), Add(From(idsPort), To(scrubberPort)), Add(From(scrubberPort), To(Third)));
        sdn.Run(Frame(1), Frame(2));
        sdn.Run(Frame(3));
        Assert.Equal([1, 2, 3], Marks(sdn.ThirdWire.ReceiveAll()));
        Assert.Equal([1, 2, 3], atIds);
        Assert.Equal([1, 2, 3], atScrubber);
        Assert.Equal(2, sdn.Statistics.Missed);
        Assert.Equal(1, sdn.Statistics.Flows);
    }

    public static TheoryData<string> QueueForms => ["set_queue, set_queue, output", "set_queue, output, set_queue, output, pop_queue"];

    [Theory]
    [MemberData(nameof(QueueForms))]
    public async Task Form_B_queues_are_services_in_order_and_the_last_output_is_the_end(string form)
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        (ServiceId scrubber, List<int> atScrubber) = sdn.AddService("scrubber", (_, packet) => packet.Data[50]++);
        ExperimenterAction popQueue = new(OpenFlowConstants.Nicira, [0, 5, 0, 0, 0, 0, 0, 0]);
        OpenFlowAction[] actions = form.StartsWith("set_queue, set", StringComparison.Ordinal)
            ? [new SetQueueAction(ids.Value), new SetQueueAction(scrubber.Value), new OutputAction(Third)]
            : [new SetQueueAction(ids.Value), new OutputAction(Second), new SetQueueAction(scrubber.Value), new OutputAction(Third), popQueue];
        await sdn.StartWithAsync(Add(From(First), Apply(actions)));
        for (int i = 0; i < 3; i++)
            Assert.Empty(sdn.Run(Frame(i)));
        Assert.Equal([0, 1, 2], Marks(sdn.ThirdWire.ReceiveAll()));
        Assert.Equal([0, 1, 2], atIds);
        Assert.Equal([0, 1, 2], atScrubber);
    }

    [Fact]
    public async Task Form_B_of_1_0_enqueues_to_services()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        sdn.Start();
        TestChannel controller = await sdn.ConnectAsync(WireVersion.Of10);
        await sdn.TellAsync(controller, Add(From(First), Apply(new EnqueueAction(Third, ids.Value))));
        sdn.Run(Frame(1), Frame(2));
        Assert.Equal([1, 2], Marks(sdn.ThirdWire.ReceiveAll()));
        Assert.Equal([1, 2], atIds);
    }

    [Fact]
    public async Task A_queue_that_is_no_service_drops_rather_than_sends_past_a_service()
    {
        await using SdnPlatform sdn = new();
        await sdn.StartWithAsync(Add(From(First), Apply(new SetQueueAction(77), new OutputAction(Second))));
        Assert.Empty(sdn.Run(Frame(1), Frame(2)));
        Assert.Equal(2, sdn.Statistics.Unroutable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Form_C_a_list_of_outputs_is_a_chain_where_the_options_say_so_and_copies_otherwise(bool isChain)
    {
        await using SdnPlatform sdn = new(new SdnSwitchOptions { OutputListIsChain = isChain });
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids", (_, packet) => packet.Data[50] = 9);
        await sdn.StartWithAsync(Add(From(First), To(0x1000u + ids.Value, Third)));
        sdn.Run(Frame(1));
        sdn.Run(Frame(2));
        Assert.Equal([1, 2], atIds);
        // A copy is the packet as it was; what comes out of a service that has no rule of its own goes nowhere.
        Assert.All(sdn.ThirdWire.ReceiveAll(), frame => Assert.Equal(isChain ? 9 : 0, frame[50]));
        Assert.Equal(isChain ? 0 : 2, sdn.Platform.Statistics.Created);
    }

    [Fact]
    public async Task A_flood_goes_to_the_other_ports_and_to_no_service()
    {
        await using SdnPlatform sdn = new();
        (_, List<int> atIds) = sdn.AddService("ids");
        await sdn.StartWithAsync(Add(From(First), To(ReservedPort.Flood)));
        Assert.Equal([1, 2], Marks(sdn.Run(Frame(1), Frame(2))));
        Assert.Equal([1, 2], Marks(sdn.ThirdWire.ReceiveAll()));
        Assert.Equal(0, sdn.Platform.Input.FramesToTake);
        Assert.Empty(atIds);
    }

    [Fact]
    public async Task A_port_that_only_receives_gets_nothing()
    {
        await using SdnPlatform sdn = new();
        sdn.Platform.Builder.AddPort(new NullPort(new NullPortOptions { TransmitQueues = 0 }));
        await sdn.StartWithAsync(Add(Udp(First, 1), To(ReservedPort.Flood)), Add(Udp(First, 2), To(4)));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal([i], Marks(sdn.Run(Frame(i, 1))));
            Assert.Equal([i], Marks(sdn.ThirdWire.ReceiveAll()));
            Assert.Empty(sdn.Run(Frame(i, 2)));
        }

        Assert.Equal(3, sdn.Platform.Dropped(DropReason.ByFunction) + sdn.Platform.Dropped(DropReason.ByChain));
    }

    [Fact]
    public async Task A_packet_goes_back_where_it_came_from_only_by_IN_PORT()
    {
        await using SdnPlatform sdn = new();
        await sdn.StartWithAsync(Add(Udp(First, 1), To(First)), Add(Udp(First, 2), To(ReservedPort.InPort)));
        sdn.Run(Frame(1, 1), Frame(2, 2));
        Assert.Equal([2], Marks(sdn.Platform.Input.ReceiveAll()));
    }

    [Fact]
    public async Task NORMAL_is_the_default_chain_behind_the_SDN_function_as_it_is_now()
    {
        await using SdnPlatform sdn = new();
        (ServiceId firewall, List<int> seen) = sdn.AddService("firewall");
        sdn.Start(ServiceChain.Through(sdn.Service, firewall).To(TestPlatform.OutputId));
        await sdn.TellAsync(await sdn.ConnectAsync(), Add(FlowMatch.Everything, To(ReservedPort.Normal)));
        Assert.Equal(2, sdn.Run(Frame(1)).Concat(sdn.Run(Frame(2))).Count());
        Assert.Equal([1, 2], seen);
        sdn.Platform.Manager.Chains.Default = ServiceChain.Through(sdn.Service).To(sdn.ThirdId);
        sdn.Settle(200);
        sdn.Run(Frame(3));
        Assert.Equal([3], Marks(sdn.ThirdWire.ReceiveAll()));
    }

    [Fact]
    public async Task A_flow_that_somebody_takes_out_of_the_director_is_forgotten_and_set_up_anew()
    {
        await using SdnPlatform sdn = new();
        await sdn.StartWithAsync(Add(From(First), To(Third)));
        FlowDirector director = sdn.Platform.Manager.Director;
        // Rules of others: that there are fewer rules than flows is not what tells.
        for (ushort i = 0; i < 5; i++)
            Assert.True(director.TrySet(new Ipv4FlowKey(9, 9, i, i, 17), ChainId.Default));
        sdn.Run(Frame(1));
        Assert.Equal(1, sdn.Statistics.Flows);
        FlowRule rule = director.Rules().Single(static rule => rule.Tag != 0);
        Assert.True(director.Remove(rule.Ipv4!.Value));

        sdn.Settle(300);
        Assert.Equal(0, sdn.Statistics.Flows);
        sdn.Run(Frame(2));
        Assert.Equal((1, 2), (sdn.Statistics.Flows, sdn.Statistics.Installed));
        Assert.Equal([1, 2], Marks(sdn.ThirdWire.ReceiveAll()));
    }

    [Fact]
    public async Task NORMAL_is_the_ingress_ports_own_default_chain_where_it_has_one()
    {
        await using SdnPlatform sdn = new();
        sdn.Start(ServiceChain.Through(sdn.Service).To(TestPlatform.OutputId));
        await sdn.TellAsync(await sdn.ConnectAsync(), Add(FlowMatch.Everything, To(ReservedPort.Normal)));
        Assert.Equal([1], Marks(sdn.Run(Frame(1))));
        ChainTable chains = sdn.Platform.Manager.Chains;
        chains.SetDefault(TestPlatform.InputId, chains.Add(ServiceChain.Through(sdn.Service).To(sdn.ThirdId)));
        sdn.Settle(200);
        Assert.Empty(sdn.Run(Frame(2)));
        Assert.Equal([2], Marks(sdn.ThirdWire.ReceiveAll()));
    }

    [Fact]
    public async Task Headers_are_rewritten_on_the_way_and_later_packets_too()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        uint port = 0x1000u + ids.Value;
        SetFieldAction address = new(new OxmField(OxmFieldId.EthernetDestination, 0x020000000099));
        await sdn.StartWithAsync(Add(From(First), To(port)), Add(From(port), Apply(address, new OutputAction(Third))));
        sdn.Run(Frame(1));
        sdn.Run(Frame(2));
        Assert.Equal([1, 2], atIds);
        byte[][] left = [.. sdn.ThirdWire.ReceiveAll()];
        Assert.Equal([1, 2], Marks(left));
        Assert.All(left, frame => Assert.Equal("020000000099", Convert.ToHexString(frame.AsSpan(0, 6))));
        Assert.Equal(1, sdn.Statistics.Flows);
    }

    [Fact]
    public async Task A_rewritten_five_tuple_is_what_the_rules_behind_the_service_see()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        uint port = 0x1000u + ids.Value;
        SetFieldAction translate = new(new OxmField(OxmFieldId.UdpDestination, 8080));
        await sdn.StartWithAsync(
            Add(Udp(First, 80), Apply(translate, new OutputAction(port))),
            Add(Udp(port, 8080), To(Third), priority: 20),
            Add(From(port), To(Second)));
        for (int i = 0; i < 3; i++)
            Assert.Empty(sdn.Run(Frame(i)));
        Assert.Equal([0, 1, 2], atIds);
        Assert.All(sdn.ThirdWire.ReceiveAll(), frame => Assert.Equal(8080, (frame[36] << 8) | frame[37]));
    }

    [Fact]
    public async Task A_packet_whose_time_to_live_is_over_goes_no_further()
    {
        await using SdnPlatform sdn = new();
        await sdn.StartWithAsync(Add(From(First), Apply(new DecrementTtlAction(), new OutputAction(Second))));
        byte[] last = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", ttl: 1).Udp(1, 2).Build();
        byte[] other = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", ttl: 9).Udp(1, 3).Build();
        byte[] left = Assert.Single(sdn.Run(last, other, last));
        Assert.Equal(8, left[22]);
    }

    [Fact]
    public async Task A_select_group_spreads_flows_over_services_and_a_flow_stays()
    {
        await using SdnPlatform sdn = new();
        (ServiceId one, List<int> atOne) = sdn.AddService("one");
        (ServiceId two, List<int> atTwo) = sdn.AddService("two");
        uint onePort = 0x1000u + one.Value, twoPort = 0x1000u + two.Value;
        GroupMod group = new(GroupModCommand.Add, GroupType.Select, 1, [Bucket(onePort), Bucket(twoPort)]);
        TestChannel controller = await sdn.StartWithAsync(
            group, Add(From(First), Apply(new GroupAction(1))), Add(From(onePort), To(Second)), Add(From(twoPort), To(Second)));
        byte[][] flows = Frames.Flows(200);
        Assert.Equal(200, sdn.Run(flows).Count);
        int[] first = [.. atOne];
        Assert.InRange(first.Length, 60, 140);
        Assert.Equal(200, sdn.Run(flows).Count);
        Assert.Equal(first.Concat(first).Order(), atOne.Order());
        Assert.Equal(400, atOne.Count + atTwo.Count);
        GroupStatistics statistics = Assert.Single((await controller.AskAsync<GroupStatisticsReply>(new GroupStatisticsRequest(1))).Groups);
        Assert.Equal((400ul, 2ul * (ulong)first.Length), (statistics.Counters.Packets, statistics.Buckets[0].Packets));
    }

    [Fact]
    public async Task An_all_group_sends_a_copy_through_each_bucket()
    {
        await using SdnPlatform sdn = new();
        GroupMod group = new(GroupModCommand.Add, GroupType.All, 1, [Bucket(Second), Bucket(Third)]);
        await sdn.StartWithAsync(group, Add(From(First), Apply(new GroupAction(1))));
        Assert.Equal([1, 2], Marks(sdn.Run(Frame(1), Frame(2))));
        Assert.Equal([1, 2], Marks(sdn.ThirdWire.ReceiveAll()));
    }

    [Fact]
    public async Task Rules_that_send_packets_in_circles_drop_them()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        uint port = 0x1000u + ids.Value;
        await sdn.StartWithAsync(Add(From(First), To(port)), Add(From(port), To(ReservedPort.InPort)));
        Assert.Empty(sdn.Run(Frame(1)));
        Assert.Empty(atIds);
        Assert.Equal(1, sdn.Statistics.Endless);
    }

    [Fact]
    public async Task A_change_of_rules_holds_for_the_next_packet_once_the_barrier_is_answered()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(Add(From(First), To(Second)));
        Assert.Equal([1, 2], Marks(sdn.Run(Frame(1)).Concat(sdn.Run(Frame(2)))));
        Assert.Equal(1, sdn.Statistics.Flows);
        await controller.TellAsync(Add(Udp(First, 80), To(Third), priority: 20));
        Assert.Empty(sdn.Run(Frame(3)));
        Assert.Equal([3], Marks(sdn.ThirdWire.ReceiveAll()));
        await controller.TellAsync(new FlowMod(FlowModCommand.Delete, Udp(First, 80), default));
        Assert.Equal([4], Marks(sdn.Run(Frame(4))));
        await controller.TellAsync(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default));
        Assert.Empty(sdn.Run(Frame(5)));
        Assert.Empty(sdn.ThirdWire.ReceiveAll());
    }

    [Fact]
    public async Task Statistics_and_FLOW_REMOVED_count_every_packet_and_byte_once()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(
            TableMiss(), Add(From(First), To(Second)) with { IdleTimeout = 5, Flags = FlowModFlags.SendFlowRemoved, Cookie = 7 });
        byte[][] flows = Frames.Flows(50);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(50, sdn.Run(flows).Count);
            FlowStatisticsReply reply = await controller.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, From(First)));
            ulong packets = 50ul * (ulong)(i + 1);
            Assert.Equal(new FlowCounters(packets, packets * (ulong)flows[0].Length), Assert.Single(reply.Flows).Counters);
            // Used all the time: it does not go.
            sdn.Settle(1000);
        }

        Assert.Equal(2, sdn.Switch.Agent.RuleCount);
        sdn.Settle(7000);
        FlowRemoved removed = await controller.ReceiveAsync<FlowRemoved>();
        Assert.Equal((7ul, FlowRemovedReason.IdleTimeout, new FlowCounters(500, 500 * (ulong)flows[0].Length)), (removed.Cookie, removed.Reason, removed.Counters));
        Assert.Equal(0, sdn.Statistics.Flows);
    }

    [Fact]
    public async Task A_flow_that_is_idle_leaves_the_director_and_its_rule_stays_with_its_counters()
    {
        await using SdnPlatform sdn = new(new SdnSwitchOptions { FlowIdleTimeout = TimeSpan.FromSeconds(2) });
        TestChannel controller = await sdn.StartWithAsync(Add(From(First), To(Second)));
        sdn.Run(Frame(1));
        sdn.Run(Frame(2));
        Assert.Equal(1, sdn.Platform.Manager.Director.Count);
        sdn.Settle(5000);
        Assert.Equal((0, 0), (sdn.Platform.Manager.Director.Count, sdn.Statistics.Flows));
        FlowStatisticsReply reply = await controller.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, From(First)));
        Assert.Equal(2ul, Assert.Single(reply.Flows).Counters.Packets);
        Assert.Equal([3], Marks(sdn.Run(Frame(3))));
    }

    [Fact]
    public async Task A_function_diverts_a_flow_by_the_director_and_the_controller_s_changes_leave_that_alone()
    {
        await using SdnPlatform sdn = new();
        (ServiceId scrubber, List<int> scrubbed) = sdn.AddService("scrubber");
        ChainId divert = default;
        (ServiceId ids, _) = sdn.AddService("ids", (function, packet) => function.Context.Flows.TrySet(packet, divert));
        uint port = 0x1000u + ids.Value;
        TestChannel controller = await sdn.StartWithAsync(Add(From(First), To(port)), Add(From(port), To(Second)));
        divert = sdn.Platform.Manager.Chains.Add(ServiceChain.Through(scrubber).To(sdn.ThirdId));
        sdn.Run(Frame(1));
        sdn.Run(Frame(2));
        Assert.Equal([2], scrubbed);
        await controller.TellAsync(Add(Udp(First, 80), To(Second), priority: 99));
        sdn.Run(Frame(3));
        sdn.Settle(2000);
        sdn.Run(Frame(4));
        Assert.Equal([2, 3, 4], scrubbed);
        Assert.Equal(0, sdn.Statistics.Flows);
    }

    [Fact]
    public async Task A_director_without_room_leaves_the_SDN_function_to_decide_on_each_packet()
    {
        NfManagerOptions small = new() { Dataplane = new() { Director = new FlowDirectorOptions { Ipv4Capacity = 8, Ipv6Capacity = 8 } } };
        await using SdnPlatform sdn = new(manager: small);
        TestChannel controller = await sdn.StartWithAsync(Add(From(First), To(Second)));
        byte[][] flows = Frames.Flows(200);
        Assert.Equal(200, sdn.Run(flows).Count);
        Assert.Equal(200, sdn.Run(flows).Count);
        Assert.True(sdn.Statistics.NotInstalled > 0);
        FlowStatisticsReply reply = await controller.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, From(First)));
        Assert.Equal(400ul, Assert.Single(reply.Flows).Counters.Packets);
    }

    [Fact]
    public async Task A_platform_whose_policy_does_not_let_the_service_set_flows_is_refused()
    {
        await using SdnPlatform sdn = new();
        sdn.Platform.Start(ServiceChain.Through(sdn.Service).To(TestPlatform.OutputId));
        sdn.Platform.Manager.Policy = SteeringPolicy.ChainsOnly;
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => sdn.Switch.Start(sdn.Platform.Manager, sdn.Service));
        Assert.Contains("allow.SetFlows", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => sdn.Switch.Start(sdn.Platform.Manager, new ServiceId(55)));
    }

    private static Bucket Bucket(uint port) => new(1, ReservedPort.Any, ReservedGroup.Any, [new OutputAction(port)]);

    private static Ipv4FlowKey FlowOf(byte[] frame)
    {
        Assert.Equal(Core.Headers.FlowKeyStatus.Ipv4, Core.Headers.FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out _));
        return key;
    }
}

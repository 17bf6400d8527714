using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>FLOW_MOD, timeouts, and the flows that the data path holds because of rules.</summary>
public sealed class SwitchAgentFlowTests : IAsyncDisposable
{
    private static readonly ValueArray<Instruction> ToPort2 = [new ApplyActionsInstruction([new OutputAction(2)])];
    private static readonly ValueArray<Instruction> ToService3 = [new ApplyActionsInstruction([new OutputAction(0x1003)])];

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _logger = new();
    private readonly FakeDatapath _datapath;
    private readonly SwitchAgent _agent;
    private readonly List<TestChannel> _channels = [];

    public SwitchAgentFlowTests()
    {
        _datapath = new FakeDatapath(_time);
        _agent = new SwitchAgent(_datapath, new SwitchAgentOptions { MaxRules = 100, SweepPeriod = TimeSpan.FromMilliseconds(500) }, _time, _logger);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestChannel channel in _channels)
            await channel.DisposeAsync();
        _agent.Dispose();
    }

    private async Task<TestChannel> OpenAsync(byte version = WireVersion.Of13)
    {
        TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger, version);
        _channels.Add(channel);
        return channel;
    }

    private static FlowMatch Ports(uint inPort, ushort? tcpDestination = null) => tcpDestination is { } port
        ? FlowMatch.Of(new(OxmFieldId.InPort, inPort), new(OxmFieldId.EthernetType, EtherTypes.Ipv4), new(OxmFieldId.IpProtocol, IpProtocols.Tcp), new(OxmFieldId.TcpDestination, port))
        : FlowMatch.Of(new OxmField(OxmFieldId.InPort, inPort));

    private static FlowMod Add(FlowMatch match, ushort priority, ValueArray<Instruction> instructions) => new(FlowModCommand.Add, match, instructions) { Priority = priority };

    private static PacketFields Packet(uint inPort, ushort tcpDestination = 0)
    {
        PacketFields packet = default;
        packet.Set(OxmFieldId.InPort, inPort);
        packet.Set(OxmFieldId.EthernetType, EtherTypes.Ipv4);
        packet.Set(OxmFieldId.IpProtocol, IpProtocols.Tcp);
        packet.Set(OxmFieldId.TcpDestination, tcpDestination);
        return packet;
    }

    private TrackedFlow Track(params PacketFields[] hops)
    {
        TrackedFlow flow = new([.. hops.Select(fields => new FlowHop(fields, _agent.Resolve(fields)))]);
        _agent.Track(flow);
        return flow;
    }

    private static async Task<FlowStatistics[]> DumpAsync(TestChannel channel, FlowMatch? match = null)
    {
        FlowStatisticsReply reply = await channel.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, match ?? FlowMatch.Everything));
        return [.. reply.Flows];
    }

    [Fact]
    public async Task An_equal_rule_takes_the_place_of_the_old_one_and_keeps_its_counters_unless_told_otherwise()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2) with { Cookie = 1 });
        _agent.Count([new FlowHop(Packet(1), _agent.Resolve(Packet(1)))], new FlowCounters(3, 300));
        await channel.TellAsync(Add(Ports(1), 5, ToService3) with { Cookie = 2 });
        FlowStatistics rule = Assert.Single(await DumpAsync(channel));
        Assert.Equal((2ul, new FlowCounters(3, 300), ToService3), (rule.Cookie, rule.Counters, rule.Instructions));
        await channel.TellAsync(Add(Ports(1), 5, ToPort2) with { Flags = FlowModFlags.ResetCounts });
        Assert.Equal(default, Assert.Single(await DumpAsync(channel)).Counters);
    }

    [Fact]
    public async Task Modify_changes_what_lies_within_the_match_and_modify_strict_the_one_rule_and_neither_adds_any()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2), Add(Ports(1, 80), 6, ToPort2), Add(Ports(2, 80), 6, ToPort2));
        await channel.TellAsync(new FlowMod(FlowModCommand.Modify, Ports(1), ToService3) { Priority = 99 });
        Assert.Equal(2, (await DumpAsync(channel)).Count(rule => rule.Instructions == ToService3));
        await channel.TellAsync(new FlowMod(FlowModCommand.ModifyStrict, Ports(1), ToPort2) { Priority = 6 });
        Assert.Equal(2, (await DumpAsync(channel)).Count(rule => rule.Instructions == ToService3));
        await channel.TellAsync(new FlowMod(FlowModCommand.ModifyStrict, Ports(1), ToPort2) { Priority = 5 });
        Assert.Single(await DumpAsync(channel), rule => rule.Instructions == ToService3);
        Assert.Equal(3, _agent.RuleCount);
    }

    [Fact]
    public async Task A_modify_of_nothing_adds_a_rule_in_1_0()
    {
        TestChannel channel = await OpenAsync(WireVersion.Of10);
        await channel.TellAsync(new FlowMod(FlowModCommand.Modify, Ports(1), ToPort2) { Priority = 7 });
        Assert.Equal(7, Assert.Single(await DumpAsync(channel)).Priority);
    }

    [Fact]
    public async Task Delete_takes_what_lies_within_the_match_filtered_by_cookie_port_and_group()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(
            new GroupMod(GroupModCommand.Add, GroupType.Indirect, 4, [new Bucket(0, ReservedPort.Any, ReservedGroup.Any, [new OutputAction(2)])]),
            Add(Ports(1), 5, ToPort2) with { Cookie = 0x11 },
            Add(Ports(1, 80), 6, ToService3) with { Cookie = 0x12 },
            Add(Ports(1, 81), 6, [new WriteActionsInstruction([new GroupAction(4)])]) with { Cookie = 0x21 },
            Add(Ports(2), 5, ToPort2));
        await channel.TellAsync(new FlowMod(FlowModCommand.Delete, Ports(1), default) { Cookie = 0x10, CookieMask = 0xF0, OutPort = 0x1003 });
        Assert.Equal([0ul, 0x11, 0x21], (await DumpAsync(channel)).Select(rule => rule.Cookie).Order().ToArray());
        await channel.TellAsync(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default) { OutGroup = 4, Table = OpenFlowConstants.AllTables });
        Assert.Equal(2, _agent.RuleCount);
        await channel.TellAsync(new FlowMod(FlowModCommand.DeleteStrict, Ports(1), default) { Priority = 4 });
        Assert.Equal(2, _agent.RuleCount);
        await channel.TellAsync(new FlowMod(FlowModCommand.DeleteStrict, Ports(1), default) { Priority = 5 });
        Assert.Equal(2ul, (ulong)Assert.Single(await DumpAsync(channel)).Match.Fields[0].Value);
    }

    [Fact]
    public async Task An_add_ignores_the_filters_that_count_for_a_delete()
    {
        // os-ken sends out_port and out_group 0 with every FLOW_MOD.
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2) with { OutPort = 0, OutGroup = 0 });
        Assert.Equal(1, _agent.RuleCount);
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_with_the_error_of_the_specification()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2));
        await channel.RefuseAsync(Add(Ports(1, 80), 5, ToPort2) with { Flags = FlowModFlags.CheckOverlap }, Errors.FlowMod.Overlap);
        await channel.TellAsync(Add(Ports(1, 80), 6, ToPort2) with { Flags = FlowModFlags.CheckOverlap });
        await channel.RefuseAsync(Add(Ports(1), 5, ToPort2) with { Table = 1 }, Errors.FlowMod.TableId);
        await channel.RefuseAsync(Add(Ports(1), 5, ToPort2) with { Table = OpenFlowConstants.AllTables }, Errors.FlowMod.TableId);
        await channel.RefuseAsync(Add(FlowMatch.Of(new OxmField(OxmFieldId.Metadata, 1)), 5, ToPort2), Errors.BadMatch.Field);
        await channel.RefuseAsync(Add(Ports(1), 5, [new GotoTableInstruction(1)]), Errors.BadInstruction.TableId);
        await channel.RefuseAsync(Add(Ports(1), 5, [new WriteMetadataInstruction(1, 1)]), Errors.BadInstruction.Unsupported);
        await channel.RefuseAsync(Add(Ports(1), 5, [new MeterInstruction(1)]), Errors.BadInstruction.Unsupported);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ExperimenterInstruction(9, [0, 0, 0, 0, 0, 0, 0, 0])]), Errors.BadInstruction.Experimenter);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new OutputAction(0)])]), Errors.BadAction.OutPort);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new OutputAction(ReservedPort.Any)])]), Errors.BadAction.OutPort);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new GroupAction(9)])]), Errors.BadAction.OutGroup);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new PushVlanAction(0x1234)])]), Errors.BadAction.Argument);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new SetFieldAction(new OxmField(OxmFieldId.Ipv4Source, 1))])]), Errors.BadAction.MatchInconsistent);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new SetFieldAction(new OxmField(OxmFieldId.InPort, 1))])]), Errors.BadAction.SetType);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new ExperimenterAction(7, [0, 0, 0, 0, 0, 0, 0, 0])])]), Errors.BadAction.Experimenter);
        await channel.RefuseAsync(Add(Ports(1), 5, [new ApplyActionsInstruction([new ExperimenterAction(OpenFlowConstants.Nicira, [0, 14, 0, 0, 0, 0, 0, 0])])]), Errors.BadAction.ExperimenterType);
        // Open vSwitch's "pop queue" follows every output to a queue of its controller.
        await channel.TellAsync(Add(Ports(2), 5, [new ApplyActionsInstruction([new SetQueueAction(5), new OutputAction(2), new ExperimenterAction(OpenFlowConstants.Nicira, [0, 5, 0, 0, 0, 0, 0, 0])])]));
        Assert.Equal(3, _agent.RuleCount);
    }

    [Fact]
    public async Task A_full_table_refuses_new_rules_and_takes_those_that_replace_old_ones()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Enumerable.Range(1, 100).Select(port => Add(Ports((uint)port), 5, ToPort2)));
        await channel.RefuseAsync(Add(Ports(101), 5, ToPort2), Errors.FlowMod.TableFull);
        await channel.TellAsync(Add(Ports(100), 5, ToService3));
        Assert.Equal(100, _agent.RuleCount);
    }

    [Fact]
    public async Task A_buffered_packet_follows_the_rule_that_names_it_and_the_rule_stays_where_there_is_no_such_packet()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2) with { BufferId = 7 });
        Assert.Equal((7u, (ValueArray<OpenFlowAction>)[new OutputAction(2)]), Assert.Single(_datapath.Released));
        await channel.RefuseAsync(Add(Ports(2), 5, ToPort2) with { BufferId = 77 }, Errors.BadRequest.BufferUnknown);
        Assert.Equal(2, _agent.RuleCount);
        await channel.TellAsync(new FlowMod(FlowModCommand.Delete, Ports(1), default) { BufferId = 9 });
        Assert.Equal(2, _datapath.Released.Count);
    }

    [Fact]
    public async Task A_rule_goes_when_its_time_is_over_and_who_asked_is_told_how_much_it_saw()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(
            Add(Ports(1), 5, ToPort2) with { IdleTimeout = 10, Flags = FlowModFlags.SendFlowRemoved, Cookie = 1 },
            Add(Ports(2), 5, ToPort2) with { IdleTimeout = 10, HardTimeout = 15, Flags = FlowModFlags.SendFlowRemoved, Cookie = 2 },
            Add(Ports(3), 5, ToPort2) with { HardTimeout = 5 });
        TrackedFlow second = Track(Packet(2, 80));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(2, _agent.RuleCount);
        // The data path forwards a packet of the second rule's without asking anyone.
        _datapath.Count(second, 4, 400);
        _time.Advance(TimeSpan.FromSeconds(2));
        FlowRemoved removed = await channel.ReceiveAsync<FlowRemoved>();
        Assert.Equal((1ul, FlowRemovedReason.IdleTimeout, default(FlowCounters), 10), (removed.Cookie, removed.Reason, removed.Counters, removed.IdleTimeout));
        Assert.InRange(removed.Duration.Seconds, 10u, 11u);
        _time.Advance(TimeSpan.FromSeconds(5));
        removed = await channel.ReceiveAsync<FlowRemoved>();
        Assert.Equal((2ul, FlowRemovedReason.HardTimeout, new FlowCounters(4, 400)), (removed.Cookie, removed.Reason, removed.Counters));
        Assert.Equal([second], _datapath.Removed);
        Assert.Equal(0, _agent.RuleCount);
    }

    [Fact]
    public async Task Rules_that_are_added_and_deleted_for_ever_are_not_kept_until_their_timeouts()
    {
        TestChannel channel = await OpenAsync();
        for (int i = 0; i < 100; i++)
        {
            await channel.TellAsync(Enumerable.Range(1, 100).Select(port => Add(Ports((uint)port), 5, ToPort2) with { HardTimeout = ushort.MaxValue }));
            await channel.TellAsync(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default));
        }

        Assert.InRange(_agent.WaitingForTimeouts, 0, 2_000);
    }

    [Fact]
    public async Task A_deleted_rule_is_told_with_its_counters_only_where_that_was_asked_for()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2) with { Flags = FlowModFlags.SendFlowRemoved }, Add(Ports(2), 5, ToPort2));
        TrackedFlow flow = Track(Packet(1));
        _datapath.Count(flow, 2, 200);
        await channel.SendAsync(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default));
        FlowRemoved removed = await channel.ReceiveAsync<FlowRemoved>();
        Assert.Equal((FlowRemovedReason.Delete, new FlowCounters(2, 200)), (removed.Reason, removed.Counters));
        await channel.TellAsync();
        Assert.Equal(0, _agent.RuleCount);
    }

    [Fact]
    public async Task Only_the_flows_that_a_change_concerns_are_withdrawn_and_before_the_barrier_is_answered()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToService3), Add(Ports(0x1003), 5, ToPort2), Add(Ports(2), 5, ToPort2));
        // A chain: nic0, then service 3, then nic1.
        TrackedFlow chain = Track(Packet(1, 80), Packet(0x1003, 80));
        TrackedFlow other = Track(Packet(1, 81), Packet(0x1003, 81));
        TrackedFlow apart = Track(Packet(2, 80));

        // Lower than the rules in use, equal to them, and elsewhere: nothing changes.
        await channel.TellAsync(Add(Ports(1, 80), 4, ToPort2), Add(Ports(1, 80), 5, ToPort2), Add(Ports(7), 9, ToPort2));
        Assert.Empty(_datapath.Removed);
        await channel.TellAsync(Add(Ports(0x1003, 80), 6, ToService3));
        Assert.Equal([chain], _datapath.Removed);
        await channel.TellAsync(new FlowMod(FlowModCommand.ModifyStrict, Ports(1), ToPort2) { Priority = 5 });
        Assert.Equal([chain, other], _datapath.Removed);
        await channel.TellAsync(new FlowMod(FlowModCommand.DeleteStrict, Ports(2), default) { Priority = 5 });
        Assert.Equal([chain, other, apart], _datapath.Removed);
        Assert.Equal(0, _agent.TrackedCount);
    }

    [Fact]
    public async Task A_flow_that_matched_nothing_is_withdrawn_by_the_first_rule_for_it()
    {
        TestChannel channel = await OpenAsync();
        TrackedFlow flow = Track(Packet(1));
        await channel.TellAsync(Add(Ports(2), 0, ToPort2));
        Assert.Empty(_datapath.Removed);
        await channel.TellAsync(Add(Ports(1), 0, ToPort2));
        Assert.Equal([flow], _datapath.Removed);
    }

    [Fact]
    public async Task Lookups_hold_until_a_change_that_concerns_them()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2));
        FlowHop[] lookups = [new FlowHop(Packet(1, 80), _agent.Resolve(Packet(1, 80)))];
        RulesStamp stamp = _agent.Stamp;
        Assert.True(_agent.IsCurrent(stamp, lookups));
        await channel.TellAsync(Add(Ports(2, 80), 6, ToService3));
        Assert.NotEqual(stamp, _agent.Stamp);
        Assert.True(_agent.IsCurrent(stamp, lookups));
        await channel.TellAsync(Add(Ports(1, 80), 6, ToService3));
        Assert.False(_agent.IsCurrent(stamp, lookups));
    }

    [Fact]
    public async Task Lookups_hold_no_more_when_actions_groups_or_ports_have_changed()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2));
        FlowHop[] lookups = [new FlowHop(Packet(1), _agent.Resolve(Packet(1)))];
        RulesStamp stamp = _agent.Stamp;
        await channel.TellAsync(Add(Ports(1), 5, ToService3) with { Command = FlowModCommand.Modify });
        Assert.False(_agent.IsCurrent(stamp, lookups));
        stamp = _agent.Stamp;
        await channel.TellAsync(new GroupMod(GroupModCommand.Add, GroupType.All, 1, default));
        Assert.False(_agent.IsCurrent(stamp, lookups));
        stamp = _agent.Stamp;
        _agent.PortChanged(PortStatusReason.Modify, FakeDatapath.Port(2, "nic1"));
        Assert.False(_agent.IsCurrent(stamp, lookups));
    }

    [Fact]
    public async Task Statistics_add_up_what_the_data_path_counts_and_what_it_counted_of_flows_that_are_gone()
    {
        TestChannel channel = await OpenAsync();
        await channel.TellAsync(Add(Ports(1), 5, ToPort2), Add(Ports(2), 5, ToPort2) with { Flags = FlowModFlags.NoByteCounts });
        TrackedFlow one = Track(Packet(1, 80)), two = Track(Packet(1, 81)), three = Track(Packet(2));
        _datapath.Count(one, 1, 10);
        _datapath.Count(two, 2, 20);
        _datapath.Count(three, 4, 40);
        _agent.Untrack(one, _datapath.Read(one));
        _agent.Untrack(one, _datapath.Read(one));
        FlowStatistics[] rules = await DumpAsync(channel);
        Assert.Equal(new FlowCounters(3, 30), rules.Single(rule => rule.Match.Equals(Ports(1))).Counters);
        Assert.Equal(new FlowCounters(4, ulong.MaxValue), rules.Single(rule => rule.Match.Equals(Ports(2))).Counters);
        AggregateReply sum = await channel.AskAsync<AggregateReply>(new FlowStatisticsRequest(IsAggregate: true, Ports(1)));
        Assert.Equal((new FlowCounters(3, 30), 1u), (sum.Counters, sum.Flows));
        TableStatistics table = Assert.Single((await channel.AskAsync<TableStatisticsReply>(new PlainRequest(MultipartType.Table))).Tables);
        Assert.Equal((2u, 3ul, 3ul), (table.Active, table.Lookups, table.Matched));
    }
}

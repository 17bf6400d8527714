using Microsoft.Extensions.Time.Testing;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Everything that a switch answers beside FLOW_MOD.</summary>
public sealed class SwitchAgentTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _logger = new();
    private readonly FakeDatapath _datapath;
    private readonly SwitchAgent _agent;
    private readonly List<TestChannel> _channels = [];

    public SwitchAgentTests()
    {
        _datapath = new FakeDatapath(_time);
        _agent = new SwitchAgent(_datapath, new SwitchAgentOptions { DatapathId = 0xAB, Description = "test" }, _time, _logger);
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

    private static Bucket Bucket(uint port, ushort weight = 0) => new(weight, ReservedPort.Any, ReservedGroup.Any, [new OutputAction(port)]);

    [Fact]
    public async Task A_switch_tells_what_it_is()
    {
        TestChannel channel = await OpenAsync();
        FeaturesReply features = await channel.AskAsync<FeaturesReply>(new FeaturesRequest());
        Assert.Equal((0xABul, 256u, 1), (features.DatapathId, features.Buffers, features.Tables));
        Assert.Equal("test", (await channel.AskAsync<DescriptionReply>(new PlainRequest(MultipartType.Description))).Datapath);
        Assert.Equal(["nic0", "nic1", "svc3"], (await channel.AskAsync<PortDescriptionReply>(new PlainRequest(MultipartType.PortDescription))).Ports.Select(port => port.Name));
        TableFeatures table = Assert.Single((await channel.AskAsync<TableFeaturesReply>(new TableFeaturesRequest(default))).Tables);
        Assert.Equal([0, 2, 4, 6, 8, 10, 12, 14], table.Properties.Select(property => (int)property.Type));
        Assert.Equal(0u, (await channel.AskAsync<MeterFeaturesReply>(new PlainRequest(MultipartType.MeterFeatures))).MaxMeters);
        Assert.Equal(0b0111u, (await channel.AskAsync<GroupFeaturesReply>(new PlainRequest(MultipartType.GroupFeatures))).Types);
        Assert.Empty((await channel.AskAsync<OpaqueReply>(new MeterRequest(MultipartType.Meter, uint.MaxValue))).Body);
    }

    [Fact]
    public async Task What_a_switch_of_this_kind_does_not_do_is_refused_by_the_right_error()
    {
        TestChannel channel = await OpenAsync();
        await channel.RefuseAsync(new ExperimenterMessage(OpenFlowConstants.Nicira, [0, 0, 0, 16, 0, 0, 0, 2]), Errors.BadRequest.Experimenter);
        await channel.RefuseAsync(new ExperimenterRequest(1, [0, 0, 0, 1]), Errors.BadRequest.Experimenter);
        await channel.RefuseAsync(new FeaturesReply(1, 1, 1, 0, 0), Errors.BadRequest.Type);
        await channel.RefuseAsync(new MeterMod(0, 0, 1, default), Errors.MeterMod.OutOfMeters);
        await channel.RefuseAsync(new MeterMod(1, 0, 1, default), Errors.MeterMod.UnknownMeter);
        await channel.RefuseAsync(new MeterMod(9, 0, 1, default), Errors.MeterMod.Command);
        await channel.RefuseAsync(new TableMod(1, 0), Errors.TableMod.Table);
        await channel.RefuseAsync(new TableMod(0, 8), Errors.TableMod.Config);
        await channel.RefuseAsync(new SetConfig(2, 128), Errors.SwitchConfig.Flags);
        await channel.RefuseAsync(new TableFeaturesRequest([TableOffer.Describe(1)]), Errors.TableFeatures.NotPermitted);
        await channel.RefuseAsync(new TableFeaturesRequest(default) { HasMore = true }, Errors.BadRequest.MultipartOverflow);
        await channel.RefuseAsync(new PortStatisticsRequest(9), Errors.BadRequest.Port);
        await channel.RefuseAsync(new QueueStatisticsRequest(9, OpenFlowConstants.AllQueues), Errors.QueueOperation.Port);
        await channel.RefuseAsync(new QueueStatisticsRequest(1, 99), Errors.QueueOperation.Queue);
        await channel.RefuseAsync(new QueueGetConfigRequest(9), Errors.QueueOperation.Port);
        await channel.RefuseAsync(new MeterRequest(MultipartType.Meter, 1), Errors.MeterMod.UnknownMeter);
        await channel.RefuseAsync(new FlowStatisticsRequest(IsAggregate: false, FlowMatch.Everything) { Table = 3 }, Errors.BadRequest.TableId);
        await channel.TellAsync(new MeterMod(2, 0, uint.MaxValue, default), new TableMod(0, 0), new TableMod(OpenFlowConstants.AllTables, 0));
    }

    [Fact]
    public async Task The_length_of_packets_sent_to_the_controller_is_set_for_each_channel()
    {
        TestChannel one = await OpenAsync();
        TestChannel two = await OpenAsync();
        await one.TellAsync(new SetConfig(0, OpenFlowConstants.WholePacket));
        Assert.Equal(OpenFlowConstants.WholePacket, (await one.AskAsync<GetConfigReply>(new GetConfigRequest())).MissSendLength);
        Assert.Equal(OpenFlowConstants.DefaultMissSendLength, (await two.AskAsync<GetConfigReply>(new GetConfigRequest())).MissSendLength);
    }

    [Fact]
    public async Task A_packet_out_reaches_the_data_path_where_it_makes_sense()
    {
        TestChannel channel = await OpenAsync();
        PacketOut message = new(OpenFlowConstants.NoBuffer, ReservedPort.Controller, [new OutputAction(ReservedPort.Flood)], [1, 2, 3]);
        await channel.TellAsync(message);
        Assert.Equal(message, Assert.Single(_datapath.Sent) with { Xid = 0 });
        await channel.RefuseAsync(message with { InPort = 0 }, Errors.BadRequest.Port);
        await channel.RefuseAsync(message with { InPort = ReservedPort.Flood }, Errors.BadRequest.Port);
        await channel.RefuseAsync(message with { BufferId = 5 }, Errors.BadRequest.Packet);
        await channel.RefuseAsync(message with { Actions = [new GroupAction(1)] }, Errors.BadAction.OutGroup);
        Assert.Single(_datapath.Sent);
    }

    [Fact]
    public async Task A_port_is_configured_and_everyone_is_told()
    {
        TestChannel channel = await OpenAsync();
        TestChannel other = await OpenAsync(WireVersion.Of10);
        PortMod message = new(1, FakeDatapath.Port(1, "").HardwareAddress, (uint)PortConfig.NoPacketIn, (uint)PortConfig.NoPacketIn, 0);
        await channel.SendAsync(message);
        PortStatusMessage status = await channel.ReceiveAsync<PortStatusMessage>();
        Assert.Equal((PortStatusReason.Modify, 1u, (uint)PortConfig.NoPacketIn), (status.Reason, status.Port.Port, status.Port.Config));
        Assert.Equal(1u, (await other.ReceiveAsync<PortStatusMessage>()).Port.Port);
        await channel.RefuseAsync(message with { Port = 9 }, Errors.PortMod.Port);
        await channel.RefuseAsync(message with { HardwareAddress = default }, Errors.PortMod.HardwareAddress);
        await channel.RefuseAsync(message with { Mask = 0x8000_0000 }, Errors.PortMod.Config);
        // Nothing changes, so nothing is told.
        await channel.TellAsync(message);
    }

    [Fact]
    public async Task Groups_are_added_changed_deleted_and_described()
    {
        TestChannel channel = await OpenAsync();
        GroupMod select = new(GroupModCommand.Add, GroupType.Select, 1, [Bucket(1, 1), Bucket(2, 3)]);
        await channel.TellAsync(select, new GroupMod(GroupModCommand.Add, GroupType.All, 2, [Bucket(1), Bucket(2)]));
        await channel.RefuseAsync(select, Errors.GroupMod.Exists);
        await channel.RefuseAsync(select with { Group = 9, Command = GroupModCommand.Modify }, Errors.GroupMod.Unknown);
        await channel.RefuseAsync(select with { Group = 9, GroupType = GroupType.FastFailover }, Errors.GroupMod.Type);
        await channel.RefuseAsync(select with { Group = 9, GroupType = GroupType.Indirect }, Errors.GroupMod.Invalid);
        await channel.RefuseAsync(select with { Group = ReservedGroup.All }, Errors.GroupMod.Invalid);
        await channel.RefuseAsync(select with { Group = 9, Buckets = [Bucket(1) with { Actions = [new GroupAction(1)] }] }, Errors.GroupMod.ChainingUnsupported);
        await channel.RefuseAsync(select with { Group = 9, Buckets = [Bucket(0)] }, Errors.BadAction.OutPort);
        GroupDescription[] groups = [.. (await channel.AskAsync<GroupDescriptionReply>(new PlainRequest(MultipartType.GroupDescription))).Groups];
        Assert.Equal([(1u, GroupType.Select), (2u, GroupType.All)], groups.Select(group => (group.Group, group.GroupType)));
        Assert.Equal(select.Buckets, groups[0].Buckets);

        FlowMod rule = new(FlowModCommand.Add, FlowMatch.Everything, [new ApplyActionsInstruction([new GroupAction(1)])]) { Flags = FlowModFlags.SendFlowRemoved };
        await channel.TellAsync(rule);
        GroupStatistics statistics = Assert.Single((await channel.AskAsync<GroupStatisticsReply>(new GroupStatisticsRequest(1))).Groups);
        Assert.Equal((1u, 2), (statistics.References, statistics.Buckets.Count));
        await channel.SendAsync(new GroupMod(GroupModCommand.Delete, GroupType.All, ReservedGroup.All, default));
        Assert.Equal(FlowRemovedReason.GroupDelete, (await channel.ReceiveAsync<FlowRemoved>()).Reason);
        await channel.TellAsync(new GroupMod(GroupModCommand.Delete, GroupType.All, 1, default));
        Assert.Empty((await channel.AskAsync<GroupStatisticsReply>(new GroupStatisticsRequest(ReservedGroup.All))).Groups);
        Assert.Equal(0, _agent.RuleCount);
    }

    [Fact]
    public async Task A_flow_through_a_group_is_counted_there_and_withdrawn_when_the_group_changes()
    {
        TestChannel channel = await OpenAsync();
        GroupMod group = new(GroupModCommand.Add, GroupType.Select, 1, [Bucket(1, 1), Bucket(2, 1)]);
        await channel.TellAsync(group, new FlowMod(FlowModCommand.Add, FlowMatch.Everything, [new ApplyActionsInstruction([new GroupAction(1)])]));
        (OpenFlowGroup chosen, int bucket) = _agent.SelectBucket(1, 12345)!.Value;
        TrackedFlow flow = new([new FlowHop(default, _agent.Resolve(default), chosen, bucket)]);
        _agent.Track(flow);
        _datapath.Count(flow, 5, 500);
        await channel.TellAsync(group with { Command = GroupModCommand.Modify, Buckets = [Bucket(2, 1)] });
        Assert.Equal([flow], _datapath.Removed);
        GroupStatistics statistics = Assert.Single((await channel.AskAsync<GroupStatisticsReply>(new GroupStatisticsRequest(1))).Groups);
        Assert.Equal(new FlowCounters(5, 500), statistics.Counters);
    }

    [Fact]
    public void A_select_group_gives_each_bucket_its_weight_and_keeps_flows_where_they_are_when_another_is_added()
    {
        OpenFlowGroup group = new(new GroupMod(GroupModCommand.Add, GroupType.Select, 1, [Bucket(1, 1), Bucket(2, 3), Bucket(3, 0)]), 0);
        const int Flows = 40_000;
        int[] before = [.. Enumerable.Range(0, Flows).Select(hash => group.Select((uint)hash * 2_654_435_761))];
        Assert.DoesNotContain(2, before);
        Assert.InRange(before.Count(bucket => bucket == 1) / (double)Flows, 0.74, 0.76);
        group.Set(new GroupMod(GroupModCommand.Modify, GroupType.Select, 1, [Bucket(1, 1), Bucket(2, 3), Bucket(3, 1)]));
        int[] after = [.. Enumerable.Range(0, Flows).Select(hash => group.Select((uint)hash * 2_654_435_761))];
        Assert.All(before.Zip(after), pair => Assert.True(pair.First == pair.Second || pair.Second == 2));
        Assert.InRange(after.Count(bucket => bucket == 2) / (double)Flows, 0.19, 0.21);
    }

    [Fact]
    public async Task A_master_makes_the_old_master_a_slave_which_may_ask_but_not_write()
    {
        TestChannel first = await OpenAsync();
        TestChannel second = await OpenAsync();
        Assert.Equal(ControllerRole.Equal, (await first.AskAsync<RoleReply>(new RoleRequest(ControllerRole.NoChange, 0))).Role);
        Assert.Equal(ControllerRole.Master, (await first.AskAsync<RoleReply>(new RoleRequest(ControllerRole.Master, ulong.MaxValue))).Role);
        // The generation wraps round: 0 is newer than the last.
        await second.AskAsync<RoleReply>(new RoleRequest(ControllerRole.Master, 0));
        Assert.Equal((ControllerRole.Slave, 0ul), await RoleAsync(first));
        await first.RefuseAsync(new RoleRequest(ControllerRole.Master, ulong.MaxValue), Errors.RoleRequest.Stale);
        await first.RefuseAsync(new FlowMod(FlowModCommand.Add, FlowMatch.Everything, default), Errors.BadRequest.IsSlave);
        await first.RefuseAsync(new PacketOut(OpenFlowConstants.NoBuffer, 1, default, [1]), Errors.BadRequest.IsSlave);
        await first.RefuseAsync(new GroupMod(GroupModCommand.Delete, GroupType.All, 1, default), Errors.BadRequest.IsSlave);
        await first.AskAsync<AggregateReply>(new FlowStatisticsRequest(IsAggregate: true, FlowMatch.Everything));

        // A packet goes to the master alone, a change of a port to both.
        await second.TellAsync(new FlowMod(FlowModCommand.Add, FlowMatch.Everything, default) { Priority = 0 });
        Assert.Equal(1, _agent.SendPacketIn(new byte[60], 1, _agent.Resolve(default), 60));
        _agent.PortChanged(PortStatusReason.Delete, FakeDatapath.Port(2, "nic1"));
        await second.ReceiveAsync<PacketIn>();
        await second.ReceiveAsync<PortStatusMessage>();
        Assert.Equal(PortStatusReason.Delete, (await first.ReceiveAsync<PortStatusMessage>()).Reason);
        await first.AskAsync<RoleReply>(new RoleRequest(ControllerRole.Equal, 0));
        Assert.Equal(2, _agent.SendPacketIn(new byte[60], 1, _agent.Resolve(default), 60));

        static async Task<(ControllerRole, ulong)> RoleAsync(TestChannel channel)
        {
            RoleReply reply = await channel.AskAsync<RoleReply>(new RoleRequest(ControllerRole.NoChange, 0));
            return (reply.Role, reply.GenerationId);
        }
    }

    [Fact]
    public async Task A_controller_chooses_what_it_is_sent()
    {
        TestChannel channel = await OpenAsync();
        AsyncMasks masks = (await channel.AskAsync<GetAsyncReply>(new GetAsyncRequest())).Masks;
        await channel.TellAsync(
            new SetAsync(masks with { PacketIn = 1 << (int)PacketInReason.NoMatch, PortStatus = 0 }),
            new FlowMod(FlowModCommand.Add, FlowMatch.Everything, default) { Priority = 0 },
            new FlowMod(FlowModCommand.Add, FlowMatch.Of(new OxmField(OxmFieldId.InPort, 1)), default) { Priority = 1 });
        PacketFields fromPort1 = default;
        fromPort1.Set(OxmFieldId.InPort, 1);
        Assert.Equal(0, _agent.SendPacketIn(new byte[60], 1, _agent.Resolve(fromPort1), 60));
        _agent.PortChanged(PortStatusReason.Modify, FakeDatapath.Port(2, "nic1"));
        Assert.Equal(1, _agent.SendPacketIn(new byte[60], 2, _agent.Resolve(default), 60));
        Assert.Equal(PacketInReason.NoMatch, (await channel.ReceiveAsync<PacketIn>()).Reason);
    }

    [Fact]
    public async Task A_packet_goes_whole_where_it_is_not_buffered_and_cut_where_it_is()
    {
        TestChannel channel = await OpenAsync();
        byte[] frame = [.. Enumerable.Range(0, 500).Select(value => (byte)value)];
        await channel.TellAsync(
            new FlowMod(FlowModCommand.Add, FlowMatch.Everything, default) { Priority = 0, Cookie = 0xC },
            new FlowMod(FlowModCommand.Add, FlowMatch.Of(new OxmField(OxmFieldId.InPort, 1)), default) { Priority = 1 });
        _agent.SendPacketIn(frame, 2, _agent.Resolve(default), 128);
        PacketIn whole = await channel.ReceiveAsync<PacketIn>();
        Assert.Equal((OpenFlowConstants.NoBuffer, 500, 500, 0xCul, PacketInReason.NoMatch), (whole.BufferId, whole.Data.Count, whole.TotalLength, whole.Cookie, whole.Reason));
        Assert.Equal("{InPort=2}", whole.Match.ToString());
        _agent.SendPacketIn(frame, 2, _agent.Resolve(default), 128, bufferId: 9);
        PacketIn cut = await channel.ReceiveAsync<PacketIn>();
        Assert.Equal((9u, 128, 500), (cut.BufferId, cut.Data.Count, cut.TotalLength));
    }

    [Fact]
    public async Task A_miss_without_a_rule_is_sent_to_controllers_of_1_0_and_to_no_others()
    {
        TestChannel newer = await OpenAsync();
        Assert.False(_agent.MissesGoToController);
        TestChannel older = await OpenAsync(WireVersion.Of10);
        Assert.True(_agent.MissesGoToController);
        await older.TellAsync(new SetConfig(0, 20));
        Assert.Equal(1, _agent.SendPacketIn(new byte[60], 2, rule: null, OpenFlowConstants.WholePacket, bufferId: 4));
        PacketIn packet = await older.ReceiveAsync<PacketIn>();
        Assert.Equal((PacketInReason.NoMatch, 20, 60), (packet.Reason, packet.Data.Count, packet.TotalLength));
        await newer.TellAsync();
    }

    [Fact]
    public async Task What_1_0_can_ask_is_answered_in_1_0()
    {
        TestChannel channel = await OpenAsync(WireVersion.Of10);
        FeaturesReply features = await channel.AskAsync<FeaturesReply>(new FeaturesRequest());
        Assert.Equal(["nic0", "nic1", "svc3"], features.Ports10.Select(port => port.Name));
        Assert.Equal(0u, features.Capabilities & (uint)SwitchCapabilities.GroupStatistics);
        await channel.TellAsync(new FlowMod(FlowModCommand.Add, FlowMatch.Of(new OxmField(OxmFieldId.InPort, 1)), [new ApplyActionsInstruction([new EnqueueAction(2, 3)])]));
        FlowStatistics rule = Assert.Single((await channel.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, FlowMatch.Everything))).Flows);
        Assert.Equal(new EnqueueAction(2, 3), ((ApplyActionsInstruction)rule.Instructions[0]).Actions[0]);
        Assert.Equal(TableOffer.Name, Assert.Single((await channel.AskAsync<TableStatisticsReply>(new PlainRequest(MultipartType.Table))).Tables).Name10);
        Assert.Equal(3, (await channel.AskAsync<PortStatisticsReply>(new PortStatisticsRequest(ReservedPort.Any))).Ports.Count);
        Assert.Equal(2, (await channel.AskAsync<QueueStatisticsReply>(new QueueStatisticsRequest(ReservedPort.Any, OpenFlowConstants.AllQueues))).Queues.Count);
        Assert.Equal(3u, Assert.Single((await channel.AskAsync<QueueGetConfigReply>(new QueueGetConfigRequest(1))).Queues).Queue);
        await channel.RefuseAsync(new FlowMod(FlowModCommand.Add, FlowMatch.Everything, [new ApplyActionsInstruction([new OutputAction(ReservedPort.Any)])]), Errors.BadAction.OutPort);
    }
}

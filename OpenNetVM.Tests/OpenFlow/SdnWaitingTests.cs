using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.SdnPlatform;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Packets that wait for the controller: what lets them go, and what becomes of them if nothing does.</summary>
public sealed class SdnWaitingTests
{
    private static byte[] Frame(int mark, ushort destination = 80) => Frames.Udp(0x0A000001, 0x0A000002, 1000, destination, mark: mark);

    private static int[] Marks(IEnumerable<byte[]> frames) => [.. frames.Select(static frame => Frames.Mark(frame))];

    private static PacketOut Out(PacketIn asked, params OpenFlowAction[] actions) =>
        new(asked.BufferId, asked.Match.TryGet(OxmFieldId.InPort, out OxmField port) ? (uint)port.Value : 0, new ValueArray<OpenFlowAction>(actions), asked.BufferId == OpenFlowConstants.NoBuffer ? asked.Data : default);

    [Fact]
    public async Task Without_buffers_the_packet_goes_to_the_controller_whole_and_comes_back_before_those_behind_it()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss(OpenFlowConstants.WholePacket));
        sdn.Run(Frame(1), Frame(2), Frame(3));
        PacketIn asked = await controller.ReceiveAsync<PacketIn>();
        Assert.Equal((OpenFlowConstants.NoBuffer, Frame(1).Length), (asked.BufferId, asked.Data.Count));
        Assert.Equal(2, sdn.Statistics.HeldPackets);
        await sdn.TellAsync(controller, Add(From(First), To(Second)), Out(asked, new OutputAction(Second)));
        Assert.Equal([1, 2, 3], Marks(sdn.Platform.Output.ReceiveAll()));
        Assert.Equal([4], Marks(sdn.Run(Frame(4))));
        Assert.Equal((1L, 1), (sdn.Statistics.PacketsIn, sdn.Statistics.Flows));
    }

    [Fact]
    public async Task A_PACKET_OUT_lets_one_packet_go_and_the_next_one_asks_anew()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss());
        sdn.Run(Frame(1), Frame(2));
        PacketIn first = await controller.ReceiveAsync<PacketIn>();
        await sdn.TellAsync(controller, Out(first, new OutputAction(ReservedPort.Flood)));
        Assert.Equal([1], Marks(sdn.Platform.Output.ReceiveAll()));
        Assert.Equal([1], Marks(sdn.ThirdWire.ReceiveAll()));
        PacketIn second = await controller.ReceiveAsync<PacketIn>();
        Assert.NotEqual(first.BufferId, second.BufferId);
        Assert.Equal(2, Frames.Mark(second.Data.Span));
        await sdn.TellAsync(controller, Out(second));
        Assert.Equal(0, sdn.Statistics.HeldPackets);
        Assert.Empty(sdn.Platform.Output.ReceiveAll());
        sdn.Platform.AssertConserved();
    }

    [Fact]
    public async Task A_buffer_is_let_go_once_and_one_that_never_was_is_unknown()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss());
        sdn.Run(Frame(1));
        PacketIn asked = await controller.ReceiveAsync<PacketIn>();
        await sdn.TellAsync(controller, Out(asked, new OutputAction(Second)));
        await controller.RefuseAsync(Out(asked, new OutputAction(Second)), Errors.BadRequest.BufferEmpty);
        await controller.RefuseAsync(Out(asked with { BufferId = 12345 }, new OutputAction(Second)), Errors.BadRequest.BufferUnknown);
        await controller.RefuseAsync(Out(asked with { BufferId = 0 }, new OutputAction(Second)), Errors.BadRequest.BufferUnknown);
        Assert.Single(sdn.Platform.Output.ReceiveAll());
    }

    [Fact]
    public async Task A_rule_that_names_no_buffer_lets_the_packets_go_too()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss());
        sdn.Run(Frame(1), Frame(2), Frame(3, 81));
        await controller.ReceiveAsync<PacketIn>();
        await sdn.TellAsync(controller, Add(Udp(First, 80), To(Second)));
        sdn.Settle();
        Assert.Equal([1, 2], Marks(sdn.Platform.Output.ReceiveAll()));
        Assert.Equal(1, sdn.Statistics.HeldPackets);
    }

    [Fact]
    public async Task A_rule_that_drops_drops_what_waits()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss());
        sdn.Run(Frame(1), Frame(2));
        PacketIn asked = await controller.ReceiveAsync<PacketIn>();
        await sdn.TellAsync(controller, Add(Udp(First, 80), default) with { BufferId = asked.BufferId });
        Assert.Empty(sdn.Run(Frame(3)));
        Assert.Equal(0, sdn.Statistics.HeldPackets);
        sdn.Platform.AssertConserved();
    }

    [Theory]
    [InlineData(SdnMissAction.FollowDefaultChain)]
    [InlineData(SdnMissAction.Drop)]
    public async Task What_finds_no_room_to_wait_and_what_waits_too_long_take_the_miss_action(SdnMissAction action)
    {
        bool passes = action == SdnMissAction.FollowDefaultChain;
        await using SdnPlatform sdn = new(new SdnSwitchOptions { MissAction = action, MaxHeldPerFlow = 3, MaxHeldPackets = 5, HoldTimeout = TimeSpan.FromMilliseconds(50) });
        await sdn.StartWithAsync(TableMiss());
        Assert.Equal(passes ? [4, 5] : [], Marks(sdn.Run(Frame(1), Frame(2), Frame(3), Frame(4), Frame(5))));
        Assert.Equal(passes ? [8] : [], Marks(sdn.Run(Frame(6, 81), Frame(7, 82), Frame(8, 83))));
        Assert.Equal((5L, 3L), (sdn.Statistics.HeldPackets, sdn.Statistics.Overflowed));
        sdn.Settle(40);
        Assert.Empty(sdn.Platform.Output.ReceiveAll());
        sdn.Settle(20);
        Assert.Equal(passes ? [1, 2, 3, 6, 7] : [], Marks(sdn.Platform.Output.ReceiveAll()).Order());
        Assert.Equal((0L, 5L), (sdn.Statistics.HeldPackets, sdn.Statistics.Unanswered));
        sdn.Platform.AssertConserved();
        // Its flow is not decided: it asks again.
        sdn.Run(Frame(9));
        Assert.Equal(1, sdn.Statistics.HeldPackets);
    }

    [Fact]
    public async Task Packets_for_the_controller_are_limited_in_number_and_wait_for_their_turn()
    {
        await using SdnPlatform sdn = new(new SdnSwitchOptions { PacketInRate = 100, PacketInBurst = 2, HoldTimeout = TimeSpan.FromSeconds(5) });
        TestChannel controller = await sdn.StartWithAsync(TableMiss());
        sdn.Run(Enumerable.Range(0, 6).Select(static i => Frame(i, (ushort)(100 + i))));
        Assert.Equal(2, sdn.Statistics.PacketsIn);
        sdn.Settle(21);
        Assert.Equal(4, sdn.Statistics.PacketsIn);
        sdn.Settle(30);
        Assert.Equal(6, sdn.Statistics.PacketsIn);
        for (int i = 0; i < 6; i++)
            await sdn.TellAsync(controller, Out(await controller.ReceiveAsync<PacketIn>(), new OutputAction(Second)));
        Assert.Equal([0, 1, 2, 3, 4, 5], Marks(sdn.Platform.Output.ReceiveAll()).Order());
    }

    [Theory]
    [InlineData(SdnFailMode.Secure)]
    [InlineData(SdnFailMode.Standalone)]
    public async Task When_the_controller_goes_what_waits_takes_the_miss_action_and_rules_stay_or_go(SdnFailMode mode)
    {
        await using SdnPlatform sdn = new(new SdnSwitchOptions { FailMode = mode });
        TestChannel controller = await sdn.StartWithAsync(TableMiss(), Add(Udp(First, 80), To(Third)));
        sdn.Run(Frame(1), Frame(2, 81));
        Assert.Equal(1, sdn.Statistics.HeldPackets);
        await sdn.DisconnectAsync(controller);
        Assert.Equal([2], Marks(sdn.Platform.Output.ReceiveAll()));
        Assert.Equal([1], Marks(sdn.ThirdWire.ReceiveAll()));
        Assert.Equal(mode == SdnFailMode.Secure ? 2 : 0, sdn.Statistics.Rules);

        // A known flow and an unknown one.
        int[] passed = Marks(sdn.Run(Frame(3), Frame(4, 81)));
        Assert.Equal(mode == SdnFailMode.Secure ? [4] : [3, 4], passed);
        Assert.Equal(mode == SdnFailMode.Secure ? [3] : [], Marks(sdn.ThirdWire.ReceiveAll()));

        // A controller comes: it decides on what it has a say in at once.
        controller = await sdn.ConnectAsync();
        await sdn.TellAsync(controller, new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default), Add(FlowMatch.Everything, To(Third)));
        sdn.Run(Frame(5), Frame(6, 81));
        Assert.Equal([5, 6], Marks(sdn.ThirdWire.ReceiveAll()));
    }

    [Fact]
    public async Task A_miss_behind_a_service_asks_about_the_service_s_port()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        uint port = 0x1000u + ids.Value;
        TestChannel controller = await sdn.StartWithAsync(TableMiss(), Add(From(First), To(port)));
        sdn.Run(Frame(1), Frame(2));
        PacketIn asked = await controller.ReceiveAsync<PacketIn>();
        Assert.True(asked.Match.TryGet(OxmFieldId.InPort, out OxmField inPort));
        Assert.Equal(port, (uint)inPort.Value);
        Assert.Equal([1, 2], atIds);
        await sdn.TellAsync(controller, Add(From(port), To(Third)) with { BufferId = asked.BufferId });
        sdn.Settle();
        Assert.Equal([1, 2], Marks(sdn.ThirdWire.ReceiveAll()));
        sdn.Run(Frame(3));
        sdn.Run(Frame(4));
        Assert.Equal([3, 4], Marks(sdn.ThirdWire.ReceiveAll()));
        Assert.Equal([1, 2, 3, 4], atIds);
        Assert.Equal(1, sdn.Statistics.PacketsIn);
    }

    [Fact]
    public async Task The_controller_sends_packets_of_its_own_by_actions_and_through_the_rules()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        uint port = 0x1000u + ids.Value;
        TestChannel controller = await sdn.StartWithAsync(Add(From(First), To(port)), Add(From(port), To(Third)));
        await sdn.TellAsync(
            controller,
            new PacketOut(OpenFlowConstants.NoBuffer, ReservedPort.Controller, [new OutputAction(Second)], new ValueArray<byte>(Frame(1))),
            new PacketOut(OpenFlowConstants.NoBuffer, First, [new OutputAction(ReservedPort.Table)], new ValueArray<byte>(Frame(2))),
            new PacketOut(OpenFlowConstants.NoBuffer, First, [new OutputAction(ReservedPort.Flood)], new ValueArray<byte>(Frame(3))),
            new PacketOut(OpenFlowConstants.NoBuffer, ReservedPort.Controller, [new OutputAction(Second)], new ValueArray<byte>(new byte[9000])));
        Assert.Equal([1, 3], Marks(sdn.Platform.Output.ReceiveAll()));
        Assert.Equal([2, 3], Marks(sdn.ThirdWire.ReceiveAll()).Order());
        Assert.Equal([2], atIds);
        Assert.Equal((3L, 1L), (sdn.Statistics.PacketsOut, sdn.Statistics.PacketsOutLost));
        sdn.Platform.AssertConserved();
    }

    [Fact]
    public async Task Packets_without_a_flow_key_follow_rules_through_services_too_each_by_itself()
    {
        await using SdnPlatform sdn = new();
        (ServiceId ids, List<int> atIds) = sdn.AddService("ids");
        uint port = 0x1000u + ids.Value;
        TestChannel controller = await sdn.StartWithAsync(Add(From(First), To(port)), Add(From(port), To(Third)));
        byte[] arp = PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2").Build();
        for (int i = 0; i < 3; i++)
        {
            sdn.Run(arp, Frame(i, (ushort)(i + 1)));
            Assert.Equal(2, sdn.ThirdWire.ReceiveAll().Count);
        }

        Assert.Equal(6, atIds.Count);
        FlowStatisticsReply reply = await controller.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, From(First)));
        Assert.Equal(6ul, Assert.Single(reply.Flows).Counters.Packets);
    }

    [Fact]
    public async Task A_port_that_is_told_not_to_ask_or_not_to_take_part_drops()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss(), Add(Udp(First, 80), To(Second)));
        PortDescription first = sdn.Switch.Current!.Ports.Find(First)!.Description;
        PortMod quiet = new(First, first.HardwareAddress, (uint)PortConfig.NoPacketIn, (uint)PortConfig.NoPacketIn, 0);
        await controller.SendAsync(quiet);
        Assert.Equal(PortStatusReason.Modify, (await controller.ReceiveAsync<PortStatusMessage>()).Reason);
        Assert.Equal([1], Marks(sdn.Run(Frame(1), Frame(2, 81))));
        Assert.Equal((0L, 0L), (sdn.Statistics.PacketsIn, sdn.Statistics.HeldPackets));
        PortDescription second = sdn.Switch.Current!.Ports.Find(Second)!.Description;
        await controller.SendAsync(new PortMod(Second, second.HardwareAddress, (uint)PortConfig.NoForward, (uint)PortConfig.NoForward, 0));
        await controller.ReceiveAsync<PortStatusMessage>();
        Assert.Empty(sdn.Run(Frame(3)));
    }

    [Fact]
    public async Task The_controller_hears_of_services_that_come_start_and_stop()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync();
        ServiceId late = sdn.Platform.Manager.AddService("late", static () => new ScriptedFunction());
        sdn.Settle(200);
        PortStatusMessage came = await controller.ReceiveAsync<PortStatusMessage>();
        Assert.Equal((PortStatusReason.Add, "late", (uint)PortStates.LinkDown), (came.Reason, came.Port.Name, came.Port.State));
        InstanceId instance = sdn.Platform.Manager.StartInstance(late);
        sdn.Settle(200);
        PortStatusMessage started = await controller.ReceiveAsync<PortStatusMessage>();
        Assert.Equal((PortStatusReason.Modify, (uint)PortStates.Live), (started.Reason, started.Port.State));
        Task stopping = sdn.Platform.Manager.StopInstanceAsync(instance);
        while (!stopping.IsCompleted)
        {
            sdn.Settle();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        sdn.Settle(200);
        Assert.Equal((uint)PortStates.LinkDown, (await controller.ReceiveAsync<PortStatusMessage>()).Port.State);
    }

    [Fact]
    public async Task Disposing_withdraws_the_flows_and_the_platform_goes_on()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss(), Add(Udp(First, 80), To(Third)));
        sdn.Run(Frame(1), Frame(2, 81));
        sdn.ThirdWire.ReceiveAll();
        await sdn.Switch.DisposeAsync();
        Assert.Equal(0, sdn.Platform.Manager.Director.Count);
        Assert.Equal([2, 3, 4], Marks(sdn.Run(Frame(3), Frame(4, 81))).Order());
        // Of the switch's chains, none is left.
        Assert.Equal(1, sdn.Platform.Manager.Chains.Count);
        sdn.Platform.AssertConserved();
    }

    [Fact]
    public async Task An_SDN_function_that_faults_gives_its_packets_back_and_its_successor_goes_on()
    {
        await using SdnPlatform sdn = new();
        TestChannel controller = await sdn.StartWithAsync(TableMiss());
        sdn.Run(Frame(1));
        PacketIn asked = await controller.ReceiveAsync<PacketIn>();
        InstanceId instance = Assert.Single(sdn.Platform.Manager.Services.Instances).Id;
        Task stopping = sdn.Platform.Manager.StopInstanceAsync(instance);
        while (!stopping.IsCompleted)
        {
            sdn.Settle();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, sdn.Statistics.HeldPackets);
        sdn.Platform.Manager.StartInstance(sdn.Service);
        await controller.RefuseAsync(Out(asked, new OutputAction(Second)), Errors.BadRequest.BufferEmpty);
        sdn.Run(Frame(2));
        await sdn.TellAsync(controller, Out(await controller.ReceiveAsync<PacketIn>(), new OutputAction(Second)));
        Assert.Equal([2], Marks(sdn.Platform.Output.ReceiveAll()));
        sdn.Platform.AssertConserved();
    }
}

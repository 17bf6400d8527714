using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A switch of ours connects to controllers in Python, on the framework os-ken: the samples, and a library of the framework's own.</summary>
public sealed class OsKenTests
{
    private const uint Service = 0x1003;

    private static readonly OpenFlowChannelOptions Quick = new() { ReconnectDelay = TimeSpan.FromMilliseconds(50), LongestReconnectDelay = TimeSpan.FromMilliseconds(200) };

    private static FakeDatapath Datapath(uint buffers = 256) => new(TimeProvider.System)
    {
        BufferCount = buffers,
        Ports = new ValueArray<PortDescription>([FakeDatapath.Port(1, "nic0"), FakeDatapath.Port(2, "nic1"), FakeDatapath.Port(Service, "ids")]),
    };

    private static OpenFlowSwitch Connect(FakeDatapath datapath, OsKen controller) => new(
        datapath, new SwitchAgentOptions(), Quick, [new OpenFlowEndpoint(OpenFlowTransport.Tcp, "127.0.0.1", controller.Port)], TimeProvider.System, NullLogger.Instance);

    // Until it has the answer to its question for the ports, the framework drops every packet without a word.
    private static async Task WaitUntilItTakesPacketsAsync(FakeDatapath datapath, OpenFlowSwitch connected, OsKen controller, int rules)
    {
        await UntilAsync(() => connected.Agent.RuleCount == rules || !controller.IsRunning, "the first rules");
        Assert.True(controller.IsRunning, controller.Output);
        byte[] probe = PacketBuilder.Ethernet("02:00:00:00:00:77", "ff:ff:ff:ff:ff:ff").ArpRequest("10.0.0.77", "10.0.0.78").Build();
        await UntilAsync(() => datapath.Sent.Count > 0, "an answer to a packet", () => SendIn(connected, probe, 1));
    }

    // As the switch would: by the rule that it meets.
    private static void SendIn(OpenFlowSwitch connected, byte[] frame, uint port, uint buffer = OpenFlowConstants.NoBuffer)
    {
        OpenFlowRule? rule = connected.Agent.Resolve(PacketFieldsReader.Read(frame, port));
        ushort length = rule?.Actions is { Count: > 0 } actions && actions[0] is OutputAction { Port: ReservedPort.Controller } output ? output.MaxLength : OpenFlowConstants.WholePacket;
        connected.Agent.SendPacketIn(frame, port, rule, length, buffer);
    }

    private static OpenFlowRule? RuleFor(OpenFlowSwitch connected, byte[] frame, uint port) =>
        connected.Agent.Resolve(PacketFieldsReader.Read(frame, port)) is { Priority: > 1 } rule ? rule : null;

    private static OutputAction To(uint port) => new(port, 0xFFE5);

    [Fact]
    public async Task The_learning_switch_sends_frames_where_their_destination_was_seen()
    {
        using OsKen controller = new("samples/SdnController/learning_switch.py");
        FakeDatapath datapath = Datapath();
        await using OpenFlowSwitch connected = Connect(datapath, controller);
        await WaitUntilItTakesPacketsAsync(datapath, connected, controller, rules: 1);
        byte[] question = PacketBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02").Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();
        byte[] answer = PacketBuilder.Ethernet("02:00:00:00:00:02", "02:00:00:00:00:01").Ipv4("10.0.0.2", "10.0.0.1").Udp(2, 1).Build();

        // Not known yet: flooded from its buffer, of which the answer has the number and not the bytes.
        SendIn(connected, question, 1, buffer: 7);
        await UntilAsync(() => datapath.Sent.Any(sent => sent.BufferId == 7), "the flooding");
        PacketOut flooded = datapath.Sent.Single(sent => sent.BufferId == 7);
        Assert.Equal((1u, 0, [To(ReservedPort.Flood)]), (flooded.InPort, flooded.Data.Count, flooded.Actions));

        // Known: the rule alone lets the packet go. A packet that came whole is sent back behind the rule.
        SendIn(connected, answer, 2, buffer: 8);
        await UntilAsync(() => datapath.Released.Count == 1, "the release of the packet");
        Assert.Equal((8u, [To(1)]), (datapath.Released[0].Buffer, datapath.Released[0].Actions));
        SendIn(connected, question, 1);
        await UntilAsync(() => datapath.Sent.Any(sent => sent.Data.Span.SequenceEqual(question)), "the packet coming back");
        Assert.Equal([To(2)], datapath.Sent.Single(sent => sent.Data.Span.SequenceEqual(question)).Actions);
        Assert.DoesNotContain(datapath.Sent, sent => sent.BufferId == 8);

        // The framework says "port 0, group 0" in rules that it adds, which counts for nothing there.
        Assert.Equal(3, connected.Agent.RuleCount);
        OpenFlowRule rule = connected.Agent.Resolve(PacketFieldsReader.Read(answer, 2))!;
        Assert.Equal(
            FlowMatch.Of(
                new OxmField(OxmFieldId.InPort, 2), new OxmField(OxmFieldId.EthernetDestination, 0x0200_0000_0001), new OxmField(OxmFieldId.EthernetSource, 0x0200_0000_0002)),
            rule.Match);
        Assert.Equal((300, [To(1)]), (rule.IdleTimeout, rule.Actions));
    }

    [Theory]
    [InlineData(256u, 9u)]
    [InlineData(0u, OpenFlowConstants.NoBuffer)]
    public async Task The_policy_sends_a_new_flow_through_the_service_and_out_by_one_rule_for_each_hop(uint buffers, uint buffer)
    {
        using OsKen controller = new("samples/SdnController/policy.py", ("POLICY_IDLE_TIMEOUT", "45"));
        FakeDatapath datapath = Datapath(buffers);
        await using OpenFlowSwitch connected = Connect(datapath, controller);
        await WaitUntilItTakesPacketsAsync(datapath, connected, controller, rules: 2);
        byte[][] flows =
        [
            PacketBuilder.Tcp("10.0.0.1", 1234, "10.0.0.2", 80).Build(), PacketBuilder.Ethernet().Vlan(5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1234, 53).FillTo(1000).Build(),
            PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").IcmpEcho().Build(), PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 2).Build(),
            PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.3").Fragment(64, more: false).Protocol(IpProtocols.Udp).Payload("rest").Build(),
        ];
        foreach (byte[] flow in flows)
        {
            int released = datapath.Released.Count;
            SendIn(connected, flow, 1, buffer);
            await UntilAsync(() => RuleFor(connected, flow, 1) is not null, $"a rule for {FrameText.Describe(flow)}");
            OpenFlowRule first = RuleFor(connected, flow, 1)!;
            OpenFlowRule? second = RuleFor(connected, flow, Service);
            // The second hop is there before the first lets packets go.
            Assert.NotNull(second);
            Assert.Equal(([To(Service)], 45), (first.Actions, first.IdleTimeout));
            Assert.Equal(([To(2)], 45), (second.Actions, second.IdleTimeout));
            Assert.True(first.Match.Requires(OxmFieldId.Ipv4Source, 0x0A00_0001), "the match is of the flow");
            Assert.Null(RuleFor(connected, flow, 2));
            if (buffer == OpenFlowConstants.NoBuffer)
            {
                await UntilAsync(() => datapath.Sent.Any(sent => sent.Data.Span.SequenceEqual(flow)), "the packet coming back");
                Assert.Equal([To(Service)], datapath.Sent.Single(sent => sent.Data.Span.SequenceEqual(flow)).Actions);
            }
            else
            {
                Assert.Equal((buffer, [To(Service)]), (datapath.Released[released].Buffer, datapath.Released[released].Actions));
                Assert.DoesNotContain(datapath.Sent, sent => sent.BufferId == buffer);
            }
        }

        // What is not IPv4 meets the rule that drops, and no controller.
        OpenFlowRule drop = connected.Agent.Resolve(PacketFieldsReader.Read(PacketBuilder.Udp("::1", 1, "::2", 2).Build(), 1))!;
        Assert.True(drop is { IsTableMiss: true, Actions.Count: 0 });
    }

    [Fact]
    public async Task The_policy_follows_its_service_when_it_goes_and_comes_back_at_another_port()
    {
        using OsKen controller = new("samples/SdnController/policy.py", ("POLICY_SERVICE", "ids"), ("POLICY_OUTPUT", "1"));
        FakeDatapath datapath = Datapath();
        await using OpenFlowSwitch connected = Connect(datapath, controller);
        await WaitUntilItTakesPacketsAsync(datapath, connected, controller, rules: 2);
        byte[] flow = PacketBuilder.Tcp("10.0.0.1", 1234, "10.0.0.2", 80).Build();
        SendIn(connected, flow, 2, buffer: 9);
        await UntilAsync(() => RuleFor(connected, flow, 2) is not null, "the rule");
        Assert.Equal([To(1)], RuleFor(connected, flow, Service)!.Actions);

        connected.Agent.PortChanged(PortStatusReason.Delete, FakeDatapath.Port(Service, "ids"));
        await UntilAsync(() => connected.Agent.RuleCount == 2, "the end of the rules");
        SendIn(connected, flow, 2, buffer: 10);
        await UntilAsync(() => datapath.Sent.Any(sent => sent.BufferId == 10), "the dropping of the packet");
        Assert.Empty(datapath.Sent.Single(sent => sent.BufferId == 10).Actions);

        connected.Agent.PortChanged(PortStatusReason.Add, FakeDatapath.Port(0x1007, "ids"));
        SendIn(connected, flow, 2, buffer: 11);
        await UntilAsync(() => RuleFor(connected, flow, 2) is not null, "the rule to the new port");
        Assert.Equal([To(0x1007)], RuleFor(connected, flow, 2)!.Actions);
        Assert.NotNull(RuleFor(connected, flow, 0x1007));
    }

    [Fact]
    public async Task The_policy_lives_through_packets_that_make_no_sense()
    {
        using OsKen controller = new("samples/SdnController/policy.py");
        FakeDatapath datapath = Datapath();
        await using OpenFlowSwitch connected = Connect(datapath, controller);
        await WaitUntilItTakesPacketsAsync(datapath, connected, controller, rules: 2);
        OpenFlowRule miss = connected.Agent.Resolve(PacketFieldsReader.Read(PacketBuilder.Tcp("10.0.0.9", 1, "10.0.0.2", 80).Build(), 1))!;
        Random random = new(132);
        for (int i = 0; i < 500; i++)
        {
            byte[] frame = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 2).Payload("chunk").Build();
            for (int changes = random.Next(8); changes > 0; changes--)
                frame[random.Next(14, frame.Length)] = (byte)random.Next(256);
            connected.Agent.SendPacketIn(frame.AsSpan(0, random.Next(frame.Length + 1)), 1, miss, OpenFlowConstants.WholePacket);
        }

        byte[] flow = PacketBuilder.Tcp("10.0.0.9", 1234, "10.0.0.2", 80).Build();
        await UntilAsync(() => RuleFor(connected, flow, 1) is not null, "a rule for a good packet", () => SendIn(connected, flow, 1));
        Assert.DoesNotContain("Traceback", controller.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spanning_tree_keeps_packets_of_blocked_ports_from_the_controller_and_sends_frames_of_its_own()
    {
        using OsKen controller = new("OpenNetVM.Tests/OpenFlow/spanning_tree.py");
        FakeDatapath datapath = Datapath();
        await using OpenFlowSwitch connected = Connect(datapath, controller);
        await UntilAsync(() => datapath.Sent.Count >= 2 && datapath.Ports.Count(IsQuiet) == 2, "the tree's own frames and settings");
        // To it, numbers from 4,096 on are no ports of a bridge: services stay out of the tree.
        Assert.Equal([1u, 2u], datapath.Ports.Where(IsQuiet).Select(port => port.Port));
        Assert.All(datapath.Sent, sent =>
        {
            // IEEE 802.1D over LLC, to the group of bridges, from no port.
            Assert.Equal(ReservedPort.Controller, sent.InPort);
            Assert.Equal([0x01, 0x80, 0xC2, 0x00, 0x00, 0x00], sent.Data.Span[..6].ToArray());
            Assert.InRange(BinaryPrimitives.ReadUInt16BigEndian(sent.Data.Span[12..]), 0, EtherTypes.MaximumLength);
            Assert.Equal((UInt128)PacketFieldsReader.NotAnEtherType, PacketFieldsReader.Read(sent.Data.Span, sent.InPort).Get(OxmFieldId.EthernetType));
        });

        static bool IsQuiet(PortDescription port) => (port.Config & (uint)PortConfig.NoPacketIn) != 0;
    }
}

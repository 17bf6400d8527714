using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A switch of ours connects to Open vSwitch's <c>ovs-testcontroller</c>, which decides.</summary>
public sealed class OvsControllerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly OpenFlowChannelOptions Quick = new() { ReconnectDelay = TimeSpan.FromMilliseconds(50), LongestReconnectDelay = TimeSpan.FromMilliseconds(200) };

    public static TheoryData<string, OpenFlowVersions> Versions => new() { { "OpenFlow13", OpenFlowVersions.Version13 }, { "OpenFlow10", OpenFlowVersions.Version10 } };

    private static OpenFlowSwitch Connect(FakeDatapath datapath, int port, OpenFlowVersions versions) => new(
        datapath, new SwitchAgentOptions(), Quick with { Versions = versions }, [new OpenFlowEndpoint(OpenFlowTransport.Tcp, "127.0.0.1", port)], TimeProvider.System, NullLogger.Instance);

    // The frame on one port, and before it one the other way on the other, by which the controller learns where the frame goes.
    private static async Task<OpenFlowRule> RuleForAsync(OpenFlowSwitch agent, byte[] frame)
    {
        OpenFlowRule? rule = await TryRuleForAsync(agent, frame, Limit);
        Assert.True(rule is not null, $"no rule came that matches {FrameText.Describe(frame)}");
        return rule;
    }

    private static async Task<OpenFlowRule?> TryRuleForAsync(OpenFlowSwitch agent, byte[] frame, TimeSpan limit)
    {
        byte[] back = [.. frame.AsSpan(6, 6), .. frame.AsSpan(0, 6), .. frame.AsSpan(12)];
        OpenFlowRule? miss = agent.Agent.Resolve(default);
        agent.Agent.SendPacketIn(back, 2, miss, OpenFlowConstants.WholePacket);
        agent.Agent.SendPacketIn(frame, 1, miss, OpenFlowConstants.WholePacket);
        PacketFields fields = PacketFieldsReader.Read(frame, 1);
        Stopwatch watch = Stopwatch.StartNew();
        OpenFlowRule? rule;
        while ((rule = agent.Agent.Resolve(fields)) is null or { IsTableMiss: true })
        {
            if (watch.Elapsed > limit)
                return null;
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        return rule;
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_controller_learns_and_sends_rules_that_match_the_packets_they_are_for(string name, OpenFlowVersions version)
    {
        int port = OpenVSwitch.FreePort();
        using Process controller = OpenVSwitch.StartController(port, name);
        try
        {
            FakeDatapath datapath = new(TimeProvider.System);
            await using OpenFlowSwitch connected = Connect(datapath, port, version);
            int first = version == OpenFlowVersions.Version13 ? 1 : 0;
            await UntilAsync(() => connected.Agent.Sessions.Count == 1 && connected.Agent.RuleCount == first, "the rule for packets that match nothing");
            OpenFlowRule rule = await RuleForAsync(connected, PacketBuilder.Tcp("10.0.0.1", 1234, "10.0.0.2", 80).Build());
            Assert.Equal(60, rule.IdleTimeout);
            Assert.Equal(new OutputAction(2, version == OpenFlowVersions.Version13 ? ((OutputAction)rule.Actions[0]).MaxLength : (ushort)0), rule.Actions[0]);
            Assert.Equal((UInt128)80, rule.Match.TryGet(OxmFieldId.TcpDestination, out OxmField field) ? field.Value : 0);
            await UntilAsync(() => datapath.Sent.Count >= 2, "the packets coming back");
            Assert.Contains(datapath.Sent, sent => sent.Actions[0] is OutputAction { Port: ReservedPort.Flood });
        }
        finally
        {
            controller.Kill();
        }
    }

    [Fact]
    public async Task Fields_are_read_from_real_packets_as_Open_vSwitch_reads_them()
    {
        string[] captures = RepositoryFiles.Traffic is null ? [] : [.. RawCapture.RealCaptures.Select(row => row.Data).Where(name => !name.Contains("fuzz", StringComparison.Ordinal))];
        if (captures.Length == 0)
            Assert.Skip("needs the real captures in ../shared/traffic beside the checkout, which are not part of the repository");
        int port = OpenVSwitch.FreePort();
        using Process controller = OpenVSwitch.StartController(port, "OpenFlow13");
        try
        {
            await using OpenFlowSwitch connected = Connect(new FakeDatapath(TimeProvider.System), port, OpenFlowVersions.Version13);
            await UntilAsync(() => connected.Agent.RuleCount == 1, "the rule for packets that match nothing");
            int tried = 0;
            List<string> differing = [];
            Dictionary<(UInt128, UInt128, bool, UInt128), int> kinds = [];
            foreach (byte[] frame in captures.SelectMany(Frames))
            {
                PacketFields fields = PacketFieldsReader.Read(frame, 1);
                // A few of each kind are enough.
                bool isIcmp = fields.Get(OxmFieldId.IpProtocol) is var protocol && (protocol == IpProtocols.Icmp || protocol == IpProtocols.Icmpv6);
                var kind = (fields.Get(OxmFieldId.EthernetType), protocol, fields.Get(OxmFieldId.VlanId) != 0, isIcmp ? fields.Get(OxmFieldId.Icmpv4Type) : 0);
                if ((kinds[kind] = kinds.GetValueOrDefault(kind) + 1) > 8)
                    continue;
                if (await TryRuleForAsync(connected, frame, TimeSpan.FromSeconds(3)) is null)
                    differing.Add(FrameText.Describe(frame));
                tried++;
                if (differing.Count == 8)
                    break;
            }

            Assert.True(differing.Count == 0, $"of {tried} frames, no rule came that matches\n{string.Join('\n', differing)}");

            TestContext.Current.TestOutputHelper?.WriteLine($"{tried} frames");
            Assert.InRange(tried, 20, 1000);
        }
        finally
        {
            controller.Kill();
        }
    }

    [Theory]
    [InlineData("OpenFlow13", OpenFlowVersions.Version13)]
    [InlineData("OpenFlow10", OpenFlowVersions.Version10)]
    public async Task A_queue_of_the_controller_s_is_understood(string name, OpenFlowVersions version)
    {
        int port = OpenVSwitch.FreePort();
        using Process controller = OpenVSwitch.StartController(port, name, "-q", "5");
        try
        {
            await using OpenFlowSwitch connected = Connect(new FakeDatapath(TimeProvider.System), port, version);
            int first = version == OpenFlowVersions.Version13 ? 1 : 0;
            await UntilAsync(() => connected.Agent.Sessions.Count == 1 && connected.Agent.RuleCount == first, "the rule for packets that match nothing");
            OpenFlowRule rule = await RuleForAsync(connected, PacketBuilder.Udp("10.0.0.1", 1234, "10.0.0.2", 53).Build());
            if (version == OpenFlowVersions.Version10)
            {
                Assert.Equal([new EnqueueAction(2, 5)], rule.Actions);
                return;
            }

            Assert.Equal(new SetQueueAction(5), rule.Actions[0]);
            Assert.Equal(2u, Assert.IsType<OutputAction>(rule.Actions[1]).Port);
        }
        finally
        {
            controller.Kill();
        }
    }

    [Fact]
    public async Task A_controller_that_was_away_is_found_again_and_the_rules_stay_meanwhile()
    {
        int port = OpenVSwitch.FreePort();
        FakeDatapath datapath = new(TimeProvider.System);
        await using OpenFlowSwitch connected = Connect(datapath, port, OpenFlowVersions.All);
        for (int i = 0; i < 2; i++)
        {
            using Process controller = OpenVSwitch.StartController(port, "OpenFlow10,OpenFlow13");
            try
            {
                await UntilAsync(() => connected.Agent.Sessions.Count == 1 && connected.Agent.RuleCount >= 1, "the channel");
                Assert.Equal(WireVersion.Of13, connected.Agent.Sessions[0].Version);
            }
            finally
            {
                controller.Kill();
            }

            await UntilAsync(() => connected.Agent.Sessions.Count == 0, "the end of the channel");
            Assert.Equal(1, connected.Agent.RuleCount);
        }
    }

    private static IEnumerable<byte[]> Frames(string name)
    {
        using CaptureReader reader = CaptureReader.OpenFile(RepositoryFiles.Capture(name));
        List<byte[]> frames = [];
        while (frames.Count < 2000 && reader.TryRead(out CapturedFrame frame))
        {
            // The controller learns from individual addresses only, and floods to groups.
            // What is not IP as it says is read by neither in a way that the other would have to follow.
            if (FlowKeyReader.Parse(frame.Data, out PacketLayers layers) is FlowKeyStatus.MalformedIp or FlowKeyStatus.TruncatedIp or FlowKeyStatus.TruncatedLink)
                continue;
            // Rules for MPLS, which we refuse; and tags that Open vSwitch does not look behind.
            if (layers.MplsCount > 0 || layers.VlanCount > 1)
                continue;
            if (frame.LinkType == LinkType.Ethernet && frame.Data.Length >= 60 && !frame.IsTruncated && (frame.Data[0] & 1) == 0 && (frame.Data[6] & 1) == 0
                && !frame.Data[..6].SequenceEqual(frame.Data[6..12]))
                frames.Add(frame.Data.ToArray());
        }

        return frames;
    }
}

using System.Diagnostics;
using System.Net;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Open vSwitch's <c>ovs-ofctl</c> inspects and edits a switch of ours as it does one of its own.</summary>
public sealed class OvsControlTests : IAsyncDisposable
{
    private readonly FakeDatapath _datapath = new(TimeProvider.System);
    private readonly RecordingLogger _logger = new();
    private readonly OpenFlowSwitch _switch;

    public OvsControlTests() => _switch = new OpenFlowSwitch(
        _datapath, new SwitchAgentOptions { DatapathId = 0xAA }, new OpenFlowChannelOptions(), [OpenFlowEndpoint.Parse("ptcp:0")], TimeProvider.System, _logger);

    private IPEndPoint Address => _switch.Listening[0];

    public static TheoryData<string> Versions => ["OpenFlow13", "OpenFlow10"];

    public ValueTask DisposeAsync() => _switch.DisposeAsync();

    private string Run(string version, string command, params ReadOnlySpan<string> arguments) =>
        OpenVSwitch.Control(Address, version, command, arguments).ShouldSucceed().Output;

    private string[] Flows(string version, params ReadOnlySpan<string> arguments) =>
        [.. Run(version, "dump-flows", ["--no-stats", "--names", .. arguments]).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Show_and_the_dumps_tell_what_the_switch_is(string version)
    {
        string show = Run(version, "show");
        Assert.Contains("dpid:00000000000000aa", show, StringComparison.Ordinal);
        Assert.Contains("n_tables:1, n_buffers:256", show, StringComparison.Ordinal);
        Assert.Contains("4099(svc3): addr:02:00:00:00:10:03", show, StringComparison.Ordinal);
        Assert.Contains("miss_send_len=128", show, StringComparison.Ordinal);
        Assert.Contains("Manufacturer: OpenNetVM for .NET", Run(version, "dump-desc"), StringComparison.Ordinal);
        Assert.Contains("2(nic1): addr:02:00:00:00:00:02", Run(version, "dump-ports-desc"), StringComparison.Ordinal);
        string ports = Run(version, "dump-ports");
        Assert.Contains("3 ports", ports, StringComparison.Ordinal);
        Assert.Contains("rx pkts=20, bytes=1000, drop=0", ports, StringComparison.Ordinal);
        Assert.Contains("active=0, lookup=0, matched=0", Run(version, "dump-tables"), StringComparison.Ordinal);
        Assert.Contains("packet_count=0 byte_count=0 flow_count=0", Run(version, "dump-aggregate"), StringComparison.Ordinal);
        Assert.Contains("normal", Run(version, "get-frags"), StringComparison.Ordinal);
        Assert.Contains("queues", Run(version, "queue-stats"), StringComparison.Ordinal);
        Run(version, "probe");
        Assert.Contains("64 bytes from", Run(version, "ping", "64"), StringComparison.Ordinal);
        if (version == "OpenFlow13")
            Assert.Contains("table 0", Run(version, "dump-table-features"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Flows_are_added_changed_replaced_and_deleted(string version)
    {
        Run(version, "add-flow", "cookie=0x11,priority=100,idle_timeout=50,ip,nw_src=10.0.0.0/8,nw_dst=10.1.0.0/16,actions=output:svc3");
        Run(version, "add-flow", "priority=90,tcp,in_port=nic0,tp_dst=80,actions=mod_dl_dst:02:00:00:00:00:09,output:nic1");
        Run(version, "add-flow", "priority=80,arp,arp_tpa=10.0.0.1,actions=drop");
        Assert.Equal(
        [
            "cookie=0x11, idle_timeout=50, priority=100,ip,nw_src=10.0.0.0/8,nw_dst=10.1.0.0/16 actions=output:svc3",
            "priority=80,arp,arp_tpa=10.0.0.1 actions=drop",
            version == "OpenFlow13"
                ? "priority=90,tcp,in_port=nic0,tp_dst=80 actions=set_field:02:00:00:00:00:09->eth_dst,output:nic1"
                : "priority=90,tcp,in_port=nic0,tp_dst=80 actions=mod_dl_dst:02:00:00:00:00:09,output:nic1",
        ], Sorted(Flows(version)));
        Run(version, "mod-flows", "--strict", "priority=80,arp,arp_tpa=10.0.0.1,actions=FLOOD");
        Run(version, "mod-flows", "tcp,actions=CONTROLLER:200");
        Assert.Contains("priority=80,arp,arp_tpa=10.0.0.1 actions=FLOOD", Flows(version));
        Assert.Contains("priority=90,tcp,in_port=nic0,tp_dst=80 actions=CONTROLLER:200", Flows(version));
        Assert.Equal(["cookie=0x11, idle_timeout=50, priority=100,ip,nw_src=10.0.0.0/8,nw_dst=10.1.0.0/16 actions=output:svc3"], Flows(version, "out_port=svc3"));
        Run(version, "del-flows", "ip,nw_src=10.0.0.0/8");
        Assert.Equal(2, _switch.Agent.RuleCount);

        string file = Path.GetTempFileName();
        File.WriteAllText(file, "priority=5,udp,tp_src=53,actions=output:2\npriority=80,arp,arp_tpa=10.0.0.1,actions=FLOOD\n");
        try
        {
            Run(version, "replace-flows", file);
            Assert.Equal(["priority=5,udp,tp_src=53 actions=output:nic1", "priority=80,arp,arp_tpa=10.0.0.1 actions=FLOOD"], Sorted(Flows(version)));
            Run(version, "diff-flows", file);
        }
        finally
        {
            File.Delete(file);
        }

        Run(version, "del-flows");
        Assert.Empty(Flows(version));
    }

    [Fact]
    public void Flows_of_1_3_alone_come_back_as_they_were_given()
    {
        string[] flows =
        [
            "priority=10,ipv6,ipv6_src=2001:db8::/32,nw_tos=184 actions=dec_ttl,output:nic1",
            "priority=11,icmp6,icmp_type=135,nd_target=fe80::1,nd_sll=02:00:00:00:00:01 actions=output:svc3",
            "priority=12,sctp,nw_dst=10.0.0.1,tp_dst=5000 actions=set_field:10.0.0.2->ip_dst,output:nic0",
            "priority=13,dl_vlan=5,dl_vlan_pcp=3 actions=pop_vlan,output:nic1",
            "priority=14,vlan_tci=0x0000/0x1fff actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:nic1",
            "priority=15,tcp,tp_dst=0x400/0xfc00 actions=set_queue:3,output:nic0",
            "priority=16,arp,arp_op=1,arp_sha=02:00:00:00:00:01 actions=ALL",
            "priority=17,ip,nw_frag=no actions=drop",
        ];
        foreach (string flow in flows.SkipLast(1))
            Run("OpenFlow13", "add-flow", flow.Replace(" actions", ",actions", StringComparison.Ordinal));
        Assert.Equal(flows.SkipLast(1).Order(StringComparer.Ordinal), Sorted(Flows("OpenFlow13")));
        // A field that this switch does not have.
        ChildProcess refused = OpenVSwitch.Control(Address, "OpenFlow13", "add-flow", flows[^1].Replace(" actions", ",actions", StringComparison.Ordinal));
        Assert.NotEqual(0, refused.ExitCode);
    }

    [Fact]
    public void Groups_are_added_changed_described_and_deleted()
    {
        const string Version = "OpenFlow13";
        Run(Version, "add-group", "group_id=1,type=select,bucket=weight:3,output:svc3,bucket=weight:1,output:nic1");
        Run(Version, "add-group", "group_id=2,type=indirect,bucket=output:nic0");
        Run(Version, "add-flow", "priority=1,actions=group:1");
        Assert.Contains("group_id=1,type=select,bucket=weight:3,actions=output:svc3,bucket=actions=output:nic1", Run(Version, "dump-groups", "--names"), StringComparison.Ordinal);
        Assert.Contains("ref_count=1", Run(Version, "dump-group-stats", "group_id=1"), StringComparison.Ordinal);
        Assert.Contains("0x7", Run(Version, "dump-group-features"), StringComparison.Ordinal);
        Run(Version, "mod-group", "group_id=2,type=all,bucket=output:nic0,bucket=output:nic1");
        Assert.Contains("group_id=2,type=all", Run(Version, "dump-groups", "--names"), StringComparison.Ordinal);
        ChildProcess again = OpenVSwitch.Control(Address, Version, "add-group", "group_id=2,type=all,bucket=output:1");
        Assert.Contains("OFPGMFC_GROUP_EXISTS", again.Error, StringComparison.Ordinal);
        Run(Version, "del-groups");
        Assert.Equal(0, _switch.Agent.RuleCount);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_is_wrong_is_explained_in_ovs_ofctl_s_words(string version)
    {
        ChildProcess overlap = OpenVSwitch.Control(Address, version, "add-flow", "priority=1,in_port=1,actions=output:1");
        overlap.ShouldSucceed();
        overlap = OpenVSwitch.Control(Address, version, "add-flow", "check_overlap,priority=1,ip,actions=output:1");
        Assert.Contains("OFPFMFC_OVERLAP", overlap.Error, StringComparison.Ordinal);
        if (version == "OpenFlow13")
        {
            ChildProcess table = OpenVSwitch.Control(Address, version, "--no-names", "add-flow", "table=3,actions=output:1");
            Assert.NotEqual(0, table.ExitCode);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_packet_out_arrives_whole(string version)
    {
        Run(version, "packet-out", "in_port=controller,packet=0200000000020200000000010800450000140000000040010000" + "0a0000010a000002,actions=output:nic1");
        Assert.Equal(34, Assert.Single(_datapath.Sent).Data.Count);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_port_is_set_down_and_up(string version)
    {
        Run(version, "mod-port", "nic1", "down");
        Assert.Contains("config:     PORT_DOWN", Run(version, "show"), StringComparison.Ordinal);
        Run(version, "mod-port", "nic1", "up");
        Assert.DoesNotContain("config:     PORT_DOWN", Run(version, "show"), StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Monitor_prints_packets_and_ports_as_they_come(string version)
    {
        Run(version, "add-flow", "priority=0,actions=CONTROLLER");
        using Process monitor = OpenVSwitch.Start("ovs-ofctl", "-O", version, "monitor", $"tcp:{Address}", "65534");
        try
        {
            DateTime limit = DateTime.UtcNow.AddSeconds(20);
            while (!_switch.Agent.Sessions.Any(session => session.MissSendLength == 65534) && DateTime.UtcNow < limit && !monitor.HasExited)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            // What comes while it still sets itself up, it throws away: so again and again, until it has been seen.
            using Timer again = new(
                _ =>
                {
                    _switch.Agent.SendPacketIn(OpenNetVM.Testing.PacketBuilder.Udp("10.0.0.1", 53, "10.0.0.2", 5353).Build(), 1, _switch.Agent.Resolve(default), 0xFFFF);
                    _switch.Agent.PortChanged(OpenNetVM.OpenFlow.Protocol.PortStatusReason.Add, FakeDatapath.Port(9, "late"));
                },
                null, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
            using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            timeout.CancelAfter(TimeSpan.FromSeconds(20));
            List<string> lines = [];
            while (!lines.Exists(line => line.Contains("late", StringComparison.Ordinal)))
            {
                string? line = await monitor.StandardError.ReadLineAsync(timeout.Token);
                Assert.True(line is not null, string.Join('\n', lines));
                lines.Add(line);
            }

            string all = string.Join('\n', lines);
            Assert.Contains("OFPT_PACKET_IN", all, StringComparison.Ordinal);
            Assert.Contains("nw_src=10.0.0.1,nw_dst=10.0.0.2", all, StringComparison.Ordinal);
            Assert.Contains("OFPT_PORT_STATUS", all, StringComparison.Ordinal);
        }
        finally
        {
            if (!monitor.HasExited)
                monitor.Kill();
        }
    }

    private static string[] Sorted(string[] lines) => [.. lines.Order(StringComparer.Ordinal)];
}

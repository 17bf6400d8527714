using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>The same commands of <c>ovs-ofctl</c> given to our switch and to Open vSwitch, and what both then say.</summary>
public sealed class OvsReferenceTests : IAsyncDisposable
{
    private readonly OpenFlowSwitch _ours = new(
        new FakeDatapath(TimeProvider.System), new SwitchAgentOptions(), new OpenFlowChannelOptions(), [OpenFlowEndpoint.Parse("ptcp:0")], TimeProvider.System, new RecordingLogger());

    private OpenVSwitchBridge? _theirs;

    public async ValueTask DisposeAsync()
    {
        _theirs?.Dispose();
        await _ours.DisposeAsync();
    }

    public static TheoryData<string, string[]> Commands => new()
    {
        {
            "OpenFlow10",
            [
                "add-flow priority=10,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=output:svc3",
                "add-flow priority=11,in_port=nic0,dl_vlan=5,dl_vlan_pcp=2,actions=strip_vlan,output:nic1",
                "add-flow priority=12,arp,arp_op=2,actions=mod_nw_src:10.0.0.9,enqueue:nic0:3",
                "add-flow priority=13,icmp,icmp_type=8,icmp_code=0,actions=mod_vlan_vid:9,mod_nw_tos:32,mod_tp_dst:99,flood",
                "add-flow priority=14,udp,nw_tos=184,actions=dec_ttl,set_queue:3,output:nic1,normal",
                "mod-flows --strict priority=77,in_port=nic1,actions=in_port",
                "mod-flows tcp,actions=controller:60",
                "add-flow priority=10,tcp,nw_src=10.0.0.0/8,tp_dst=80,idle_timeout=60,hard_timeout=90,cookie=0x5,actions=drop",
                "del-flows arp",
            ]
        },
        {
            "OpenFlow13",
            [
                "add-group group_id=1,type=select,bucket=weight:3,output:svc3,bucket=weight:1,output:nic1",
                "add-group group_id=2,type=all,bucket=output:nic0,bucket=set_field:1->tcp_dst,output:nic1",
                "add-flow priority=10,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=group:1",
                "add-flow cookie=0x12,priority=11,ipv6,ipv6_dst=2001:db8::/32,ipv6_label=0x5,actions=dec_ttl,output:svc3",
                "add-flow cookie=0x22,priority=12,icmp6,icmp_type=136,nd_target=fe80::1,nd_tll=02:00:00:00:00:01,actions=all",
                "add-flow priority=13,ip,nw_ecn=1,actions=write_actions(set_field:02:00:00:00:00:09->eth_dst,output:nic0)",
                "add-flow priority=14,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=push_vlan:0x8100,set_field:4105->vlan_vid,set_queue:3,output:nic1",
                "add-flow priority=15,send_flow_rem,no_packet_counts,reset_counts,arp,arp_tpa=10.0.0.1,actions=controller",
                "add-flow priority=16,sctp,tp_dst=7/0xff,actions=clear_actions",
                "mod-flows cookie=0x20/0xf0,actions=flood",
                "mod-flows --strict priority=99,ip,actions=drop",
                "mod-group group_id=2,type=indirect,bucket=output:nic0",
                "del-flows cookie=0x10/0xf0",
                "del-flows out_group=2",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void Both_hold_the_same_rules_and_groups_after_the_same_commands(string version, string[] commands)
    {
        OpenVSwitchBridge bridge = _theirs = new OpenVSwitchBridge((1u, "nic0"), (2u, "nic1"), (4099u, "svc3"));
        string[] targets = [$"tcp:{_ours.Listening[0]}", bridge.Target];
        foreach (string command in commands)
        {
            string[] words = command.Split(' ');
            string[] options = [.. words[1..^1]];
            ChildProcess[] done = [.. targets.Select(target => ChildProcess.Run(
                Path.GetTempPath(), "ovs-ofctl", ["-O", version, "--timeout=20", .. options, words[0], target, words[^1]]))];
            Assert.True(done[0].ExitCode == done[1].ExitCode, $"{command}\nours: {done[0].ExitCode} {done[0].Error}\ntheirs: {done[1].ExitCode} {done[1].Error}");
            Assert.Equal(Dump(targets[1]), Dump(targets[0]));
        }

        Assert.NotEmpty(Dump(targets[0]));
        if (version == "OpenFlow13")
            Assert.Equal(Lines(targets[1], "dump-groups"), Lines(targets[0], "dump-groups"));

        string[] Dump(string target) => Lines(target, "dump-flows", "--no-stats");

        string[] Lines(string target, string command, params string[] options) =>
            [.. ChildProcess.Run(Path.GetTempPath(), "ovs-ofctl", ["-O", version, "--timeout=20", "--names", .. options, command, target]).ShouldSucceed()
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !line.StartsWith("OFPST", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }
}

using System.Globalization;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Datapath;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>The same actions carried out on the same packets by us and by Open vSwitch, and the packets that come out.</summary>
public sealed class OvsPacketTests
{
    private static readonly UInt128 NewIpv6 = new(0xFD00_1111_2222_3333, 0x4444_5555_6666_7777);

    /// <summary>As <c>ovs-ofctl</c> writes an action and what it is for (both as a match), and the action. Of Open vSwitch 3.1, what it can set of ARP, and not of neighbours.</summary>
    private static readonly (string Match, string Text, OpenFlowAction Action)[] Actions =
    [
        ("ip", "set_field:06:11:22:33:44:55->eth_dst", Set(OxmFieldId.EthernetDestination, 0x0611_2233_4455)),
        ("ip", "set_field:06:11:22:33:44:55->eth_src", Set(OxmFieldId.EthernetSource, 0x0611_2233_4455)),
        ("ip", "set_field:192.168.99.253->ip_src", Set(OxmFieldId.Ipv4Source, 0xC0A8_63FD)),
        ("ip", "set_field:192.168.99.253->ip_dst", Set(OxmFieldId.Ipv4Destination, 0xC0A8_63FD)),
        ("ip", "set_field:21->ip_dscp", Set(OxmFieldId.IpDscp, 21)),
        ("ip", "set_field:2->nw_ecn", Set(OxmFieldId.IpEcn, 2)),
        ("ip", "dec_ttl", new DecrementTtlAction()),
        ("ip", "mod_nw_ttl:9", new SetTtlAction(9)),
        ("ipv6", "set_field:fd00:1111:2222:3333:4444:5555:6666:7777->ipv6_src", Set(OxmFieldId.Ipv6Source, NewIpv6)),
        ("ipv6", "set_field:fd00:1111:2222:3333:4444:5555:6666:7777->ipv6_dst", Set(OxmFieldId.Ipv6Destination, NewIpv6)),
        ("ipv6", "set_field:0x12345->ipv6_label", Set(OxmFieldId.Ipv6FlowLabel, 0x12345)),
        ("ipv6", "set_field:21->ip_dscp", Set(OxmFieldId.IpDscp, 21)),
        ("ipv6", "dec_ttl", new DecrementTtlAction()),
        ("tcp", "set_field:40000->tcp_src", Set(OxmFieldId.TcpSource, 40000)),
        ("tcp6", "set_field:40000->tcp_dst", Set(OxmFieldId.TcpDestination, 40000)),
        ("udp", "set_field:40000->udp_src", Set(OxmFieldId.UdpSource, 40000)),
        ("udp6", "set_field:40000->udp_dst", Set(OxmFieldId.UdpDestination, 40000)),
        ("sctp", "set_field:40000->sctp_src", Set(OxmFieldId.SctpSource, 40000)),
        ("sctp6", "set_field:40000->sctp_dst", Set(OxmFieldId.SctpDestination, 40000)),
        ("icmp", "set_field:17->icmp_type", Set(OxmFieldId.Icmpv4Type, 17)),
        ("icmp", "set_field:17->icmp_code", Set(OxmFieldId.Icmpv4Code, 17)),
        ("icmp6", "set_field:200->icmpv6_type", Set(OxmFieldId.Icmpv6Type, 200)),
        ("dl_vlan=5", "set_field:0x1abc->vlan_vid", Set(OxmFieldId.VlanId, 0x1ABC)),
        ("dl_vlan=5", "set_field:6->vlan_pcp", Set(OxmFieldId.VlanPriority, 6)),
        ("dl_vlan=5", "pop_vlan", new PopVlanAction()),
        // On a tagged packet, Open vSwitch's new tag is empty, and the one of OpenFlow 1.3.5 (5.12.1) a copy.
        ("vlan_tci=0/0x1fff", "push_vlan:0x8100", new PushVlanAction(EtherTypes.Vlan)),
        ("vlan_tci=0/0x1fff", "push_vlan:0x88a8", new PushVlanAction(EtherTypes.ServiceVlan)),
        ("arp", "set_field:2->arp_op", Set(OxmFieldId.ArpOperation, 2)),
        ("arp", "set_field:192.168.99.253->arp_spa", Set(OxmFieldId.ArpSourceIpv4, 0xC0A8_63FD)),
        ("arp", "set_field:192.168.99.253->arp_tpa", Set(OxmFieldId.ArpTargetIpv4, 0xC0A8_63FD)),
        ("arp", "set_field:06:11:22:33:44:55->arp_sha", Set(OxmFieldId.ArpSourceHardware, 0x0611_2233_4455)),
        ("arp", "set_field:06:11:22:33:44:55->arp_tha", Set(OxmFieldId.ArpTargetHardware, 0x0611_2233_4455)),
    ];

    private static SetFieldAction Set(OxmFieldId id, UInt128 value) => new(new OxmField(id, value));

    private static bool IsFor(string match, SamplePacket packet) => match switch
    {
        "ip" => !packet.IsIpv6,
        "ipv6" => packet.IsIpv6,
        "tcp" or "tcp6" => packet.IsTcp && packet.IsIpv6 == (match == "tcp6"),
        "udp" or "udp6" => packet.IsUdp && packet.IsIpv6 == (match == "udp6"),
        "sctp" or "sctp6" => packet.IsSctp && packet.IsIpv6 == (match == "sctp6"),
        "icmp" => packet.IsIcmp,
        "icmp6" => packet.IsIcmpv6 && packet.Neighbour == 0,
        "dl_vlan=5" => packet.Tags == 1,
        "vlan_tci=0/0x1fff" => packet.Tags == 0,
        _ => false,
    };

    [Fact]
    public async Task Open_vSwitch_makes_the_same_packets()
    {
        // Each packet with a source address of its own, by which its rule knows it.
        List<(byte[] Frame, string Match, string Text, OpenFlowAction Action)> cases = [];
        foreach ((string match, string text, OpenFlowAction action) in Actions)
        {
            if (match == "arp")
            {
                cases.Add((PacketBuilder.Ethernet(new MacAddress(Source()), PacketBuilder.DefaultDestination).ArpRequest("10.0.0.1", "10.0.0.2").Build(), match, text, action));
                continue;
            }

            // Open vSwitch looks behind one tag unless told otherwise.
            foreach (SamplePacket packet in SamplePacket.All().Where(packet => packet.Tags < 2 && IsFor(match, packet)))
                cases.Add(((packet with { EthernetSource = Source() }).Build(), match, text, action));
        }

        using OpenVSwitchBridge bridge = new((1u, "nic0"), (2u, "nic1"));
        string rules = Path.GetTempFileName();
        File.WriteAllLines(rules, cases.Select(one => $"dl_src={new MacAddress(one.Frame.AsSpan(6, 6))},{one.Match},actions={one.Text},output:2"));
        ChildProcess.Run(Path.GetTempPath(), "ovs-ofctl", "-O", "OpenFlow13", "--timeout=20", "add-flows", bridge.Target, rules).ShouldSucceed();
        File.Delete(rules);
        ScratchFrame scratch = new();
        for (int i = 0; i < cases.Count; i++)
        {
            (byte[] frame, string match, string text, OpenFlowAction action) = cases[i];
            bridge.Receive("nic0", frame);
            byte[][] sent = [];
            await UntilAsync(() => (sent = Read(bridge.Sent("nic1"))).Length > i, $"{text} by Open vSwitch on {FrameText.Describe(frame)}");
            scratch.Load(frame);
            Assert.Equal(EditResult.Done, PacketEditor.Apply(ref scratch, action));
            Assert.True(scratch.Data.SequenceEqual(sent[i]), $"{text} on {match}\n{FrameText.HexDifference(sent[i], scratch.Data)}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases.Count} packets"));
        Assert.InRange(cases.Count, 200, 1000);

        ulong Source() => 0x0200_0000_1000 + (ulong)cases.Count;
    }

    // Whole packets only: it may be writing another.
    private static byte[][] Read(string capture)
    {
        List<byte[]> frames = [];
        using CaptureReader reader = CaptureReader.OpenFile(capture);
        while (reader.TryRead(out CapturedFrame frame))
        {
            if (!frame.IsTruncated)
                frames.Add(frame.Data.ToArray());
        }

        return [.. frames];
    }
}

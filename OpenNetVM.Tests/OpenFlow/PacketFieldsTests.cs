using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.OpenFlow;

public class PacketFieldsTests
{
    private static Dictionary<OxmFieldId, UInt128> Read(PacketBuilder packet) => Read(packet.Build());

    private static Dictionary<OxmFieldId, UInt128> Read(byte[] frame)
    {
        PacketFields fields = PacketFieldsReader.Read(frame, 7);
        return Enum.GetValues<OxmFieldId>().ToDictionary(id => id, id => fields.Get(id));
    }

    [Fact]
    public void The_fields_of_a_packet_are_read()
    {
        Dictionary<OxmFieldId, UInt128> tcp = Read(PacketBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02").Vlan(5, priority: 3)
            .Ipv4("10.0.0.1", "10.0.0.2", typeOfService: 0xB9).Tcp(1000, 80));
        Assert.Equal(
            [7u, 0x0200_0000_0002, 0x0200_0000_0001, EtherTypes.Ipv4, 0x1005u, 3u, 46u, 1u, IpProtocols.Tcp, 0x0A00_0001, 0x0A00_0002, 1000u, 80u],
            new[]
            {
                OxmFieldId.InPort, OxmFieldId.EthernetDestination, OxmFieldId.EthernetSource, OxmFieldId.EthernetType, OxmFieldId.VlanId, OxmFieldId.VlanPriority,
                OxmFieldId.IpDscp, OxmFieldId.IpEcn, OxmFieldId.IpProtocol, OxmFieldId.Ipv4Source, OxmFieldId.Ipv4Destination, OxmFieldId.TcpSource, OxmFieldId.TcpDestination,
            }.Select(id => tcp[id]).ToArray());

        Dictionary<OxmFieldId, UInt128> udp = Read(PacketBuilder.Ethernet().Ipv6("2001:db8::1", "2001:db8::2", trafficClass: 4, flowLabel: 0xABCDE).Udp(53, 54));
        Assert.Equal(
            [EtherTypes.Ipv6, 0u, 1u, 0xABCDEu, 53u, 54u],
            new[] { OxmFieldId.EthernetType, OxmFieldId.VlanId, OxmFieldId.IpDscp, OxmFieldId.Ipv6FlowLabel, OxmFieldId.UdpSource, OxmFieldId.UdpDestination }.Select(id => udp[id]).ToArray());
        Assert.Equal(new UInt128(0x2001_0DB8_0000_0000, 2), udp[OxmFieldId.Ipv6Destination]);

        Dictionary<OxmFieldId, UInt128> arp = Read(PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.9"));
        Assert.Equal((EtherTypes.Arp, 1u, 0x0A00_0001u, 0x0A00_0009u), ((ushort)arp[OxmFieldId.EthernetType], (uint)arp[OxmFieldId.ArpOperation], (uint)arp[OxmFieldId.ArpSourceIpv4], (uint)arp[OxmFieldId.ArpTargetIpv4]));
        Assert.Equal(PacketBuilder.DefaultSource.Value, (ulong)arp[OxmFieldId.ArpSourceHardware]);

        Dictionary<OxmFieldId, UInt128> icmp = Read(PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").IcmpEcho());
        Assert.Equal((8u, 0u), ((uint)icmp[OxmFieldId.Icmpv4Type], (uint)icmp[OxmFieldId.Icmpv4Code]));
    }

    [Fact]
    public void A_neighbour_solicitation_has_its_target_and_the_sender_s_address()
    {
        byte[] message = [135, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0x80, .. new byte[13], 9, 1, 1, 2, 0, 0, 0, 0, 5];
        Dictionary<OxmFieldId, UInt128> fields = Read(PacketBuilder.Ethernet().Ipv6("fe80::1", "ff02::1").Protocol(IpProtocols.Icmpv6).Payload(message));
        Assert.Equal((135u, new UInt128(0xFE80_0000_0000_0000, 9), 0x0200_0000_0005ul), ((uint)fields[OxmFieldId.Icmpv6Type], fields[OxmFieldId.Ipv6NdTarget], (ulong)fields[OxmFieldId.Ipv6NdSourceHardware]));
    }

    [Fact]
    public void A_later_fragment_has_no_ports_and_a_frame_without_a_type_has_the_one_for_that()
    {
        Dictionary<OxmFieldId, UInt128> fragment = Read(PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Fragment(64, more: false).Udp(53, 54));
        Assert.Equal((UInt128)IpProtocols.Udp, fragment[OxmFieldId.IpProtocol]);
        Assert.Equal((0u, 0u), ((uint)fragment[OxmFieldId.UdpSource], (uint)fragment[OxmFieldId.UdpDestination]));
        byte[] spanningTree = [1, 0x80, 0xC2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 38, 0x42, 0x42, 3, .. new byte[43]];
        Assert.Equal((UInt128)PacketFieldsReader.NotAnEtherType, Read(spanningTree)[OxmFieldId.EthernetType]);
    }

    [Fact]
    public void No_beginning_of_a_frame_is_read_beyond_its_end()
    {
        foreach (PacketBuilder packet in new[]
        {
            PacketBuilder.Ethernet().QinQ(5, 6).Ipv4("10.0.0.1", "10.0.0.2").Tcp(1, 2), PacketBuilder.Ethernet().Ipv6("::1", "::2").Ipv6HopByHop().Udp(1, 2),
            PacketBuilder.Ethernet().ArpReply("10.0.0.1", "10.0.0.2"), PacketBuilder.Ethernet().Mpls(5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2),
            PacketBuilder.Ethernet().Ipv6("::1", "::2").Protocol(IpProtocols.Icmpv6).Payload([136, .. new byte[23], 2, 1, 1, 1, 1, 1, 1, 1, 2, 9]),
        })
        {
            byte[] frame = packet.Build();
            for (int length = 0; length <= frame.Length; length++)
                Assert.Equal((UInt128)7, PacketFieldsReader.Read(frame.AsSpan(0, length), 7).Get(OxmFieldId.InPort));
        }
    }

    [Fact]
    public void Every_field_that_rules_can_match_has_a_place_that_no_field_beside_it_shares()
    {
        OxmFieldId[][] together =
        [
            [OxmFieldId.Ipv4Source, OxmFieldId.Ipv4Destination, OxmFieldId.TcpSource, OxmFieldId.TcpDestination],
            [OxmFieldId.Ipv6Source, OxmFieldId.Ipv6Destination, OxmFieldId.Ipv6FlowLabel, OxmFieldId.Icmpv6Type, OxmFieldId.Icmpv6Code, OxmFieldId.Ipv6NdTarget, OxmFieldId.Ipv6NdSourceHardware, OxmFieldId.Ipv6NdTargetHardware],
            [OxmFieldId.ArpOperation, OxmFieldId.ArpSourceIpv4, OxmFieldId.ArpTargetIpv4, OxmFieldId.ArpSourceHardware, OxmFieldId.ArpTargetHardware],
        ];
        OxmFieldId[] always =
        [
            OxmFieldId.InPort, OxmFieldId.EthernetDestination, OxmFieldId.EthernetSource, OxmFieldId.EthernetType, OxmFieldId.VlanId, OxmFieldId.VlanPriority,
            OxmFieldId.IpDscp, OxmFieldId.IpEcn, OxmFieldId.IpProtocol,
        ];
        foreach (OxmFieldId[] fields in together.Select(some => always.Concat(some).ToArray()))
        {
            PacketFields all = default;
            for (int i = 0; i < fields.Length; i++)
                all.Set(fields[i], (UInt128)(i + 1) & OxmFieldInfo.Of(fields[i]).Full);
            for (int i = 0; i < fields.Length; i++)
                Assert.Equal((UInt128)(i + 1) & OxmFieldInfo.Of(fields[i]).Full, all.Get(fields[i]));
        }
    }
}

using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;
using PacketDotNet;
using ArpOperation = PacketDotNet.ArpOperation;
using ArpPacket = PacketDotNet.ArpPacket;

namespace OpenNetVM.Tests.Testing;

/// <summary>Built frames, read by PacketDotNet: an implementation of the formats that shares nothing with the builder.</summary>
public class PacketBuilderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(1_001)]
    public void A_udp_datagram_over_ipv4_is_read_back_whole(int size)
    {
        byte[] frame = PacketBuilder.Ethernet("02:00:00:00:00:0a", "02:00:00:00:00:0b").Ipv4("10.0.0.1", "10.0.0.2", ttl: 7, typeOfService: 0xB8, identification: 0x1234, dontFragment: true)
            .Udp(1111, 53).PayloadOfSize(size).Build();

        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, frame);
        EthernetPacket ethernet = packet.Extract<EthernetPacket>();
        Assert.Equal("02000000000A", ethernet.SourceHardwareAddress.ToString());
        Assert.Equal("02000000000B", ethernet.DestinationHardwareAddress.ToString());
        IPv4Packet ip = packet.Extract<IPv4Packet>();
        Assert.True(ip.ValidIPChecksum);
        Assert.Equal(28 + size, ip.TotalLength);
        Assert.Equal("10.0.0.1", ip.SourceAddress.ToString());
        Assert.Equal("10.0.0.2", ip.DestinationAddress.ToString());
        Assert.Equal((7, 0xB8, 0x1234), (ip.TimeToLive, ip.TypeOfService, ip.Id));
        Assert.Equal(2, ip.FragmentFlags);
        UdpPacket udp = packet.Extract<UdpPacket>();
        Assert.True(udp.ValidUdpChecksum);
        Assert.Equal((1111, 53, 8 + size), (udp.SourcePort, udp.DestinationPort, udp.Length));
        Assert.Equal(Enumerable.Range(0, size).Select(i => (byte)i), udp.PayloadData);
    }

    [Fact]
    public void A_tcp_segment_with_options_over_ipv6_is_read_back_whole()
    {
        byte[] frame = PacketBuilder.Ethernet().Ipv6("2001:db8::1", "2001:db8::2", hopLimit: 3, trafficClass: 0x20, flowLabel: 0xABCDE)
            .Tcp(40_000, 443, TcpFlags.Syn | TcpFlags.Ece, sequence: 0x01020304, acknowledgment: 0x05060708, window: 512).TcpOptions([2, 4, 5, 0xB4, 1]).Payload("hello").Build();

        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, frame);
        IPv6Packet ip = packet.Extract<IPv6Packet>();
        Assert.Equal(28 + 5, ip.PayloadLength);
        Assert.Equal((3, 0x20, 0xABCDE), (ip.HopLimit, ip.TrafficClass, ip.FlowLabel));
        Assert.Equal("2001:db8::1", ip.SourceAddress.ToString());
        Assert.Equal("2001:db8::2", ip.DestinationAddress.ToString());
        TcpPacket tcp = packet.Extract<TcpPacket>();
        Assert.True(tcp.ValidTcpChecksum);
        Assert.Equal((40_000, 443), (tcp.SourcePort, tcp.DestinationPort));
        Assert.Equal((0x01020304u, 0x05060708u, 512), (tcp.SequenceNumber, tcp.AcknowledgmentNumber, tcp.WindowSize));
        Assert.True(tcp is { Synchronize: true, ExplicitCongestionNotificationEcho: true, Acknowledgment: false, Finished: false });
        Assert.Equal(28, tcp.DataOffset * 4);
        Assert.Equal("hello"u8.ToArray(), tcp.PayloadData);
    }

    [Fact]
    public void Vlan_tags_are_in_their_order_with_their_numbers()
    {
        byte[] frame = PacketBuilder.Ethernet().Vlan(10, priority: 5, dropEligible: true).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();

        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, frame);
        Ieee8021QPacket tag = packet.Extract<Ieee8021QPacket>();
        Assert.Equal(10, tag.VlanIdentifier);
        Assert.Equal(5, (int)tag.PriorityControlPoint);
        Assert.Equal(EthernetType.IPv4, tag.Type);
        Assert.True(packet.Extract<UdpPacket>().ValidUdpChecksum);

        byte[] stacked = PacketBuilder.Ethernet().QinQ(100, 200).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();
        Assert.Equal(Convert.FromHexString("88A80064810000C80800"), stacked[12..22]);
        Assert.Equal(2, Layers(stacked).VlanCount);
    }

    [Fact]
    public void An_echo_request_has_a_right_checksum_in_both_versions()
    {
        Packet four = Packet.ParsePacket(LinkLayers.Ethernet, PacketBuilder.Ethernet().Ip("10.0.0.1", "10.0.0.2").IcmpEcho(7, 9).Payload("ping").Build());
        IcmpV4Packet icmp = four.Extract<IcmpV4Packet>();
        Assert.Equal(IcmpV4TypeCode.EchoRequest, icmp.TypeCode);
        Assert.Equal((7, 9), (icmp.Id, icmp.Sequence));
        Assert.Equal(0, NaiveChecksum(icmp.Bytes));

        Packet six = Packet.ParsePacket(LinkLayers.Ethernet, PacketBuilder.Ethernet().Ip("fe80::1", "fe80::2").IcmpEcho(7, 9, reply: true).Payload("ping").Build());
        IcmpV6Packet icmp6 = six.Extract<IcmpV6Packet>();
        Assert.Equal(IcmpV6Type.EchoReply, icmp6.Type);
        Assert.True(icmp6.ValidIcmpChecksum);
    }

    [Fact]
    public void Arp_asks_and_answers()
    {
        PacketBuilder request = PacketBuilder.Ethernet(PacketBuilder.DefaultSource, MacAddress.Broadcast).ArpRequest("10.0.0.1", "10.0.0.2");

        ArpPacket asked = Packet.ParsePacket(LinkLayers.Ethernet, request.PadTo(60).Build()).Extract<ArpPacket>();
        Assert.Equal(ArpOperation.Request, asked.Operation);
        Assert.Equal("10.0.0.1", asked.SenderProtocolAddress.ToString());
        Assert.Equal("10.0.0.2", asked.TargetProtocolAddress.ToString());
        Assert.Equal("020000000001", asked.SenderHardwareAddress.ToString());
        Assert.Equal("000000000000", asked.TargetHardwareAddress.ToString());

        ArpPacket answered = Packet.ParsePacket(LinkLayers.Ethernet, request.Reversed().Build()).Extract<ArpPacket>();
        Assert.Equal(ArpOperation.Response, answered.Operation);
        Assert.Equal("10.0.0.2", answered.SenderProtocolAddress.ToString());
        Assert.Equal("020000000002", answered.SenderHardwareAddress.ToString());
        Assert.Equal("020000000001", answered.TargetHardwareAddress.ToString());
    }

    [Fact]
    public void Sctp_carries_the_payload_in_a_padded_data_chunk_under_a_crc32c()
    {
        byte[] frame = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(5000, 6000, 0xCAFE).Payload("12345").Build();

        byte[] sctp = frame[34..];
        Assert.Equal(12 + 16 + 8, sctp.Length);
        Assert.Equal(new Ipv4FlowKey(0x0A000001, 0x0A000002, 5000, 6000, IpProtocols.Sctp), Ipv4KeyOf(frame));
        Assert.Equal(Convert.FromHexString("0003001500000001"), sctp[12..20]);
        Assert.Equal("12345\0\0\0"u8.ToArray(), sctp[28..]);
        uint checksum = BitConverter.ToUInt32(sctp, 8);
        sctp.AsSpan(8, 4).Clear();
        Assert.Equal(BitwiseCrc32C(sctp), checksum);
        Assert.Equal(0xE3069283, BitwiseCrc32C("123456789"u8));
        Assert.Equal(12, PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 2).Build().Length - 34);
    }

    [Fact]
    public void Ipv6_extension_headers_are_chained_in_their_order()
    {
        byte[] frame = PacketBuilder.Ethernet().Ipv6("2001:db8::1", "2001:db8::2").Ipv6HopByHop([5, 2, 0, 0]).Ipv6Routing("2001:db8::9", "2001:db8::2")
            .Ipv6DestinationOptions([0x3E, 3, 1, 2, 3]).Fragment(0, more: false, identification: 77).Udp(1, 2).Payload("x").Build();

        Assert.True(Ipv6Header.TryParse(frame.AsSpan(14), out Ipv6Header ip));
        List<byte> kinds = [];
        Ipv6Extensions extensions = ip.Extensions;
        while (extensions.MoveNext())
            kinds.Add(extensions.Current.Kind);
        Assert.Equal([IpProtocols.HopByHop, IpProtocols.Routing, IpProtocols.DestinationOptions, IpProtocols.Fragment], kinds);
        Assert.Equal(IpProtocols.Udp, extensions.NextHeader);

        // Hop-by-hop 8 bytes, routing 40, destination options 8, fragment 8, UDP 9.
        Assert.Equal(73, ip.PayloadLength);
        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, frame);
        Assert.Equal(73, packet.Extract<IPv6Packet>().PayloadLength);
        Assert.True(UdpHeader.TryParse(Layers(frame).Transport(frame.AsSpan()), out UdpHeader udp));
        Assert.True(udp.IsChecksumValid(ip));
        Assert.Equal(0, NaiveChecksum([.. frame[22..54], 0, 0, 0, 9, 0, 0, 0, 17, .. frame[^9..]]));
    }

    [Fact]
    public void Fragments_are_marked_in_both_versions()
    {
        PacketBuilder four = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");
        Assert.Equal(FragmentKind.First, Layers(four.Fragment(0, more: true, 9).Udp(1, 2).Build()).Fragment);
        IPv4Packet later = Packet.ParsePacket(LinkLayers.Ethernet, four.Fragment(1_480, more: false, 9).Protocol(IpProtocols.Udp).Payload("rest").Build()).Extract<IPv4Packet>();
        Assert.Equal((185, 0, 9), (later.FragmentOffset, later.FragmentFlags, later.Id));
        Assert.Equal(PacketDotNet.ProtocolType.Udp, later.Protocol);

        PacketBuilder six = PacketBuilder.Ethernet().Ipv6("::1", "::2");
        Assert.Equal(FragmentKind.First, Layers(six.Fragment(0, more: true).Udp(1, 2).Build()).Fragment);
        byte[] last = six.Fragment(8, more: false, 0x01020304).Protocol(IpProtocols.Udp).Payload("rest").Build();
        Assert.Equal((FragmentKind.Later, IpProtocols.Udp), (Layers(last).Fragment, Layers(last).Protocol));
        Assert.Equal(Convert.FromHexString("1100000801020304"), last[54..62]);
    }

    [Fact]
    public void A_vxlan_tunnel_carries_a_whole_frame_under_right_checksums()
    {
        PacketBuilder inner = PacketBuilder.Tcp("192.168.0.1", 1234, "192.168.0.2", 80, TcpFlags.Psh | TcpFlags.Ack, "GET /");
        byte[] frame = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Vxlan(0xABCDEF, sourcePort: 50_000).Inner(inner).Build();

        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, frame);
        UdpPacket udp = packet.Extract<UdpPacket>();
        Assert.True(udp.ValidUdpChecksum);
        Assert.Equal((50_000, 4_789), (udp.SourcePort, udp.DestinationPort));
        Assert.Equal(Convert.FromHexString("08000000ABCDEF00"), frame[42..50]);
        Packet carried = Packet.ParsePacket(LinkLayers.Ethernet, frame[50..]);
        Assert.True(carried.Extract<IPv4Packet>().ValidIPChecksum);
        Assert.True(carried.Extract<TcpPacket>().ValidTcpChecksum);
        Assert.Equal(inner.Build(), frame[50..]);
    }

    [Fact]
    public void Gre_carries_ip_and_ethernet()
    {
        PacketBuilder tunnel = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");
        byte[] plain = tunnel.Gre().Ipv4("192.168.0.1", "192.168.0.2").Udp(1, 2).Build();
        Assert.Equal(Convert.FromHexString("00000800"), plain[34..38]);
        Assert.Equal(PacketDotNet.ProtocolType.Gre, Packet.ParsePacket(LinkLayers.Ethernet, plain).Extract<IPv4Packet>().Protocol);
        FlowKeyReader.ParseFrom(plain, 38, EtherTypes.Ipv4, out PacketLayers inside);
        Assert.Equal(IpProtocols.Udp, inside.Protocol);

        byte[] keyed = tunnel.Gre(0xDEADBEEF).Inner(PacketBuilder.Udp("::1", 1, "::2", 2)).Build();
        Assert.Equal(Convert.FromHexString("20006558DEADBEEF"), keyed[34..42]);
        Assert.Equal(PacketBuilder.Udp("::1", 1, "::2", 2).Build(), keyed[42..]);
    }

    [Fact]
    public void Only_the_last_mpls_label_is_the_bottom()
    {
        byte[] frame = PacketBuilder.Ethernet().Mpls(16, ttl: 9).Mpls(1_048_575, trafficClass: 7).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();

        Assert.Equal(Convert.FromHexString("88470001000" + "9FFFFFF40"), frame[12..22]);
        Assert.Equal(2, Layers(frame).MplsCount);
        Assert.Equal(new Ipv4FlowKey(0x0A000001, 0x0A000002, 1, 2, 17), Ipv4KeyOf(frame));
    }

    [Fact]
    public void Padding_lies_behind_what_ip_counts()
    {
        byte[] frame = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).PadTo(60).Build();
        Assert.Equal(60, frame.Length);
        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, frame);
        Assert.Equal(28, packet.Extract<IPv4Packet>().TotalLength);
        Assert.True(packet.Extract<UdpPacket>().ValidUdpChecksum);
        Assert.Equal(42, Layers(frame).DatagramEnd);
        Assert.Equal(102, PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).PayloadOfSize(60).PadTo(60).Build().Length);
    }

    [Fact]
    public void The_payload_can_fill_the_frame_to_a_length()
    {
        Assert.Equal(1_514, PacketBuilder.Tcp("10.0.0.1", 1, "10.0.0.2", 2).FillTo(1_514).Build().Length);
        Assert.Equal(42, PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).FillTo(42).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).FillTo(41));
        PacketBuilder sctp = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 2);
        Assert.Equal(66, sctp.FillTo(66).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => sctp.FillTo(67));
    }

    [Fact]
    public void A_packet_of_a_flow_has_that_flows_key()
    {
        foreach (byte protocol in new byte[] { 6, 17, 132 })
        {
            Ipv4FlowKey four = new(0x0A010203, 0xC0A80001, 1234, 4321, protocol);
            Assert.Equal(four, Ipv4KeyOf(PacketBuilder.ForFlow(four).Build()));
            Ipv6FlowKey six = new(UInt128.One << 100, 77, 1234, 4321, protocol);
            FlowKeyReader.Read(PacketBuilder.ForFlow(six).Build(), out _, out Ipv6FlowKey read, out _);
            Assert.Equal(six, read);
        }

        Ipv4FlowKey esp = new(1, 2, 0, 0, IpProtocols.Esp);
        Assert.Equal(esp, Ipv4KeyOf(PacketBuilder.ForFlow(esp).Build()));
    }

    [Fact]
    public void A_builder_is_a_beginning_that_can_be_shared()
    {
        PacketBuilder beginning = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");
        byte[] before = beginning.Build();
        PacketBuilder udp = beginning.Udp(1, 2);
        PacketBuilder tcp = beginning.Tcp(3, 4).WithBadChecksum().PadTo(100);
        Assert.Equal(42, udp.Length);
        Assert.Equal(100, tcp.Length);
        Assert.Equal(before, beginning.Build());
        byte[] room = new byte[50];
        Assert.Equal(42, udp.Build(room));
        Assert.Equal(udp.Build(), room[..42]);
        Assert.Throws<ArgumentException>(() => tcp.Build(room));
    }

    internal static PacketLayers Layers(byte[] frame)
    {
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        return layers;
    }

    internal static Ipv4FlowKey Ipv4KeyOf(byte[] frame)
    {
        Assert.Equal(FlowKeyStatus.Ipv4, FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out _));
        return key;
    }

    // RFC 1071 as it is written: what is left of bytes with their checksum in them is 0.
    internal static int NaiveChecksum(byte[] bytes)
    {
        long sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
            sum += (bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0);
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (int)(~sum & 0xFFFF);
    }

    private static uint BitwiseCrc32C(ReadOnlySpan<byte> bytes)
    {
        const uint Polynomial = 0x82F63B78;
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? Polynomial : 0);
        }

        return ~crc;
    }
}

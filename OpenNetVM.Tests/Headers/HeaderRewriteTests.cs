using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Headers;

public class HeaderRewriteTests
{
    [Fact]
    public void Replacing_fields_of_IPv4_TCP_and_UDP_keeps_every_checksum_right()
    {
        Random random = new(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] frame = i % 2 == 0 ? HandMadeFrames.TcpWithOptions : HandMadeFrames.Udp4;
            Assert.True(Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header ip));
            random.NextBytes(ip.Payload[..4]);
            ip.UpdateChecksum();
            uint source = (uint)random.Next();
            uint destination = (uint)random.Next();
            if (TcpHeader.TryParse(ip.Payload, out TcpHeader tcp) && i % 2 == 0)
            {
                tcp.UpdateChecksum(ip);
                tcp.AccountForAddressChange(ip.Source, source);
                tcp.AccountForAddressChange(ip.Destination, destination);
                tcp.ReplaceSourcePort((ushort)random.Next());
                tcp.ReplaceDestinationPort((ushort)random.Next());
                tcp.ReplaceSequenceNumber((uint)random.Next());
                tcp.ReplaceAcknowledgmentNumber((uint)random.Next());
                tcp.ReplaceFlags((TcpFlags)random.Next(0x200));
                tcp.ReplaceWindow((ushort)random.Next());
            }
            else
            {
                Assert.True(UdpHeader.TryParse(ip.Payload, out UdpHeader udp));
                udp.UpdateChecksum(ip);
                udp.AccountForAddressChange(ip.Source, source);
                udp.AccountForAddressChange(ip.Destination, destination);
                udp.ReplaceSourcePort((ushort)random.Next());
                udp.ReplaceDestinationPort((ushort)random.Next());
                Assert.True(udp.HasChecksum);
            }

            ip.ReplaceSource(source);
            ip.ReplaceDestination(destination);
            ip.ReplaceTypeOfService((byte)random.Next());
            ip.ReplaceIdentification((ushort)random.Next());
            ip.ReplaceTimeToLive((byte)random.Next(2, 256));
            Assert.True(ip.TryDecrementTimeToLive());
            Assert.True(ip.IsChecksumValid);
            Assert.Equal((source, destination), (ip.Source, ip.Destination));
            Assert.True(i % 2 == 0 ? tcp.IsChecksumValid(ip) : UdpHeader.TryParse(ip.Payload, out UdpHeader check) && check.IsChecksumValid(ip));
        }
    }

    [Fact]
    public void Replacing_addresses_of_IPv6_keeps_the_checksums_of_TCP_UDP_and_ICMPv6_right()
    {
        UInt128 after = new(0xFFFF_0000_1234_5678, 0x8000_0000_0000_0001);
        foreach (byte[] frame in new[] { HandMadeFrames.Tcp6, HandMadeFrames.Udp6, HandMadeFrames.Icmp6 })
        {
            Assert.True(Ipv6Header.TryParse(frame.AsSpan(14), out Ipv6Header ip));
            UInt128 before = ip.Source;
            switch (ip.NextHeader)
            {
                case IpProtocols.Tcp:
                    Assert.True(TcpHeader.TryParse(ip.Payload, out TcpHeader tcp));
                    tcp.UpdateChecksum(ip);
                    tcp.AccountForAddressChange(before, after);
                    ip.Source = after;
                    Assert.True(tcp.IsChecksumValid(ip));
                    break;
                case IpProtocols.Udp:
                    Assert.True(UdpHeader.TryParse(ip.Payload, out UdpHeader udp));
                    udp.UpdateChecksum(ip);
                    udp.AccountForAddressChange(before, after);
                    ip.Source = after;
                    Assert.True(udp.HasChecksum && udp.IsChecksumValid(ip));
                    break;
                default:
                    Assert.True(Icmpv6Header.TryParse(ip.Payload, out Icmpv6Header icmp));
                    icmp.UpdateChecksum(ip);
                    icmp.AccountForAddressChange(before, after);
                    ip.Source = after;
                    Assert.True(icmp.IsChecksumValid(ip));
                    break;
            }

            ip.Destination = 1;
            Assert.False(TcpHeader.TryParse(ip.Payload, out TcpHeader wrong) && wrong.IsChecksumValid(ip));
        }
    }

    [Fact]
    public void The_last_hop_is_not_taken()
    {
        byte[] frame = HandMadeFrames.Tcp4;
        Assert.True(Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header ip));
        byte[] frame6 = HandMadeFrames.Tcp6;
        Assert.True(Ipv6Header.TryParse(frame6.AsSpan(14), out Ipv6Header ip6));
        foreach (byte hops in new byte[] { 0, 1 })
        {
            ip.TimeToLive = ip6.HopLimit = hops;
            Assert.False(ip.TryDecrementTimeToLive() || ip6.TryDecrementHopLimit());
            Assert.Equal((hops, hops), (ip.TimeToLive, ip6.HopLimit));
        }

        ip6.HopLimit = 2;
        Assert.True(ip6.TryDecrementHopLimit());
        Assert.Equal(1, ip6.HopLimit);
    }

    [Fact]
    public void Created_headers_are_found_again_by_the_reader()
    {
        byte[] frame = new byte[14 + 40 + 20 + 5];
        frame.AsSpan().Fill(0xEE);
        Assert.True(EthernetHeader.TryParse(frame, out EthernetHeader ethernet));
        ethernet.EtherType = EtherTypes.Ipv6;
        Assert.True(Ipv6Header.TryCreate(ethernet.Payload, 25, out Ipv6Header ip));
        (ip.NextHeader, ip.Source, ip.Destination) = (IpProtocols.Tcp, 5, 6);
        Assert.True(TcpHeader.TryCreate(ip.Payload, out TcpHeader tcp));
        (tcp.SourcePort, tcp.DestinationPort, tcp.Flags) = (7, 8, TcpFlags.Syn);
        tcp.UpdateChecksum(ip);
        Assert.True(tcp.IsChecksumValid(ip));
        Assert.Equal(FlowKeyStatus.Ipv6, FlowKeyReader.Read(frame, out _, out Ipv6FlowKey key, out PacketLayers layers));
        Assert.Equal(new Ipv6FlowKey(5, 6, 7, 8, 6), key);
        Assert.Equal(5, layers.Payload(frame.AsSpan()).Length);
        Assert.Equal((64, 0u, 0), (ip.HopLimit, ip.FlowLabel, ip.TrafficClass));

        Assert.False(Ipv4Header.TryCreate(frame, frame.Length - 19, out _));
        Assert.False(Ipv4Header.TryCreate(frame, -1, out _));
        Assert.False(Ipv6Header.TryCreate(frame, frame.Length - 39, out _));
        Assert.False(UdpHeader.TryCreate(new byte[7], out _));
        Assert.False(TcpHeader.TryCreate(new byte[19], out _));
        Assert.True(Ipv4Header.TryCreate(frame, 30, out Ipv4Header ip4));
        ip4.UpdateChecksum();
        Assert.Equal((50, 20, 64, true, 30), (ip4.TotalLength, ip4.HeaderLength, ip4.TimeToLive, ip4.IsChecksumValid, ip4.Payload.Length));
        Assert.True(UdpHeader.TryCreate(ip4.Payload, out UdpHeader udp));
        Assert.Equal((30, 22, false), (udp.Length, udp.Payload.Length, udp.HasChecksum));
        Assert.True(ArpPacket.TryCreate(frame, out ArpPacket arp) && ArpPacket.TryParse(frame, out _));
        Assert.Equal(ArpOperation.None, arp.Operation);
    }
}

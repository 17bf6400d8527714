using OpenNetVM.Core.Headers;
using OpenNetVM.Testing;
using PacketDotNet;

namespace OpenNetVM.Tests.Testing;

public class PacketBuilderFaultTests
{
    private static readonly PacketBuilder Beginning = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");

    [Fact]
    public void A_bad_checksum_is_bad_in_the_layer_it_was_asked_for_and_nowhere_else()
    {
        Packet badUdp = Parse(Beginning.Udp(1, 2).WithBadChecksum().Payload("x"));
        Assert.True(badUdp.Extract<IPv4Packet>().ValidIPChecksum);
        Assert.False(badUdp.Extract<UdpPacket>().ValidUdpChecksum);

        Packet badIp = Parse(Beginning.WithBadChecksum().Udp(1, 2).Payload("x"));
        Assert.False(badIp.Extract<IPv4Packet>().ValidIPChecksum);
        Assert.True(badIp.Extract<UdpPacket>().ValidUdpChecksum);

        Packet badTcp = Parse(Beginning.Tcp(1, 2).Payload("x").WithBadChecksum());
        Assert.True(badTcp.Extract<IPv4Packet>().ValidIPChecksum);
        Assert.False(badTcp.Extract<TcpPacket>().ValidTcpChecksum);
    }

    [Fact]
    public void A_bad_checksum_is_bad_whatever_the_right_one_is()
    {
        // Two payload bytes that run through all values make the right checksum run through all values too.
        byte[] frame = Beginning.Udp(1, 2).Payload([0, 0]).Build();
        for (int value = 0; value <= ushort.MaxValue; value += 1)
        {
            int written = Beginning.Udp(1, 2).Payload([(byte)(value >> 8), (byte)value]).WithBadChecksum().Build(frame);
            Assert.Equal(frame.Length, written);
            Assert.True(Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header ip));
            Assert.True(UdpHeader.TryParse(ip.Payload, out UdpHeader udp));
            Assert.True(udp.HasChecksum);
            Assert.False(udp.IsChecksumValid(ip));
        }
    }

    [Fact]
    public void Fields_can_be_given_numbers_of_ones_own()
    {
        byte[] checksum = Beginning.Udp(1, 2).WithChecksum(0xBEEF).Build();
        Assert.Equal(Convert.FromHexString("BEEF"), checksum[40..42]);
        Assert.Equal(Convert.FromHexString("0000"), Beginning.Udp(1, 2).Payload("x").WithoutUdpChecksum().Build()[40..42]);
        Assert.Equal(Convert.FromHexString("0007"), Beginning.Udp(1, 2).WithLength(7).Build()[38..40]);

        byte[] longIp = Beginning.WithLength(9_999).Udp(1, 2).Build();
        Assert.True(Ipv4Header.TryParse(longIp.AsSpan(14), out Ipv4Header ip));
        Assert.Equal(9_999, ip.TotalLength);
        Assert.True(ip.IsChecksumValid);
        Assert.Equal(Convert.FromHexString("0003"), PacketBuilder.Ethernet().Ipv6("::1", "::2").WithLength(3).Payload("x").Build()[18..20]);

        Assert.Equal(Convert.FromHexString("88CC"), PacketBuilder.Ethernet().EtherType(0x88CC).Payload("lldp").Build()[12..14]);
        Assert.Equal(IpProtocols.Esp, Beginning.Protocol(IpProtocols.Esp).Payload("x").Build()[23]);
    }

    [Fact]
    public void A_cut_frame_says_more_than_it_has()
    {
        PacketBuilder cut = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2, "payload").CutTo(38);
        Assert.Equal(38, cut.Length);
        byte[] frame = cut.Build();
        Assert.Equal(38, frame.Length);
        Assert.True(Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header ip));
        Assert.True(ip.IsTruncated);
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketBuilder.Ethernet().CutTo(15));
    }

    [Fact]
    public void Options_are_padded_to_whole_words()
    {
        IPv4Packet ip = Parse(PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Ipv4Options([7, 3, 4, 1, 1]).Udp(1, 2)).Extract<IPv4Packet>();
        Assert.Equal(28, ip.HeaderLength * 4);
        Assert.Equal(36, ip.TotalLength);
        Assert.True(ip.ValidIPChecksum);
        Assert.Throws<ArgumentException>(() => Beginning.Ipv4Options(new byte[41]));
        Assert.Throws<ArgumentException>(() => Beginning.Tcp(1, 2).TcpOptions(new byte[41]));
    }

    [Fact]
    public void Layers_that_cannot_follow_each_other_are_refused_by_name()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => PacketBuilder.Ethernet().Udp(1, 2));
        Assert.Contains("Ethernet cannot carry UDP", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Beginning.Udp(1, 2).Tcp(1, 2));
        Assert.Throws<InvalidOperationException>(() => Beginning.Udp(1, 2).Payload("x").Udp(1, 2));
        Assert.Throws<InvalidOperationException>(() => Beginning.Vlan(1));
        Assert.Throws<InvalidOperationException>(() => Beginning.Inner(PacketBuilder.Ethernet()));
        Assert.Throws<InvalidOperationException>(() => Beginning.Ipv6HopByHop());
        Assert.Throws<InvalidOperationException>(() => Beginning.Udp(1, 2).Fragment(0, true));
        Assert.Throws<InvalidOperationException>(() => PacketBuilder.Ethernet().WithBadChecksum());
        Assert.Throws<InvalidOperationException>(() => PacketBuilder.Ethernet().Ipv6("::1", "::2").WithBadChecksum());
        Assert.Throws<InvalidOperationException>(() => Beginning.Tcp(1, 2).WithoutUdpChecksum());
        Assert.Throws<InvalidOperationException>(() => PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2").Payload("x"));
    }

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketBuilder.Ethernet().Vlan(4_096));
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketBuilder.Ethernet().Vlan(1, priority: 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketBuilder.Ethernet().Mpls(1 << 20));
        Assert.Throws<ArgumentOutOfRangeException>(() => Beginning.Vxlan(1 << 24));
        Assert.Throws<ArgumentOutOfRangeException>(() => Beginning.Fragment(4, true));
        Assert.Throws<ArgumentException>(() => PacketBuilder.Ethernet().Ipv4("10.0.0.1", "::1"));
        Assert.Throws<ArgumentException>(() => PacketBuilder.Udp("::1", 1, "10.0.0.1", 1));
        Assert.Throws<FormatException>(() => PacketBuilder.Udp("ten", 1, "10.0.0.1", 1));
        Assert.Throws<FormatException>(() => PacketBuilder.Ethernet("02", "03"));
        Assert.Throws<InvalidOperationException>(() => Beginning.Udp(1, 2).PayloadOfSize(65_508).Build());
        Assert.Equal(65_535 + 14, Beginning.Udp(1, 2).PayloadOfSize(65_507).Build().Length);
    }

    private static Packet Parse(PacketBuilder builder) => Packet.ParsePacket(LinkLayers.Ethernet, builder.Build());
}

using FsCheck.Xunit;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Testing;

public class PacketBuilderPropertyTests
{
    /// <summary>Stacks of everything that can stand in front of a transport header, with the offset at which the outermost IP header must be.</summary>
    [Property(MaxTest = 400)]
    public void Any_stack_is_read_back_by_the_flow_key_reader(byte vlans, byte labels, bool six, bool options, byte transport, ushort sourcePort, ushort destinationPort, ushort size)
    {
        PacketBuilder builder = PacketBuilder.Ethernet();
        int network = 14;
        for (int i = 0; i < vlans % 3; i++, network += 4)
            builder = builder.Vlan(i + 1);
        for (int i = 0; i < labels % 4; i++, network += 4)
            builder = builder.Mpls((uint)(100 + i));
        builder = six ? builder.Ipv6("2001:db8::1", "2001:db8::2") : builder.Ipv4("10.1.2.3", "10.3.2.1");
        if (options)
            builder = six ? builder.Ipv6HopByHop(new byte[size % 20]) : builder.Ipv4Options(new byte[size % 41]);
        byte protocol = new[] { IpProtocols.Udp, IpProtocols.Tcp, IpProtocols.Sctp }[transport % 3];
        builder = protocol switch
        {
            IpProtocols.Udp => builder.Udp(sourcePort, destinationPort),
            IpProtocols.Tcp => builder.Tcp(sourcePort, destinationPort, TcpFlags.Syn),
            _ => builder.Sctp(sourcePort, destinationPort),
        };
        builder = builder.PayloadOfSize(size % 1_200);
        byte[] frame = builder.Build();

        Assert.Equal(builder.Length, frame.Length);
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
        Assert.Equal(six ? FlowKeyStatus.Ipv6 : FlowKeyStatus.Ipv4, status);
        Assert.Equal((network, vlans % 3, labels % 4, frame.Length), (layers.NetworkOffset, layers.VlanCount, layers.MplsCount, layers.DatagramEnd));
        Assert.Equal((sourcePort, destinationPort, protocol), six ? (ipv6.SourcePort, ipv6.DestinationPort, ipv6.Protocol) : (ipv4.SourcePort, ipv4.DestinationPort, ipv4.Protocol));
        if (protocol != IpProtocols.Sctp)
            Assert.Equal(0, PacketBuilderTests.NaiveChecksum(WithPseudoHeader(frame, layers, six)));
        if (!six)
            Assert.Equal(0, PacketBuilderTests.NaiveChecksum(frame[network..layers.TransportOffset]));

        FlowKeyReader.Read(builder.Reversed().Build(), out Ipv4FlowKey back4, out Ipv6FlowKey back6, out _);
        Assert.Equal(ipv4.Reversed(), back4);
        Assert.Equal(ipv6.Reversed(), back6);
        Assert.Equal(frame, builder.Reversed().Reversed().Build());
    }

    [Property(MaxTest = 200)]
    public void A_tunnel_of_any_depth_reverses_to_itself(byte[] kinds)
    {
        PacketBuilder builder = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");
        foreach (byte kind in kinds.Take(6))
        {
            builder = (kind % 4) switch
            {
                0 => builder.Gre(kind).Ipv6("::1", "::2"),
                1 => builder.Vxlan(kind).Inner(PacketBuilder.Ethernet().Vlan(5)).Ipv4("10.0.0.3", "10.0.0.4"),
                2 => builder.Ipv4("10.0.0.5", "10.0.0.6"),
                _ => builder.Gre().Inner(PacketBuilder.Ethernet()).Mpls(9).Ipv6("::3", "::4"),
            };
        }

        builder = builder.Tcp(1, 2, TcpFlags.Ack, 7, 8).Payload("end");
        byte[] frame = builder.Build();
        byte[] back = builder.Reversed().Build();
        Assert.Equal(frame.Length, back.Length);
        Assert.NotEqual(frame, back);
        Assert.Equal(frame, builder.Reversed().Reversed().Build());
    }

    private static byte[] WithPseudoHeader(byte[] frame, PacketLayers layers, bool six)
    {
        byte[] transport = frame[layers.TransportOffset..layers.DatagramEnd];
        byte[] addresses = six ? frame[(layers.NetworkOffset + 8)..(layers.NetworkOffset + 40)] : frame[(layers.NetworkOffset + 12)..(layers.NetworkOffset + 20)];
        return [.. addresses, (byte)(transport.Length >> 8), (byte)transport.Length, 0, layers.Protocol, .. transport];
    }
}

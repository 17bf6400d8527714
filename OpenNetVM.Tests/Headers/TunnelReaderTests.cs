using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Headers;

public class TunnelReaderTests
{
    private static readonly Ipv4FlowKey InnerKey4 = new(0xC0000201, 0xC6336402, 0x1234, 80, 6);
    private static readonly Ipv6FlowKey InnerKey6 = new(new UInt128(0x20010DB8_00000000, 1), new UInt128(0x20010DB8_00000000, 2), 0x1234, 80, 6);

    [Theory]
    [InlineData(nameof(HandMadeFrames.GreKeyed), TunnelKind.Gre, 50)]
    [InlineData(nameof(HandMadeFrames.GreBridging), TunnelKind.Gre, 56)]
    [InlineData(nameof(HandMadeFrames.Erspan1), TunnelKind.Erspan, 52)]
    [InlineData(nameof(HandMadeFrames.Erspan2), TunnelKind.Erspan, 64)]
    [InlineData(nameof(HandMadeFrames.Erspan3), TunnelKind.Erspan, 76)]
    [InlineData(nameof(HandMadeFrames.MplsInIp), TunnelKind.Mpls, 38)]
    [InlineData(nameof(HandMadeFrames.Pseudowire), TunnelKind.Pseudowire, 40)]
    public void The_IPv4_packet_inside_a_tunnel_is_found(string name, TunnelKind kind, int network)
    {
        byte[] frame = Frame(name);
        FlowKeyReader.Parse(frame, out PacketLayers outer);
        Assert.Equal(kind, TunnelReader.TryEnter(frame, outer, out PacketLayers inner));
        Assert.Equal((FlowKeyStatus.Ipv4, network, frame.Length), (inner.Status, inner.NetworkOffset, inner.DatagramEnd));
        Assert.True(FlowKeyReader.TryReadKey(frame, inner, out Ipv4FlowKey key));
        Assert.Equal(InnerKey4, key);
        Assert.Equal(TunnelKind.None, TunnelReader.TryEnter(frame, inner, out _));
    }

    [Theory]
    [InlineData(nameof(HandMadeFrames.Vxlan), TunnelKind.Vxlan, 64)]
    [InlineData(nameof(HandMadeFrames.IpInIp), TunnelKind.Ip, 34)]
    public void The_IPv6_packet_inside_a_tunnel_is_found(string name, TunnelKind kind, int network)
    {
        byte[] frame = Frame(name);
        FlowKeyReader.Parse(frame, out PacketLayers outer);
        Assert.Equal(kind, TunnelReader.TryEnter(frame, outer, out PacketLayers inner));
        Assert.Equal((FlowKeyStatus.Ipv6, network), (inner.Status, inner.NetworkOffset));
        Assert.True(FlowKeyReader.TryReadKey(frame, inner, out Ipv6FlowKey key));
        Assert.Equal(InnerKey6, key);
    }

    [Theory]
    [InlineData(nameof(HandMadeFrames.Tcp4))]
    [InlineData(nameof(HandMadeFrames.Pptp))]
    [InlineData(nameof(HandMadeFrames.Arp))]
    [InlineData(nameof(HandMadeFrames.SpanningTree))]
    public void Without_a_tunnel_nothing_is_entered(string name)
    {
        byte[] frame = Frame(name);
        FlowKeyReader.Parse(frame, out PacketLayers outer);
        Assert.Equal(TunnelKind.None, TunnelReader.TryEnter(frame, outer, out PacketLayers inner));
        Assert.Equal(default, inner);
    }

    [Fact]
    public void VXLAN_is_told_by_its_port_and_another_port_can_be_named()
    {
        byte[] frame = HandMadeFrames.Vxlan;
        frame[36] = 0x21;
        frame[37] = 0x18;
        FlowKeyReader.Parse(frame, out PacketLayers outer);
        Assert.Equal(TunnelKind.None, TunnelReader.TryEnter(frame, outer, out _));
        Assert.Equal(TunnelKind.Vxlan, TunnelReader.TryEnter(frame, outer, out _, vxlanPort: 8472));
    }

    [Fact]
    public void A_later_fragment_of_a_tunnel_is_not_entered()
    {
        byte[] frame = HandMadeFrames.GreKeyed;
        frame[21] = 5;
        FlowKeyReader.Parse(frame, out PacketLayers outer);
        Assert.Equal((FragmentKind.Later, TunnelKind.None), (outer.Fragment, TunnelReader.TryEnter(frame, outer, out _)));
    }

    [Fact]
    public void Padding_behind_the_outer_packet_is_not_the_inner_packets()
    {
        byte[] frame = [.. HandMadeFrames.GreKeyed, .. new byte[20]];
        FlowKeyReader.Parse(frame, out PacketLayers outer);
        TunnelReader.TryEnter(frame, outer, out PacketLayers inner);
        Assert.Equal(frame.Length - 20, inner.DatagramEnd);
    }

    [Fact]
    public void Bridged_frames_of_a_real_mirroring_session_are_found()
    {
        int later = 0;
        Dictionary<ushort, int> inside = [];
        foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture("zeek__erspan.pcap")))
        {
            FlowKeyReader.Parse(frame.Data, out PacketLayers outer);
            TunnelKind kind = TunnelReader.TryEnter(frame.Data, outer, out PacketLayers inner);
            if (outer.Fragment == FragmentKind.Later)
                later++;
            else
                inside[inner.EtherType] = inside.GetValueOrDefault(inner.EtherType) + 1;
            Assert.Equal(outer.Fragment == FragmentKind.Later ? TunnelKind.None : TunnelKind.Gre, kind);
        }

        // 287 packets, 39 of them later fragments (the ground truth); what the others carry was counted from the bytes without this code.
        Assert.Equal(39, later);
        Assert.Equal([(EtherTypes.Ipv4, 232), (EtherTypes.Arp, 10), (EtherTypes.Ipv6, 6)], inside.OrderByDescending(entry => entry.Value).Select(entry => (entry.Key, entry.Value)));
    }

    [Fact]
    public void Pings_in_a_real_pseudowire_are_found()
    {
        int pings = 0;
        foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture("tcpreplay__test.pcap")))
        {
            FlowKeyReader.Parse(frame.Data, out PacketLayers outer);
            if (TunnelReader.TryEnter(frame.Data, outer, out PacketLayers inner) == TunnelKind.Pseudowire && inner is { VlanCount: 1, Protocol: IpProtocols.Icmp })
                pings++;
        }

        Assert.Equal(10, pings);
    }

    [Fact]
    public void Payload_of_GRE_that_is_neither_IP_nor_a_frame_is_not_guessed_at()
    {
        // Real GRE with Cisco's metadata in front of IP (0x8909), keepalives (0) and CDP (0x2000).
        int gre = 0;
        foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture("tcpdump__various_gre.pcap")))
        {
            FlowKeyReader.Parse(frame.Data, out PacketLayers layers);
            if (layers.Protocol != IpProtocols.Gre)
                continue;
            gre++;
            Assert.True(GreHeader.TryParse(layers.Transport(frame.Data.AsSpan()), out GreHeader header) && header.HasKey);
            Assert.Equal(TunnelKind.None, TunnelReader.TryEnter(frame.Data, layers, out _));
        }

        Assert.Equal(30, gre);
    }

    private static byte[] Frame(string name) => (byte[])typeof(HandMadeFrames).GetProperty(name)!.GetValue(null)!;
}

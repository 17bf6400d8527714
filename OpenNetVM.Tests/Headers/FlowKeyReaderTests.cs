using System.Runtime.InteropServices;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Headers;

public class FlowKeyReaderTests
{
    private const uint Source4 = 0xC0000201;
    private const uint Destination4 = 0xC6336402;
    private static readonly UInt128 Source6 = new(0x20010DB8_00000000, 1);
    private static readonly UInt128 Destination6 = new(0x20010DB8_00000000, 2);

    // name, protocol, whether there are ports, network/transport/payload offset, VLAN tags, MPLS labels, fragment
    public static TheoryData<string, byte, bool, int, int, int, int, int, FragmentKind> Ipv4Frames => new()
    {
        { nameof(HandMadeFrames.Tcp4), 6, true, 14, 34, 54, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Udp4), 17, true, 14, 34, 42, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Sctp4), 132, true, 14, 34, 46, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Icmp4), 1, false, 14, 34, 0, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Ipv4WithOptions), 6, true, 14, 42, 62, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.TcpWithOptions), 6, true, 14, 34, 74, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.FirstFragment4), 17, true, 14, 34, 42, 0, 0, FragmentKind.First },
        { nameof(HandMadeFrames.LaterFragment4), 17, false, 14, 34, 0, 0, 0, FragmentKind.Later },
        { nameof(HandMadeFrames.NoTotalLength), 6, true, 14, 34, 54, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Vlan), 6, true, 18, 38, 58, 1, 0, FragmentKind.None },
        { nameof(HandMadeFrames.QinQ), 17, true, 22, 42, 50, 2, 0, FragmentKind.None },
        { nameof(HandMadeFrames.ThreeTags), 17, true, 26, 46, 54, 3, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Snap), 17, true, 22, 42, 50, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Mpls), 6, true, 22, 42, 62, 0, 2, FragmentKind.None },
        { nameof(HandMadeFrames.Pppoe), 17, true, 22, 42, 50, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.GreKeyed), 47, false, 14, 34, 0, 0, 0, FragmentKind.None },
    };

    public static TheoryData<string, byte, bool, int, int, int, int, FragmentKind> Ipv6Frames => new()
    {
        { nameof(HandMadeFrames.Tcp6), 6, true, 14, 54, 74, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Udp6), 17, true, 14, 54, 62, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Icmp6), 58, false, 14, 54, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Ipv6Extensions), 17, true, 14, 102, 110, 0, FragmentKind.None },
        { nameof(HandMadeFrames.FirstFragment6), 17, true, 14, 62, 70, 0, FragmentKind.First },
        { nameof(HandMadeFrames.LaterFragment6), 17, false, 14, 62, 0, 0, FragmentKind.Later },
        { nameof(HandMadeFrames.Esp6), 50, false, 14, 54, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Ah6), 51, false, 14, 54, 0, 0, FragmentKind.None },
        { nameof(HandMadeFrames.Mpls6), 17, true, 18, 58, 66, 1, FragmentKind.None },
        { nameof(HandMadeFrames.Pppoe6), 17, true, 22, 62, 70, 0, FragmentKind.None },
    };

    [Theory, MemberData(nameof(Ipv4Frames))]
    public void An_IPv4_frame_has_its_key_and_layers(string name, byte protocol, bool ports, int network, int transport, int payload, int vlans, int labels, FragmentKind fragment)
    {
        byte[] frame = Frame(name);
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey key, out Ipv6FlowKey other, out PacketLayers layers);

        Assert.Equal(FlowKeyStatus.Ipv4, status);
        Assert.Equal(new Ipv4FlowKey(Source4, Destination4, (ushort)(ports ? 0x1234 : 0), (ushort)(ports ? 80 : 0), protocol), key);
        Assert.Equal(default, other);
        Assert.Equal(new PacketLayers(status, protocol, fragment, (byte)(vlans | (labels << 4)), EtherTypes.Ipv4, network, transport, payload, frame.Length), layers);
        Assert.Equal((vlans, labels, network, transport, payload), (layers.VlanCount, layers.MplsCount, layers.NetworkOffset, layers.TransportOffset, layers.PayloadOffset));
    }

    [Theory, MemberData(nameof(Ipv6Frames))]
    public void An_IPv6_frame_has_its_key_and_layers(string name, byte protocol, bool ports, int network, int transport, int payload, int labels, FragmentKind fragment)
    {
        byte[] frame = Frame(name);
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey other, out Ipv6FlowKey key, out PacketLayers layers);

        Assert.Equal(FlowKeyStatus.Ipv6, status);
        Assert.Equal(new Ipv6FlowKey(Source6, Destination6, (ushort)(ports ? 0x1234 : 0), (ushort)(ports ? 80 : 0), protocol), key);
        Assert.Equal(default, other);
        Assert.Equal(new PacketLayers(status, protocol, fragment, (byte)(labels << 4), EtherTypes.Ipv6, network, transport, payload, frame.Length), layers);
    }

    [Theory]
    [InlineData(nameof(HandMadeFrames.Arp), EtherTypes.Arp)]
    [InlineData(nameof(HandMadeFrames.SpanningTree), 0x26)]
    [InlineData(nameof(HandMadeFrames.Pseudowire), EtherTypes.Mpls)]
    public void A_frame_without_an_own_IP_header_is_not_IP(string name, int etherType)
    {
        Assert.Equal(FlowKeyStatus.NotIp, FlowKeyReader.Parse(Frame(name), out PacketLayers layers));
        Assert.Equal((etherType, 14), (layers.EtherType, layers.NetworkOffset));
        Assert.False(layers.HasKey);
    }

    [Fact]
    public void A_frame_cut_anywhere_is_reported_as_cut_and_never_keeps_ports_that_are_not_there()
    {
        foreach (byte[] whole in HandMadeFrames.All)
        {
            FlowKeyReader.Parse(whole, out PacketLayers layers);
            if (!layers.HasKey)
                continue;
            int fixedPart = layers.Status == FlowKeyStatus.Ipv4 ? 20 : 40;
            for (int length = 0; length < whole.Length; length++)
            {
                ReadOnlySpan<byte> frame = whole.AsSpan(0, length);
                FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers cut);
                FlowKeyStatus expected =
                    length >= layers.NetworkOffset + fixedPart ? layers.Status
                    : length >= layers.NetworkOffset && (layers.MplsCount == 0 || length > layers.NetworkOffset) ? FlowKeyStatus.TruncatedIp
                    : status == FlowKeyStatus.NotIp ? FlowKeyStatus.NotIp : FlowKeyStatus.TruncatedLink;
                Assert.Equal(expected, status);
                if (length < layers.TransportOffset + 4)
                    Assert.Equal((0, 0), (ipv4.SourcePort | ipv6.SourcePort, ipv4.DestinationPort | ipv6.DestinationPort));
                Assert.InRange(cut.DatagramEnd, 0, length);
            }
        }
    }

    [Theory]
    [InlineData(14, 0x65)]
    [InlineData(14, 0x44)]
    [InlineData(17, 19)]
    public void An_IPv4_header_that_contradicts_itself_is_malformed(int offset, byte value)
    {
        byte[] frame = HandMadeFrames.Tcp4;
        frame[16] = 0;
        frame[offset] = value;
        Assert.Equal(FlowKeyStatus.MalformedIp, FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out PacketLayers layers));
        Assert.Equal(default, key);
        Assert.Equal(14, layers.NetworkOffset);
    }

    [Fact]
    public void An_IPv6_header_with_another_version_is_malformed()
    {
        byte[] frame = HandMadeFrames.Tcp6;
        frame[14] = 0x45;
        Assert.Equal(FlowKeyStatus.MalformedIp, FlowKeyReader.Parse(frame, out _));
    }

    [Fact]
    public void Ethernet_padding_is_not_taken_for_a_transport_header()
    {
        // An IPv4 packet of 20 bytes that says UDP, padded to the shortest Ethernet frame with bytes that look like ports.
        byte[] frame = new byte[60];
        HandMadeFrames.Udp4.AsSpan(0, 34).CopyTo(frame);
        frame[17] = 20;
        frame.AsSpan(34).Fill(0x77);
        Assert.Equal(FlowKeyStatus.Ipv4, FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out PacketLayers layers));
        Assert.Equal(new Ipv4FlowKey(Source4, Destination4, 0, 0, 17), key);
        Assert.Equal((0, 0, 34), (layers.TransportOffset, layers.PayloadOffset, layers.DatagramEnd));
    }

    [Fact]
    public void A_packet_can_be_parsed_without_Ethernet()
    {
        byte[] frame = HandMadeFrames.Tcp4;
        Assert.Equal(FlowKeyStatus.Ipv4, FlowKeyReader.ParseFrom(frame.AsSpan(14), 0, EtherTypes.Ipv4, out PacketLayers layers));
        Assert.Equal((0, 20, 40), (layers.NetworkOffset, layers.TransportOffset, layers.PayloadOffset));
        Assert.True(FlowKeyReader.TryReadKey(frame.AsSpan(14), layers, out Ipv4FlowKey key));
        Assert.Equal(new Ipv4FlowKey(Source4, Destination4, 0x1234, 80, 6), key);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(55)]
    [InlineData(65_476)]
    [InlineData(int.MaxValue)]
    public void Beginning_outside_the_frame_is_reported_as_cut(int offset) =>
        Assert.Equal(FlowKeyStatus.TruncatedLink, FlowKeyReader.ParseFrom(HandMadeFrames.Tcp4, offset, EtherTypes.Ipv4, out _));

    [Fact]
    public void Headers_behind_64_KiB_of_tags_are_not_followed()
    {
        byte[] frame = new byte[70_000];
        HandMadeFrames.Tcp4.AsSpan(0, 12).CopyTo(frame);
        for (int i = 12; i < frame.Length; i += 4)
            frame[i] = 0x81;
        Assert.Equal(FlowKeyStatus.TruncatedLink, FlowKeyReader.Parse(frame, out PacketLayers layers));
        Assert.Equal(15, layers.VlanCount);
    }

    [Fact]
    public void Layers_of_another_frame_are_refused_or_give_a_key_but_never_read_outside()
    {
        FlowKeyReader.Parse(HandMadeFrames.Ipv6Extensions, out PacketLayers layers6);
        FlowKeyReader.Parse(HandMadeFrames.TcpWithOptions, out PacketLayers layers4);
        using GuardedBuffer buffer = new(4096);
        for (int length = 0; length < 200; length++)
        {
            Span<byte> frame = buffer.AtEnd(length);
            Assert.Equal(length >= 34, FlowKeyReader.TryReadKey(frame, layers4, out Ipv4FlowKey _));
            Assert.Equal(length >= 54, FlowKeyReader.TryReadKey(frame, layers6, out Ipv6FlowKey _));
            Assert.False(FlowKeyReader.TryReadKey(frame, layers6, out Ipv4FlowKey _));
            Assert.False(FlowKeyReader.TryReadKey(frame, layers4, out Ipv6FlowKey _));
            Assert.False(FlowKeyReader.TryReadKey(frame, default, out Ipv4FlowKey _));
        }
    }

    [Fact]
    public void Forged_ends_cannot_wrap_around()
    {
        using GuardedBuffer buffer = new(4096);
        Span<byte> frame = buffer.AtEnd(60);
        foreach (int end in new[] { int.MinValue, int.MinValue + 40, -1, int.MaxValue, 61 })
        {
            // 57 to 60 lie at the edge of the page that may not be touched.
            foreach (int transport in new[] { 57, 60, 65_000 })
            {
                PacketLayers forged = new(FlowKeyStatus.Ipv4, 6, FragmentKind.None, 0, EtherTypes.Ipv4, 14, transport, transport, end);
                Assert.True(FlowKeyReader.TryReadKey(frame, forged, out Ipv4FlowKey key));
                Assert.Equal(0, key.SourcePort);
                Assert.True(forged.Network(frame).IsEmpty && forged.Transport(frame).IsEmpty && forged.Payload(frame).IsEmpty);
                Assert.Equal(TunnelKind.None, TunnelReader.TryEnter(frame, forged, out _));
            }
        }
    }

    [Fact]
    public void Slices_follow_the_layers_and_leave_padding_out()
    {
        byte[] frame = [.. HandMadeFrames.Udp4, 1, 2, 3];
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        Assert.Equal(frame.AsSpan(14, 30), layers.Network(frame.AsSpan()));
        Assert.Equal(frame.AsSpan(34, 10), layers.Transport(frame.AsSpan()));
        Assert.Equal("Hi"u8, layers.Payload((ReadOnlySpan<byte>)frame));
    }

    [Fact]
    public void Layers_are_sixteen_bytes_without_gaps_and_zeroed_memory_says_not_parsed()
    {
        Assert.Equal(16, Marshal.SizeOf<PacketLayers>());
        Assert.Equal(16, System.Runtime.CompilerServices.Unsafe.SizeOf<PacketLayers>());
        Assert.Equal(FlowKeyStatus.NotParsed, default(PacketLayers).Status);
        int sum = typeof(PacketLayers).GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic).Sum(field => Marshal.SizeOf(field.FieldType));
        Assert.Equal(16, sum);
    }

    private static byte[] Frame(string name) => (byte[])typeof(HandMadeFrames).GetProperty(name)!.GetValue(null)!;
}

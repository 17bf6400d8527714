using OpenNetVM.Core.Headers;

namespace OpenNetVM.Tests.Headers;

public class HeaderViewTests
{
    private const uint Source4 = 0xC0000201;
    private const uint Destination4 = 0xC6336402;

    [Theory]
    [InlineData(nameof(EthernetHeader), 14)]
    [InlineData(nameof(VlanTag), 4)]
    [InlineData(nameof(LlcHeader), 3)]
    [InlineData(nameof(MplsLabel), 4)]
    [InlineData(nameof(PppoeHeader), 8)]
    [InlineData(nameof(ArpPacket), 28)]
    [InlineData(nameof(Ipv4Header), 28)]
    [InlineData(nameof(Ipv6Header), 40)]
    [InlineData(nameof(TcpHeader), 40)]
    [InlineData(nameof(UdpHeader), 8)]
    [InlineData(nameof(SctpHeader), 12)]
    [InlineData(nameof(IcmpHeader), 8)]
    [InlineData(nameof(Icmpv6Header), 8)]
    [InlineData(nameof(VxlanHeader), 8)]
    [InlineData(nameof(GreHeader), 16)]
    [InlineData(nameof(ErspanHeader), 20)]
    public void A_view_needs_all_bytes_of_its_header(string name, int needed)
    {
        byte[] bytes = name switch
        {
            nameof(EthernetHeader) => HandMadeFrames.Tcp4,
            nameof(VlanTag) => HandMadeFrames.Vlan[14..],
            nameof(LlcHeader) => HandMadeFrames.SpanningTree[14..],
            nameof(MplsLabel) => HandMadeFrames.Mpls[14..],
            nameof(PppoeHeader) => HandMadeFrames.Pppoe[14..],
            nameof(ArpPacket) => HandMadeFrames.Arp[14..],
            nameof(Ipv4Header) => HandMadeFrames.Ipv4WithOptions[14..],
            nameof(Ipv6Header) => HandMadeFrames.Tcp6[14..],
            nameof(TcpHeader) => HandMadeFrames.TcpWithOptions[34..],
            nameof(UdpHeader) => HandMadeFrames.Udp4[34..],
            nameof(SctpHeader) => HandMadeFrames.Sctp4[34..],
            nameof(IcmpHeader) => HandMadeFrames.Icmp4[34..],
            nameof(Icmpv6Header) => HandMadeFrames.Icmp6[54..],
            nameof(VxlanHeader) => HandMadeFrames.Vxlan[42..],
            nameof(GreHeader) => HandMadeFrames.GreKeyed[34..],
            _ => HandMadeFrames.Erspan3[42..],
        };
        for (int length = 0; length <= bytes.Length; length++)
            Assert.Equal(length >= needed, Views(name, bytes.AsSpan(0, length)));
    }

    [Theory]
    [InlineData(nameof(Ipv4Header), 0, 0x55)]
    [InlineData(nameof(Ipv4Header), 0, 0x44)]
    [InlineData(nameof(Ipv4Header), 3, 19)]
    [InlineData(nameof(Ipv6Header), 0, 0x45)]
    [InlineData(nameof(TcpHeader), 12, 0x4F)]
    [InlineData(nameof(TcpHeader), 12, 0x60)]
    [InlineData(nameof(UdpHeader), 5, 7)]
    [InlineData(nameof(ArpPacket), 1, 6)]
    [InlineData(nameof(ArpPacket), 4, 8)]
    [InlineData(nameof(PppoeHeader), 0, 0x12)]
    [InlineData(nameof(VxlanHeader), 0, 0)]
    [InlineData(nameof(GreHeader), 0, 0x40)]
    [InlineData(nameof(GreHeader), 1, 2)]
    [InlineData(nameof(ErspanHeader), 0, 0x30)]
    public void A_header_that_contradicts_itself_is_refused(string name, int offset, byte value)
    {
        byte[] bytes = name switch
        {
            nameof(Ipv4Header) => HandMadeFrames.Tcp4[14..],
            nameof(Ipv6Header) => HandMadeFrames.Tcp6[14..],
            nameof(TcpHeader) => HandMadeFrames.Tcp4[34..],
            nameof(UdpHeader) => HandMadeFrames.Udp4[34..],
            nameof(ArpPacket) => HandMadeFrames.Arp[14..],
            nameof(PppoeHeader) => HandMadeFrames.Pppoe[14..],
            nameof(VxlanHeader) => HandMadeFrames.Vxlan[42..],
            nameof(GreHeader) => HandMadeFrames.GreKeyed[34..],
            _ => HandMadeFrames.Erspan2[42..],
        };
        Assert.True(Views(name, bytes));
        if (name == nameof(Ipv4Header) && offset == 3)
            bytes[2] = 0;
        bytes[offset] = value;
        Assert.False(Views(name, bytes));
    }

    [Fact]
    public void Link_headers_of_known_frames_read_as_written()
    {
        byte[] frame = HandMadeFrames.QinQ;
        Assert.True(EthernetHeader.TryParse(frame, out EthernetHeader ethernet));
        Assert.Equal(("02:00:00:00:00:02", "02:00:00:00:00:01"), (ethernet.Destination.ToString(), ethernet.Source.ToString()));
        Assert.Equal((EtherTypes.ServiceVlan, false), (ethernet.EtherType, ethernet.IsLength));
        Assert.True(VlanTag.TryParse(ethernet.Payload, out VlanTag outer));
        Assert.True(VlanTag.TryParse(outer.Payload, out VlanTag inner));
        Assert.Equal((100, EtherTypes.Vlan, 200, EtherTypes.Ipv4), (outer.VlanId, outer.EtherType, inner.VlanId, inner.EtherType));
        Assert.True(Ipv4Header.TryParse(inner.Payload, out _));
        ethernet.SwapAddresses();
        Assert.Equal("020000000001020000000002", Convert.ToHexStringLower(frame.AsSpan(0, 12)));

        byte[] padded = [.. HandMadeFrames.Snap, 9, 9];
        Assert.True(EthernetHeader.TryParse(padded, out ethernet));
        Assert.True(LlcHeader.TryParse(ethernet.Payload, out LlcHeader llc));
        Assert.Equal((true, true, 0, EtherTypes.Ipv4, 8), (ethernet.IsLength, llc.IsSnap, llc.Organisation, llc.Protocol, llc.HeaderLength));
        Assert.Equal(HandMadeFrames.Snap.AsSpan(22, 28), llc.Payload);

        Assert.True(LlcHeader.TryParse(HandMadeFrames.SpanningTree.AsSpan(14), out llc));
        Assert.Equal((0x42, 0x42, 3, false, 3), (llc.DestinationServicePoint, llc.SourceServicePoint, llc.Control, llc.IsSnap, llc.HeaderLength));

        MplsLabels labels = new(HandMadeFrames.Mpls.AsSpan(14));
        Assert.True(labels.MoveNext());
        Assert.Equal((16u, false, 64), (labels.Current.Label, labels.Current.IsBottomOfStack, labels.Current.TimeToLive));
        Assert.True(labels.MoveNext());
        Assert.Equal((17u, true, 63), (labels.Current.Label, labels.Current.IsBottomOfStack, labels.Current.TimeToLive));
        Assert.False(labels.MoveNext());
        Assert.Equal((OptionsEnd.Complete, 40), (labels.End, labels.Rest.Length));

        Assert.True(PppoeHeader.TryParse(HandMadeFrames.Pppoe.AsSpan(14), out PppoeHeader pppoe));
        Assert.Equal((0, 7, 32, PppProtocols.Ipv4, 30), (pppoe.Code, pppoe.SessionId, pppoe.PayloadLength, pppoe.Protocol, pppoe.Payload.Length));
    }

    [Fact]
    public void Tunnel_headers_of_known_frames_read_as_written()
    {
        Assert.True(GreHeader.TryParse(HandMadeFrames.GreKeyed.AsSpan(34), out GreHeader gre));
        Assert.Equal((0, true, true, true, false), (gre.Version, gre.HasChecksum, gre.HasKey, gre.HasSequenceNumber, gre.HasAcknowledgmentNumber));
        Assert.Equal((EtherTypes.Ipv4, 0xABCu, 1u, 16), (gre.ProtocolType, gre.Key, gre.SequenceNumber, gre.HeaderLength));
        Assert.False(gre.IsChecksumValid);
        gre.UpdateChecksum();
        Assert.True(gre.IsChecksumValid);
        Assert.NotEqual(0, gre.Checksum);

        Assert.True(GreHeader.TryParse(HandMadeFrames.Pptp.AsSpan(34), out gre));
        Assert.Equal((1, 0x0004_0001u, 1u, 2u, 16, 4), (gre.Version, gre.Key, gre.SequenceNumber, gre.AcknowledgmentNumber, gre.HeaderLength, gre.Payload.Length));

        Assert.True(ErspanHeader.TryParse(HandMadeFrames.Erspan2.AsSpan(42), out ErspanHeader erspan));
        Assert.Equal((1, 100, 5, true, 7, 0x123u, 8), (erspan.Version, erspan.VlanId, erspan.ClassOfService, erspan.IsTruncated, erspan.SessionId, erspan.Index, erspan.HeaderLength));
        Assert.True(ErspanHeader.TryParse(HandMadeFrames.Erspan3.AsSpan(42), out erspan));
        Assert.Equal((2, 100, 7, 9u, 20), (erspan.Version, erspan.VlanId, erspan.SessionId, erspan.Timestamp, erspan.HeaderLength));

        Assert.True(VxlanHeader.TryParse(HandMadeFrames.Vxlan.AsSpan(42), out VxlanHeader vxlan));
        Assert.Equal((42u, HandMadeFrames.Vxlan.Length - 50), (vxlan.NetworkId, vxlan.Payload.Length));
        byte[] made = new byte[8];
        Assert.True(VxlanHeader.TryCreate(made, 42, out _));
        Assert.Equal("0800000000002a00", Convert.ToHexStringLower(made));
    }

    [Fact]
    public void Options_are_enumerated_and_writable()
    {
        Assert.True(TcpHeader.TryParse(HandMadeFrames.TcpWithOptions.AsSpan(34), out TcpHeader tcp));
        List<string> seen = [];
        foreach (HeaderOption option in tcp.Options)
        {
            seen.Add($"{option.Kind}:{Convert.ToHexString(option.Data)}");
            if (option.Kind == TcpOptionKinds.MaximumSegmentSize)
                option.Data[0] = 0x04;
        }

        Assert.Equal(["2:05B4", "4:", "8:0000000100000000", "1:", "3:07"], seen);
        Assert.Equal(0x04, tcp.Bytes[22]);

        Assert.True(Ipv4Header.TryParse(HandMadeFrames.Ipv4WithOptions.AsSpan(14), out Ipv4Header ip));
        HeaderOptions options = ip.Options;
        seen.Clear();
        while (options.MoveNext())
            seen.Add($"{options.Current.Kind}:{Convert.ToHexString(options.Current.Data)}");
        Assert.Equal(["7:04", "1:", "1:"], seen);
        Assert.Equal(OptionsEnd.EndOfList, options.End);
        Assert.False(options.MoveNext());
    }

    [Theory]
    [InlineData("02040000", 1, OptionsEnd.Complete)]
    [InlineData("01010101", 4, OptionsEnd.Complete)]
    [InlineData("01000204", 1, OptionsEnd.EndOfList)]
    [InlineData("01020100", 1, OptionsEnd.Malformed)]
    [InlineData("01020000", 1, OptionsEnd.Malformed)]
    [InlineData("01020400", 1, OptionsEnd.Malformed)]
    [InlineData("01010102", 3, OptionsEnd.Malformed)]
    public void Enumeration_of_options_says_why_it_stopped(string bytes, int found, OptionsEnd end)
    {
        HeaderOptions options = new(Convert.FromHexString(bytes));
        int count = 0;
        while (options.MoveNext())
            count++;
        Assert.Equal((found, end), (count, options.End));
    }

    [Fact]
    public void Extension_headers_are_enumerated_to_the_transport_protocol()
    {
        byte[] frame = HandMadeFrames.Ipv6Extensions;
        Assert.True(Ipv6Header.TryParse(frame.AsSpan(14), out Ipv6Header ip));
        List<string> seen = [];
        foreach (Ipv6Extension extension in ip.Extensions)
            seen.Add($"{extension.Kind}:{extension.Bytes.Length}:{extension.Identification}");
        Assert.Equal(["0:8:0", "60:8:0", "43:16:0", "44:8:7", "60:8:0"], seen);
        Assert.True(UdpHeader.TryParse(ip.SkipExtensions(out byte protocol, out FragmentKind fragment), out UdpHeader udp));
        Assert.Equal((IpProtocols.Udp, FragmentKind.None, 80), (protocol, fragment, udp.DestinationPort));

        Assert.True(Ipv6Header.TryParse(HandMadeFrames.LaterFragment6.AsSpan(14), out ip));
        Assert.Equal(10, ip.SkipExtensions(out protocol, out fragment).Length);
        Assert.Equal((IpProtocols.Udp, FragmentKind.Later), (protocol, fragment));

        // What a later fragment carries is data, even where the number in front of it is an extension header's.
        byte[] later = HandMadeFrames.LaterFragment6;
        later[54] = IpProtocols.DestinationOptions;
        Assert.True(Ipv6Header.TryParse(later.AsSpan(14), out ip));
        Assert.Equal(10, ip.SkipExtensions(out protocol, out fragment).Length);
        Assert.Equal((IpProtocols.DestinationOptions, FragmentKind.Later), (protocol, fragment));

        // Cut inside the second extension header.
        Assert.True(Ipv6Header.TryParse(frame.AsSpan(14, 52), out ip));
        Assert.True(ip.IsTruncated);
        Assert.True(ip.SkipExtensions(out protocol, out _).IsEmpty);
        Assert.Equal(IpProtocols.DestinationOptions, protocol);
    }

    [Fact]
    public void Chunks_of_SCTP_are_enumerated_with_their_padding_left_out()
    {
        byte[] packet = Convert.FromHexString("12340050000000000000000003000006AABB0000000000040103000500");
        Assert.True(SctpHeader.TryParse(packet, out SctpHeader sctp));
        SctpChunks chunks = sctp.Chunks;
        List<string> seen = [];
        while (chunks.MoveNext())
            seen.Add($"{chunks.Current.Type}:{chunks.Current.Flags}:{Convert.ToHexString(chunks.Current.Value)}");
        Assert.Equal(["3:0:AABB", "0:0:", "1:3:00"], seen);
        Assert.Equal(OptionsEnd.Complete, chunks.End);
    }

    [Fact]
    public void Fields_of_IPv4_and_its_fragments_read_as_written()
    {
        Assert.True(Ipv4Header.TryParse(HandMadeFrames.LaterFragment4.AsSpan(14), out Ipv4Header ip));
        Assert.Equal((FragmentKind.Later, 16, false, 7), (ip.Fragment, ip.FragmentOffset, ip.MoreFragments, ip.Identification));
        Assert.True(Ipv4Header.TryParse(HandMadeFrames.FirstFragment4.AsSpan(14), out ip));
        Assert.Equal((FragmentKind.First, 0, true), (ip.Fragment, ip.FragmentOffset, ip.MoreFragments));
        Assert.Equal((Source4, Destination4, IpProtocols.Udp), (ip.Source, ip.Destination, ip.Protocol));

        byte[] padded = [.. HandMadeFrames.Udp4[14..], 1, 2, 3, 4];
        Assert.True(Ipv4Header.TryParse(padded, out ip));
        Assert.True(UdpHeader.TryParse(ip.Payload, out UdpHeader udp));
        Assert.Equal((10, false, 2), (ip.Payload.Length, ip.IsTruncated, udp.Payload.Length));
        Assert.True(Ipv4Header.TryParse(padded.AsSpan(0, 29), out ip) && UdpHeader.TryParse(ip.Payload, out udp));
        Assert.True(ip.IsTruncated && udp.IsTruncated);
        Assert.True(Ipv4Header.TryParse(HandMadeFrames.NoTotalLength.AsSpan(14), out ip));
        Assert.Equal((20, false), (ip.Payload.Length, ip.IsTruncated));
    }

    private static bool Views(string name, Span<byte> bytes) => name switch
    {
        nameof(EthernetHeader) => EthernetHeader.TryParse(bytes, out _),
        nameof(VlanTag) => VlanTag.TryParse(bytes, out _),
        nameof(LlcHeader) => LlcHeader.TryParse(bytes, out _),
        nameof(MplsLabel) => MplsLabel.TryParse(bytes, out _),
        nameof(PppoeHeader) => PppoeHeader.TryParse(bytes, out _),
        nameof(ArpPacket) => ArpPacket.TryParse(bytes, out _),
        nameof(Ipv4Header) => Ipv4Header.TryParse(bytes, out _),
        nameof(Ipv6Header) => Ipv6Header.TryParse(bytes, out _),
        nameof(TcpHeader) => TcpHeader.TryParse(bytes, out _),
        nameof(UdpHeader) => UdpHeader.TryParse(bytes, out _),
        nameof(SctpHeader) => SctpHeader.TryParse(bytes, out _),
        nameof(IcmpHeader) => IcmpHeader.TryParse(bytes, out _),
        nameof(Icmpv6Header) => Icmpv6Header.TryParse(bytes, out _),
        nameof(VxlanHeader) => VxlanHeader.TryParse(bytes, out _),
        nameof(GreHeader) => GreHeader.TryParse(bytes, out _),
        nameof(ErspanHeader) => ErspanHeader.TryParse(bytes, out _),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}

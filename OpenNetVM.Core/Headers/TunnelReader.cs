namespace OpenNetVM.Core.Headers;

/// <summary>
/// Finds the packet inside a tunnel: GRE, ERSPAN, VXLAN, IP in IP, MPLS over IP, and Ethernet pseudowires. All methods are pure, may be called from
/// any thread, allocate nothing, read nothing outside the given span and throw nothing, whatever the bytes are.
/// </summary>
public static class TunnelReader
{
    private const int ControlWord = 4;

    /// <summary>
    /// Goes one tunnel inwards. The result may be given again as <paramref name="outer"/> to go further, and to
    /// <see cref="FlowKeyReader"/> together with the same frame to read the inner packet's flow key.
    /// </summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="outer">What <see cref="FlowKeyReader.Parse"/>, or this method, said of the frame.</param>
    /// <param name="inner">The layers of the inner packet, with offsets that count from the start of <paramref name="frame"/>.</param>
    /// <param name="vxlanPort">The UDP destination port that means VXLAN here.</param>
    /// <returns>What kind of tunnel was entered; <see cref="TunnelKind.None"/> where there is none, or the packet is a later fragment.</returns>
    public static TunnelKind TryEnter(ReadOnlySpan<byte> frame, PacketLayers outer, out PacketLayers inner, ushort vxlanPort = VxlanHeader.Port)
    {
        inner = default;
        ReadOnlySpan<byte> network = outer.Network(frame);
        if (network.IsEmpty)
            return TunnelKind.None;

        // Padding behind the outer datagram is not the inner packet's.
        frame = frame[..outer.DatagramEnd];
        if (outer.Status == FlowKeyStatus.NotIp)
            return EnterPseudowire(frame, network, outer, out inner);

        ReadOnlySpan<byte> transport = outer.Transport(frame);
        if (!outer.HasKey || outer.Fragment == FragmentKind.Later || transport.IsEmpty)
            return TunnelKind.None;
        int offset = outer.TransportOffset;
        switch (outer.Protocol)
        {
            case IpProtocols.Ipv4:
                FlowKeyReader.ParseFrom(frame, offset, EtherTypes.Ipv4, out inner);
                return TunnelKind.Ip;
            case IpProtocols.Ipv6:
                FlowKeyReader.ParseFrom(frame, offset, EtherTypes.Ipv6, out inner);
                return TunnelKind.Ip;
            case IpProtocols.Mpls:
                FlowKeyReader.ParseFrom(frame, offset, EtherTypes.Mpls, out inner);
                return TunnelKind.Mpls;
            case IpProtocols.Gre:
                return EnterGre(frame, transport, offset, out inner);
            case IpProtocols.Udp when transport.Length >= UdpHeader.HeaderLength + VxlanHeader.Length
                && Wire.U16(transport, 2) == vxlanPort && (transport[UdpHeader.HeaderLength] & 0x08) != 0:
                ParseEthernet(frame, offset + UdpHeader.HeaderLength + VxlanHeader.Length, out inner);
                return TunnelKind.Vxlan;
            default:
                return TunnelKind.None;
        }
    }

    private static TunnelKind EnterGre(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> gre, int offset, out PacketLayers inner)
    {
        inner = default;
        int header = GreHeader.MeasureHeader(gre);
        if (header == 0)
            return TunnelKind.None;

        ushort etherType = Wire.U16(gre, 2);
        int payload = offset + header;
        switch (etherType)
        {
            case EtherTypes.TransparentEthernetBridging:
                ParseEthernet(frame, payload, out inner);
                return TunnelKind.Gre;
            case EtherTypes.Erspan2 when (gre[0] & 0x10) == 0:
                // Type I: no sequence number, no header.
                ParseEthernet(frame, payload, out inner);
                return TunnelKind.Erspan;
            case EtherTypes.Erspan2 or EtherTypes.Erspan3:
                int erspan = ErspanHeader.MeasureHeader(gre[header..]);
                if (erspan == 0)
                    return TunnelKind.None;
                ParseEthernet(frame, payload + erspan, out inner);
                return TunnelKind.Erspan;
            case EtherTypes.Ipv4 or EtherTypes.Ipv6 or EtherTypes.Mpls or EtherTypes.MplsUpstream:
                FlowKeyReader.ParseFrom(frame, payload, etherType, out inner);
                return TunnelKind.Gre;
            default:
                return TunnelKind.None;
        }
    }

    private static TunnelKind EnterPseudowire(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> network, PacketLayers outer, out PacketLayers inner)
    {
        inner = default;
        if (!EtherTypes.IsMpls(outer.EtherType))
            return TunnelKind.None;
        int stack = FlowKeyReader.LabelStackLength(network);

        // Nothing on the wire names a pseudowire. A control word with its first nibble 0 (RFC 4385) is taken as the sign of one; without it, and
        // with first nibble 1 (an associated channel), it is not guessed.
        if (stack == 0 || network.Length < stack + ControlWord || network[stack] >> 4 != 0)
            return TunnelKind.None;
        ParseEthernet(frame, outer.NetworkOffset + stack + ControlWord, out inner);
        return TunnelKind.Pseudowire;
    }

    // Like FlowKeyReader.Parse, but with offsets from the start of the outer frame.
    private static void ParseEthernet(ReadOnlySpan<byte> frame, int offset, out PacketLayers inner)
    {
        int network = offset + EthernetHeader.Length;
        ushort etherType = network <= frame.Length ? Wire.U16(frame, network - 2) : (ushort)0;
        FlowKeyReader.ParseFrom(frame, network, etherType, out inner);
    }
}

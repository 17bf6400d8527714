using System.Runtime.CompilerServices;

namespace OpenNetVM.Core.Headers;

// Everything but the plain case: written with the span's own bounds checks, one layer after the other.
public static partial class FlowKeyReader
{
    // Offsets are kept in 16 bits. What lies further back (thousands of tags in a frame of more than 64 KiB) is not looked at; the margin
    // lets a transport header that starts at the limit end within 16 bits too.
    private const int FurthestOffset = ushort.MaxValue - 60;

    /// <summary>
    /// Finds the layers from a place of a frame where the protocol is known: behind another link header than Ethernet (Linux SLL: offset 16 and
    /// the number at 14), in a raw IP packet (offset 0), or inside a tunnel. Tags, SNAP, MPLS and PPPoE at that place are followed as behind Ethernet.
    /// </summary>
    /// <param name="frame">The frame; offsets in <paramref name="layers"/> count from its start.</param>
    /// <param name="offset">Where to begin, 0 to 65,475; anything else, or a place behind the end, is <see cref="FlowKeyStatus.TruncatedLink"/>.</param>
    /// <param name="etherType">The protocol number, in host order, of what begins there (see <see cref="EtherTypes"/>).</param>
    /// <param name="layers">Where the layers are.</param>
    /// <returns>The same as <see cref="PacketLayers.Status"/>.</returns>
    public static FlowKeyStatus ParseFrom(ReadOnlySpan<byte> frame, int offset, ushort etherType, out PacketLayers layers)
    {
        int vlans = 0;
        int labels = 0;
        while ((uint)offset <= (uint)Math.Min(frame.Length, FurthestOffset))
        {
            ReadOnlySpan<byte> rest = frame[offset..];
            byte tags = (byte)(Math.Min(vlans, 15) | (Math.Min(labels, 15) << 4));
            switch (etherType)
            {
                case EtherTypes.Ipv4:
                    return ParseIpv4(frame, offset, tags, out layers);

                case EtherTypes.Ipv6:
                    return ParseIpv6(frame, offset, tags, out layers);

                case EtherTypes.Vlan or EtherTypes.ServiceVlan or EtherTypes.OldQinQ:
                    if (rest.Length < VlanTagLength)
                        return None(FlowKeyStatus.TruncatedLink, frame, offset, etherType, tags, out layers);
                    etherType = Wire.U16(rest, 2);
                    offset += VlanTagLength;
                    vlans++;
                    continue;

                case EtherTypes.Mpls or EtherTypes.MplsUpstream:
                    int stack = LabelStackLength(rest);
                    labels += stack / 4;
                    if (stack == 0 || rest.Length <= stack)
                        return None(FlowKeyStatus.TruncatedLink, frame, offset, etherType, tags, out layers);

                    // Nothing names the payload of MPLS; a first nibble of 4 or 6 is IP by convention (RFC 4928 keeps others away from it).
                    int nibble = rest[stack] >> 4;
                    if (nibble is not (4 or 6))
                        return None(FlowKeyStatus.NotIp, frame, offset, etherType, (byte)((tags & 0x0F) | (Math.Min(labels, 15) << 4)), out layers);
                    etherType = nibble == 4 ? EtherTypes.Ipv4 : EtherTypes.Ipv6;
                    offset += stack;
                    continue;

                case EtherTypes.PppoeSession:
                    if (rest.Length < 8)
                        return None(FlowKeyStatus.TruncatedLink, frame, offset, etherType, tags, out layers);
                    ushort ppp = Wire.U16(rest, 6);
                    if (ppp is not (PppProtocols.Ipv4 or PppProtocols.Ipv6))
                        return None(FlowKeyStatus.NotIp, frame, offset, etherType, tags, out layers);
                    etherType = ppp == PppProtocols.Ipv4 ? EtherTypes.Ipv4 : EtherTypes.Ipv6;
                    offset += 8;
                    continue;

                case <= EtherTypes.MaximumLength when rest.Length >= 8 && rest.StartsWith(RoutedSnap):
                    etherType = Wire.U16(rest, 6);
                    offset += 8;
                    continue;

                default:
                    return None(FlowKeyStatus.NotIp, frame, offset, etherType, tags, out layers);
            }
        }

        return None(FlowKeyStatus.TruncatedLink, frame, 0, etherType, (byte)(Math.Min(vlans, 15) | (Math.Min(labels, 15) << 4)), out layers);
    }

    // LLC of SNAP (AA AA 03) and the OUI 00-00-00 that says "an EtherType follows" (RFC 1042).
    private static ReadOnlySpan<byte> RoutedSnap => [0xAA, 0xAA, 0x03, 0x00, 0x00, 0x00];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static FlowKeyStatus ParseSlow(ReadOnlySpan<byte> frame, out PacketLayers layers) =>
        frame.Length < EthernetLength
            ? None(FlowKeyStatus.TruncatedLink, frame, 0, 0, 0, out layers)
            : ParseFrom(frame, EthernetLength, Wire.U16(frame, EthernetLength - 2), out layers);

    private static FlowKeyStatus ParseIpv4(ReadOnlySpan<byte> frame, int network, byte tags, out PacketLayers layers)
    {
        ReadOnlySpan<byte> ip = frame[network..];
        if (ip.Length < Ipv4Length)
            return None(FlowKeyStatus.TruncatedIp, frame, network, EtherTypes.Ipv4, tags, out layers);

        int header = (ip[0] & 0x0F) * 4;
        int total = Wire.U16(ip, 2);
        if (ip[0] >> 4 != 4 || header < Ipv4Length || (total != 0 && total < header))
            return None(FlowKeyStatus.MalformedIp, frame, network, EtherTypes.Ipv4, tags, out layers);

        int end = total == 0 ? frame.Length : Math.Min(frame.Length, network + total);
        int fragmentField = Wire.U16(ip, 6);
        FragmentKind fragment = (fragmentField & 0x1FFF) != 0 ? FragmentKind.Later : (fragmentField & 0x2000) != 0 ? FragmentKind.First : FragmentKind.None;
        return Finish(FlowKeyStatus.Ipv4, frame, network, network + header, end, ip[9], fragment, tags, EtherTypes.Ipv4, out layers);
    }

    private static FlowKeyStatus ParseIpv6(ReadOnlySpan<byte> frame, int network, byte tags, out PacketLayers layers)
    {
        ReadOnlySpan<byte> ip = frame[network..];
        if (ip.Length < Ipv6Length)
            return None(FlowKeyStatus.TruncatedIp, frame, network, EtherTypes.Ipv6, tags, out layers);
        if (ip[0] >> 4 != 6)
            return None(FlowKeyStatus.MalformedIp, frame, network, EtherTypes.Ipv6, tags, out layers);

        int payload = Wire.U16(ip, 4);
        int end = payload == 0 ? frame.Length : Math.Min(frame.Length, network + Ipv6Length + payload);
        byte next = ip[6];
        int offset = network + Ipv6Length;
        FragmentKind fragment = FragmentKind.None;

        // A chain that is cut leaves its last known number as the protocol. Every step goes at least eight bytes forward.
        while (IpProtocols.IsIpv6Extension(next) && end - offset >= 8)
        {
            ReadOnlySpan<byte> extension = frame[offset..];
            if (next == IpProtocols.Fragment)
            {
                int field = Wire.U16(extension, 2);
                next = extension[0];
                offset += 8;
                if ((field & 0xFFF8) != 0)
                {
                    fragment = FragmentKind.Later;
                    break;
                }

                if ((field & 1) != 0)
                    fragment = FragmentKind.First;
            }
            else
            {
                next = extension[0];
                offset += (extension[1] + 1) * 8;
            }
        }

        // Behind a chain that is cut there is no transport header, whatever the bytes there are.
        if (IpProtocols.IsIpv6Extension(next) && fragment != FragmentKind.Later)
            offset = end;
        return Finish(FlowKeyStatus.Ipv6, frame, network, offset, end, next, fragment, tags, EtherTypes.Ipv6, out layers);
    }

    private static FlowKeyStatus Finish(
        FlowKeyStatus status,
        ReadOnlySpan<byte> frame,
        int network,
        int transport,
        int end,
        byte protocol,
        FragmentKind fragment,
        byte tags,
        ushort etherType,
        out PacketLayers layers)
    {
        int payload = 0;
        if (transport >= end || transport > FurthestOffset)
        {
            transport = 0;
        }
        else if (fragment != FragmentKind.Later)
        {
            int available = end - transport;
            int header = protocol switch
            {
                IpProtocols.Tcp when available >= TcpLength => (frame[transport + 12] >> 4) * 4,
                IpProtocols.Udp => UdpLength,
                IpProtocols.Sctp => SctpLength,
                _ => 0,
            };
            if (header != 0 && header <= available && !(protocol == IpProtocols.Tcp && header < TcpLength))
                payload = transport + header;
        }

        layers = new(status, protocol, fragment, tags, etherType, network, transport, payload, end);
        return status;
    }

    private static FlowKeyStatus None(FlowKeyStatus status, ReadOnlySpan<byte> frame, int network, ushort etherType, byte tags, out PacketLayers layers)
    {
        layers = new(status, 0, FragmentKind.None, tags, etherType, network, 0, 0, frame.Length);
        return status;
    }

    // Bytes of the label stack up to and including the label with the bottom-of-stack bit; 0 where the frame ends before it.
    internal static int LabelStackLength(ReadOnlySpan<byte> bytes)
    {
        for (int length = 4; length <= bytes.Length; length += 4)
        {
            if ((bytes[length - 2] & 1) != 0)
                return length;
        }

        return 0;
    }
}

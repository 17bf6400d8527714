using OpenNetVM.Core.Headers;

namespace OpenNetVM.Tests.Headers;

/// <summary>Tries every view and enumerator at a place of a frame, whatever lies there: reads all properties, then (in <see cref="Write"/>) sets them.</summary>
internal static class ViewExerciser
{
    /// <summary>Reads everything; the result depends on all that was read, so that nothing is optimised away.</summary>
    public static ulong Read(Span<byte> bytes)
    {
        ulong seen = Link(bytes) + Network(bytes) + Transport(bytes) + Tunnels(bytes);
        return seen;
    }

    /// <summary>Sets everything that can be set.</summary>
    public static void Write(Span<byte> bytes, uint value)
    {
        ushort half = (ushort)value;
        byte part = (byte)value;
        UInt128 wide = new(value * 0x9E3779B97F4A7C15UL, value);
        if (EthernetHeader.TryParse(bytes, out EthernetHeader ethernet))
        {
            ethernet.SwapAddresses();
            ethernet.EtherType = half;
        }

        if (VlanTag.TryParse(bytes, out VlanTag tag))
            (tag.Priority, tag.DropEligible, tag.VlanId, tag.EtherType) = (part, part > 99, half, half);
        if (MplsLabel.TryParse(bytes, out MplsLabel label))
            (label.Label, label.TrafficClass, label.IsBottomOfStack, label.TimeToLive) = (value, part, part > 99, part);
        if (PppoeHeader.TryParse(bytes, out PppoeHeader pppoe))
            (pppoe.SessionId, pppoe.PayloadLength, pppoe.Protocol) = (half, half, half);
        if (ArpPacket.TryParse(bytes, out ArpPacket arp))
            (arp.Operation, arp.SenderIp, arp.TargetIp, arp.SenderMac, arp.TargetMac) = (ArpOperation.Reply, value, value, new(value), new(value));
        if (VxlanHeader.TryParse(bytes, out VxlanHeader vxlan))
            vxlan.NetworkId = value;
        if (GreHeader.TryParse(bytes, out GreHeader gre))
        {
            gre.UpdateChecksum();
            gre.ProtocolType = half;
        }

        if (Ipv6Header.TryParse(bytes, out Ipv6Header ip6))
        {
            ip6.TryDecrementHopLimit();
            (ip6.TrafficClass, ip6.FlowLabel, ip6.Source, ip6.Destination) = (part, value, wide, ~wide);
            (ip6.Dscp, ip6.Ecn, ip6.HopLimit) = (part, part, part);
        }

        if (Ipv4Header.TryParse(bytes, out Ipv4Header ip4))
        {
            ip4.TryDecrementTimeToLive();
            ip4.ReplaceSource(value);
            ip4.ReplaceDestination(~value);
            ip4.ReplaceTypeOfService(part);
            ip4.ReplaceIdentification(half);
            (ip4.FragmentOffset, ip4.DontFragment, ip4.MoreFragments) = (half, part > 99, part > 9);
            (ip4.Dscp, ip4.Ecn, ip4.Protocol, ip4.TimeToLive) = (part, part, part, part);
            ip4.UpdateChecksum();
        }

        if (SctpHeader.TryParse(bytes, out SctpHeader sctp))
        {
            (sctp.SourcePort, sctp.DestinationPort, sctp.VerificationTag) = (half, half, value);
            sctp.UpdateChecksum();
        }

        if (IcmpHeader.TryParse(bytes, out IcmpHeader icmp))
        {
            icmp.ReplaceIdentifier(half);
            (icmp.Type, icmp.Code, icmp.SequenceNumber) = (part, part, half);
            icmp.UpdateChecksum();
        }

        if (UdpHeader.TryParse(bytes, out UdpHeader udp))
        {
            udp.ReplaceSourcePort(half);
            udp.ReplaceDestinationPort(half);
            udp.AccountForAddressChange(value, ~value);
            udp.AccountForAddressChange(wide, ~wide);
            udp.Length = half;
        }

        if (TcpHeader.TryParse(bytes, out TcpHeader tcp))
        {
            tcp.ReplaceSourcePort(half);
            tcp.ReplaceDestinationPort(half);
            tcp.ReplaceSequenceNumber(value);
            tcp.ReplaceAcknowledgmentNumber(value);
            tcp.ReplaceFlags((TcpFlags)half);
            tcp.ReplaceWindow(half);
            tcp.AccountForAddressChange(wide, ~wide);
            tcp.UrgentPointer = half;
            foreach (HeaderOption option in tcp.Options)
                option.Data.Fill(part);
        }
    }

    private static ulong Link(Span<byte> bytes)
    {
        ulong seen = 0;
        if (EthernetHeader.TryParse(bytes, out EthernetHeader ethernet))
            seen += ethernet.Destination.Value + ethernet.Source.Value + ethernet.EtherType + (ethernet.IsLength ? 1UL : 0) + Sum(ethernet.Payload);
        if (VlanTag.TryParse(bytes, out VlanTag tag))
            seen += (ulong)tag.Priority + tag.VlanId + tag.EtherType + (tag.DropEligible ? 1UL : 0) + Sum(tag.Payload);
        if (LlcHeader.TryParse(bytes, out LlcHeader llc))
            seen += (ulong)llc.DestinationServicePoint + llc.SourceServicePoint + llc.Control + (ulong)llc.Organisation + llc.Protocol + (ulong)llc.HeaderLength + Sum(llc.Payload);
        if (PppoeHeader.TryParse(bytes, out PppoeHeader pppoe))
            seen += (ulong)pppoe.Code + pppoe.SessionId + pppoe.PayloadLength + pppoe.Protocol + Sum(pppoe.Payload);
        if (ArpPacket.TryParse(bytes, out ArpPacket arp))
            seen += (ulong)arp.Operation + arp.SenderIp + arp.TargetIp + arp.SenderMac.Value + arp.TargetMac.Value;
        MplsLabels labels = new(bytes);
        while (labels.MoveNext())
            seen += labels.Current.Label + labels.Current.TrafficClass + labels.Current.TimeToLive;
        return seen + Sum(labels.Rest) + (ulong)labels.End;
    }

    private static ulong Network(Span<byte> bytes)
    {
        ulong seen = 0;
        if (Ipv4Header.TryParse(bytes, out Ipv4Header ip4))
        {
            seen += (ulong)ip4.HeaderLength + ip4.TypeOfService + ip4.Dscp + ip4.Ecn + ip4.TotalLength + ip4.Identification + (ulong)ip4.FragmentOffset + ip4.TimeToLive
                + ip4.Protocol + ip4.Checksum + ip4.Source + ip4.Destination + (ulong)ip4.Fragment + (ip4.DontFragment ? 1UL : 0) + (ip4.MoreFragments ? 1UL : 0)
                + (ip4.IsTruncated ? 1UL : 0) + (ip4.IsChecksumValid ? 1UL : 0) + Sum(ip4.Bytes) + Sum(ip4.Payload);
            HeaderOptions options = ip4.Options;
            while (options.MoveNext())
                seen += options.Current.Kind + Sum(options.Current.Data);
            seen += (ulong)options.End;
            if (TcpHeader.TryParse(ip4.Payload, out TcpHeader tcp) && tcp.IsChecksumValid(ip4))
                seen++;
            if (UdpHeader.TryParse(ip4.Payload, out UdpHeader udp) && udp.IsChecksumValid(ip4))
                seen++;
        }

        if (Ipv6Header.TryParse(bytes, out Ipv6Header ip6))
        {
            seen += (ulong)ip6.TrafficClass + ip6.Dscp + ip6.Ecn + ip6.FlowLabel + ip6.PayloadLength + ip6.NextHeader + ip6.HopLimit + (ulong)ip6.Source + (ulong)ip6.Destination
                + (ip6.IsTruncated ? 1UL : 0) + Sum(ip6.Bytes) + Sum(ip6.Payload);
            foreach (Ipv6Extension extension in ip6.Extensions)
                seen += (ulong)extension.Kind + extension.NextHeader + (ulong)extension.FragmentOffset + extension.Identification + (extension.MoreFragments ? 1UL : 0) + Sum(extension.Data);
            Span<byte> transport = ip6.SkipExtensions(out byte protocol, out FragmentKind fragment);
            seen += protocol + (ulong)fragment + Sum(transport);
            if (TcpHeader.TryParse(transport, out TcpHeader tcp) && tcp.IsChecksumValid(ip6))
                seen++;
            if (UdpHeader.TryParse(transport, out UdpHeader udp) && udp.IsChecksumValid(ip6))
                seen++;
            if (Icmpv6Header.TryParse(transport, out Icmpv6Header icmp) && icmp.IsChecksumValid(ip6))
                seen++;
        }

        return seen;
    }

    private static ulong Transport(Span<byte> bytes)
    {
        ulong seen = 0;
        if (TcpHeader.TryParse(bytes, out TcpHeader tcp))
        {
            seen += (ulong)tcp.SourcePort + tcp.DestinationPort + tcp.SequenceNumber + tcp.AcknowledgmentNumber + (ulong)tcp.HeaderLength + (ulong)tcp.Flags + tcp.Window
                + tcp.Checksum + tcp.UrgentPointer + Sum(tcp.Bytes) + Sum(tcp.Payload);
            HeaderOptions options = tcp.Options;
            while (options.MoveNext())
                seen += options.Current.Kind + Sum(options.Current.Data);
            seen += (ulong)options.End;
        }

        if (UdpHeader.TryParse(bytes, out UdpHeader udp))
            seen += (ulong)udp.SourcePort + udp.DestinationPort + udp.Length + udp.Checksum + (udp.IsTruncated ? 1UL : 0) + Sum(udp.Bytes) + Sum(udp.Payload);
        if (SctpHeader.TryParse(bytes, out SctpHeader sctp))
        {
            seen += (ulong)sctp.SourcePort + sctp.DestinationPort + sctp.VerificationTag + sctp.Checksum + (sctp.IsChecksumValid ? 1UL : 0);
            SctpChunks chunks = sctp.Chunks;
            while (chunks.MoveNext())
                seen += (ulong)chunks.Current.Type + chunks.Current.Flags + Sum(chunks.Current.Value);
            seen += (ulong)chunks.End;
        }

        if (IcmpHeader.TryParse(bytes, out IcmpHeader icmp))
            seen += (ulong)icmp.Type + icmp.Code + icmp.Checksum + icmp.Identifier + icmp.SequenceNumber + (icmp.IsError ? 1UL : 0) + (icmp.IsChecksumValid ? 1UL : 0) + Sum(icmp.Payload);
        if (Icmpv6Header.TryParse(bytes, out Icmpv6Header icmp6))
            seen += (ulong)icmp6.Type + icmp6.Code + icmp6.Checksum + icmp6.Parameter + icmp6.Identifier + icmp6.SequenceNumber + (icmp6.IsError ? 1UL : 0) + Sum(icmp6.Payload);
        return seen;
    }

    private static ulong Tunnels(Span<byte> bytes)
    {
        ulong seen = 0;
        if (GreHeader.TryParse(bytes, out GreHeader gre))
        {
            seen += (ulong)gre.Version + gre.ProtocolType + gre.Checksum + gre.Key + gre.SequenceNumber + gre.AcknowledgmentNumber + (ulong)gre.HeaderLength
                + (gre.IsChecksumValid ? 1UL : 0) + Sum(gre.Payload);
        }

        if (ErspanHeader.TryParse(bytes, out ErspanHeader erspan))
        {
            seen += (ulong)erspan.Version + erspan.VlanId + erspan.ClassOfService + erspan.SessionId + erspan.Index + erspan.Timestamp + (ulong)erspan.HeaderLength
                + (erspan.IsTruncated ? 1UL : 0) + Sum(erspan.Payload);
        }

        if (VxlanHeader.TryParse(bytes, out VxlanHeader vxlan))
            seen += vxlan.NetworkId + Sum(vxlan.Payload);
        return seen;
    }

    // Touches both ends: what a view gives out must lie inside the frame.
    private static ulong Sum(Span<byte> bytes) => bytes.IsEmpty ? 0UL : (ulong)bytes[0] + bytes[^1];
}

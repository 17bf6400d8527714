using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing;

/// <summary>Frames as text for people: in test output, messages and debuggers. Stateless; any thread may call any member.</summary>
public static class FrameText
{
    private const int BytesPerLine = 16;

    /// <summary>
    /// One line on what a frame is, for example "IPv4 10.0.0.1:1 > 10.0.0.2:2 TCP SYN len 60". Takes any bytes; "len" is the frame's length without FCS. Of
    /// tunnels the outermost IP header is described.
    /// </summary>
    public static string Describe(ReadOnlySpan<byte> frame)
    {
        StringBuilder text = new();
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        DescribeTags(text, frame, layers);
        if (layers.HasKey)
            DescribeIp(text, frame, layers);
        else if (layers.EtherType == EtherTypes.Arp && layers.Status == FlowKeyStatus.NotIp)
            DescribeArp(text, frame[layers.NetworkOffset..]);
        else if (layers.Status == FlowKeyStatus.NotIp)
            text.Append(CultureInfo.InvariantCulture, $"{Stations(frame)} type 0x{layers.EtherType:x4}");
        else
            text.Append(Problem(layers.Status));
        return text.Append(CultureInfo.InvariantCulture, $" len {frame.Length}").ToString();
    }

    /// <summary>The bytes in hexadecimal with offsets and letters, 16 to a line.</summary>
    public static string HexDump(ReadOnlySpan<byte> frame)
    {
        StringBuilder text = new();
        for (int offset = 0; offset < frame.Length; offset += BytesPerLine)
            AppendLine(text, frame, offset);
        return text.ToString();
    }

    /// <summary>The lines of both frames around the first byte that differs, with a mark under it.</summary>
    internal static string HexDifference(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int at = expected.CommonPrefixLength(actual);
        int line = at / BytesPerLine * BytesPerLine;
        StringBuilder text = new();
        for (int offset = Math.Max(0, line - BytesPerLine); offset <= line + BytesPerLine; offset += BytesPerLine)
        {
            bool same = offset < line;
            if (same)
            {
                text.Append("             ");
                AppendLine(text, expected, offset);
                continue;
            }

            if (offset >= expected.Length && offset >= actual.Length)
                break;
            text.Append("  expected   ");
            AppendLine(text, expected, offset);
            text.Append("  actual     ");
            AppendLine(text, actual, offset);
            if (offset == line)
                text.Append(' ', 13 + 6 + (3 * (at - line))).Append("^^").Append('\n');
        }

        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, ReadOnlySpan<byte> frame, int offset)
    {
        text.Append(CultureInfo.InvariantCulture, $"{offset:x4}  ");
        ReadOnlySpan<byte> line = offset < frame.Length ? frame[offset..Math.Min(offset + BytesPerLine, frame.Length)] : default;
        foreach (byte value in line)
            text.Append(CultureInfo.InvariantCulture, $"{value:x2} ");
        text.Append(' ', 3 * (BytesPerLine - line.Length)).Append(' ');
        foreach (byte value in line)
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        text.Append('\n');
    }

    private static void DescribeTags(StringBuilder text, ReadOnlySpan<byte> frame, PacketLayers layers)
    {
        // The tags lie one behind the other in front of the network header, directly behind the two Ethernet addresses.
        for (int i = 0; i < layers.VlanCount && frame.Length >= 16 + (4 * i); i++)
            text.Append(CultureInfo.InvariantCulture, $"vlan {BinaryPrimitives.ReadUInt16BigEndian(frame[(14 + (4 * i))..]) & 0xFFF} ");
        for (int i = layers.MplsCount; i > 0; i--)
        {
            int at = layers.NetworkOffset - (4 * i);
            if (at >= 0 && at + 4 <= frame.Length)
                text.Append(CultureInfo.InvariantCulture, $"mpls {BinaryPrimitives.ReadUInt32BigEndian(frame[at..]) >> 12} ");
        }
    }

    private static void DescribeIp(StringBuilder text, ReadOnlySpan<byte> frame, PacketLayers layers)
    {
        FlowKeyReader.Read(frame, out FlowTable.Ipv4FlowKey ipv4, out FlowTable.Ipv6FlowKey ipv6, out _);
        ReadOnlySpan<byte> network = frame[layers.NetworkOffset..];
        bool ports = IpProtocols.HasPorts(layers.Protocol) && layers.Fragment != FragmentKind.Later;
        if (layers.Status == FlowKeyStatus.Ipv4)
        {
            IPAddress source = new(network.Slice(12, 4));
            IPAddress destination = new(network.Slice(16, 4));
            text.Append("IPv4 ").Append(source).Append(ports ? Port(ipv4.SourcePort) : "").Append(" > ").Append(destination).Append(ports ? Port(ipv4.DestinationPort) : "");
        }
        else
        {
            IPAddress source = new(network.Slice(8, 16));
            IPAddress destination = new(network.Slice(24, 16));
            text.Append("IPv6 ").Append(ports ? $"[{source}]{Port(ipv6.SourcePort)}" : source).Append(" > ").Append(ports ? $"[{destination}]{Port(ipv6.DestinationPort)}" : destination);
        }

        text.Append(' ').Append(ProtocolName(layers.Protocol));
        if (layers.Fragment != FragmentKind.None)
            text.Append(layers.Fragment == FragmentKind.First ? " first fragment" : " later fragment");
        if (layers.Fragment != FragmentKind.Later)
            DescribeTransport(text, layers.Protocol, layers.Transport(frame));
    }

    private static void DescribeTransport(StringBuilder text, byte protocol, ReadOnlySpan<byte> transport)
    {
        if (protocol == IpProtocols.Tcp && transport.Length >= TcpHeader.MinimumLength)
        {
            TcpFlags flags = (TcpFlags)(BinaryPrimitives.ReadUInt16BigEndian(transport[12..]) & 0x1FF);
            string[] names = [.. Enum.GetValues<TcpFlags>().Where(flag => flag != TcpFlags.None && flags.HasFlag(flag)).Select(flag => flag.ToString().ToUpperInvariant())];
            text.Append(' ').Append(names.Length == 0 ? "no flags" : string.Join(',', names));
        }
        else if (protocol is IpProtocols.Icmp or IpProtocols.Icmpv6 && transport.Length >= 2)
        {
            text.Append((protocol, transport[0]) switch
            {
                (IpProtocols.Icmp, 8) or (IpProtocols.Icmpv6, 128) => " echo request",
                (IpProtocols.Icmp, 0) or (IpProtocols.Icmpv6, 129) => " echo reply",
                _ => string.Create(CultureInfo.InvariantCulture, $" type {transport[0]} code {transport[1]}"),
            });
        }
    }

    private static void DescribeArp(StringBuilder text, ReadOnlySpan<byte> arp)
    {
        const int Length = 28;
        const int Request = 1;
        if (arp.Length < Length || BinaryPrimitives.ReadUInt16BigEndian(arp[2..]) != EtherTypes.Ipv4)
        {
            text.Append("ARP");
            return;
        }

        IPAddress sender = new(arp.Slice(14, 4));
        IPAddress target = new(arp.Slice(24, 4));
        text.Append(BinaryPrimitives.ReadUInt16BigEndian(arp[6..]) == Request
            ? $"ARP who-has {target} tell {sender}"
            : $"ARP {sender} is-at {new MacAddress(arp.Slice(8, MacAddress.Length))}");
    }

    private static string Stations(ReadOnlySpan<byte> frame) =>
        $"Ethernet {new MacAddress(frame.Slice(MacAddress.Length, MacAddress.Length))} > {new MacAddress(frame[..MacAddress.Length])}";

    private static string Port(ushort port) => string.Create(CultureInfo.InvariantCulture, $":{port}");

    private static string ProtocolName(byte protocol) => protocol switch
    {
        IpProtocols.Tcp => "TCP",
        IpProtocols.Udp => "UDP",
        IpProtocols.Sctp => "SCTP",
        IpProtocols.Icmp => "ICMP",
        IpProtocols.Icmpv6 => "ICMPv6",
        IpProtocols.Igmp => "IGMP",
        IpProtocols.Gre => "GRE",
        IpProtocols.Esp => "ESP",
        IpProtocols.Ah => "AH",
        IpProtocols.Ipv4 => "IPv4-in-IP",
        IpProtocols.Ipv6 => "IPv6-in-IP",
        _ => string.Create(CultureInfo.InvariantCulture, $"protocol {protocol}"),
    };

    private static string Problem(FlowKeyStatus status) => status switch
    {
        FlowKeyStatus.TruncatedLink => "cut in the link headers",
        FlowKeyStatus.TruncatedIp => "cut in the IP header",
        _ => "malformed IP header",
    };
}

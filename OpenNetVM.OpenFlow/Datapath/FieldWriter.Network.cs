using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>IPv4 and IPv6.</content>
internal static partial class FieldWriter
{
    private const int Ipv4Source = 12;
    private const int Ipv4Destination = 16;
    private const int Ipv4TtlAndProtocol = 8;
    private const int Ipv4Checksum = 10;
    private const int Ipv6NextHeader = 6;
    private const int Ipv6HopLimit = 7;

    /// <summary>Writes the time to live or hop limit; 0 would be a packet that may not be forwarded.</summary>
    public static EditResult SetTtl(Span<byte> frame, byte ttl) => TryFindTtl(frame, out Span<byte> ip, out _) ? WriteTtl(ip, ttl) : EditResult.NotPresent;

    /// <summary>Takes one off the time to live or hop limit; where nothing would be left, the packet may not be forwarded.</summary>
    public static EditResult DecrementTtl(Span<byte> frame)
    {
        if (!TryFindTtl(frame, out Span<byte> ip, out byte ttl))
            return EditResult.NotPresent;
        return WriteTtl(ip, (byte)Math.Max(ttl - 1, 0));
    }

    private static bool TryFindTtl(Span<byte> frame, out Span<byte> ip, out byte ttl)
    {
        ttl = 0;
        ip = default;
        if (frame.Length < EthernetHeader.Length || !PacketFieldsReader.TryFindLayers(frame, out PacketLayers layers, out _) || !layers.HasKey)
            return false;
        ip = layers.Network(frame);
        if (ip.Length < (layers.Status == FlowKeyStatus.Ipv4 ? Ipv4Header.MinimumLength : Ipv6Header.Length))
            return false;
        ttl = ip[layers.Status == FlowKeyStatus.Ipv4 ? Ipv4TtlAndProtocol : Ipv6HopLimit];
        return true;
    }

    // The first four bits tell the two versions apart, as they did when the layers were found.
    private static EditResult WriteTtl(Span<byte> ip, byte ttl)
    {
        if (ttl == 0)
            return EditResult.TtlExpired;
        if (ip[0] >> 4 == 4)
            ReplaceIpv4Word(ip, Ipv4TtlAndProtocol, (ushort)((ttl << 8) | ip[Ipv4TtlAndProtocol + 1]));
        else
            ip[Ipv6HopLimit] = ttl;
        return EditResult.Done;
    }

    private static EditResult SetInIpv4(Span<byte> frame, in PacketLayers layers, OxmFieldId id, UInt128 value)
    {
        Span<byte> ip = layers.Network(frame);
        if (ip.Length < Ipv4Header.MinimumLength)
            return EditResult.NotPresent;
        switch (id)
        {
            case OxmFieldId.IpDscp:
                return ReplaceIpv4Word(ip, 0, (ushort)((ip[0] << 8) | ((byte)value << 2) | (ip[1] & 3)));
            case OxmFieldId.IpEcn:
                return ReplaceIpv4Word(ip, 0, (ushort)((ip[0] << 8) | (ip[1] & 0xFC) | (byte)value));
            case OxmFieldId.IpProtocol:
                // What follows is read as another protocol from now on; its bytes, and with them whatever checksum they have, stay.
                return ReplaceIpv4Word(ip, Ipv4TtlAndProtocol, (ushort)((ip[Ipv4TtlAndProtocol] << 8) | (byte)value));
            case OxmFieldId.Ipv4Source:
                return ReplaceIpv4Address(frame, ip, layers, Ipv4Source, (uint)value);
            case OxmFieldId.Ipv4Destination:
                return ReplaceIpv4Address(frame, ip, layers, Ipv4Destination, (uint)value);
            default:
                return SetInTransport(frame, layers, id, value);
        }
    }

    private static EditResult SetInIpv6(Span<byte> frame, in PacketLayers layers, OxmFieldId id, UInt128 value)
    {
        if (!Ipv6Header.TryParse(layers.Network(frame), out Ipv6Header ip))
            return EditResult.NotPresent;
        switch (id)
        {
            case OxmFieldId.IpDscp:
                ip.Dscp = (byte)value;
                return EditResult.Done;
            case OxmFieldId.IpEcn:
                ip.Ecn = (byte)value;
                return EditResult.Done;
            case OxmFieldId.Ipv6FlowLabel:
                ip.FlowLabel = (uint)value;
                return EditResult.Done;
            case OxmFieldId.IpProtocol:
                return SetIpv6Protocol(ip, (byte)value);
            case OxmFieldId.Ipv6Source:
                TransportChecksum.Find(frame, layers).Account(ip.Source, value);
                ip.Source = value;
                return EditResult.Done;
            case OxmFieldId.Ipv6Destination:
                // Where a routing header has stops left, checksums are over the last of them and not over this one (RFC 8200, 8.1).
                if (!HasStopsLeft(ip))
                    TransportChecksum.Find(frame, layers).Account(ip.Destination, value);
                ip.Destination = value;
                return EditResult.Done;
            default:
                return SetInTransport(frame, layers, id, value);
        }
    }

    // The number that names the transport header stands in the last header before it. To rules a later fragment's protocol is "fragment": it has no other.
    private static EditResult SetIpv6Protocol(Ipv6Header ip, byte protocol)
    {
        Ipv6Extensions extensions = ip.Extensions;
        Span<byte> number = ip.Bytes.Slice(Ipv6NextHeader, 1);
        while (extensions.MoveNext())
            number = extensions.Current.Bytes[..1];
        if (extensions.End != OptionsEnd.Complete || extensions.Fragment == FragmentKind.Later)
            return EditResult.NotPresent;
        number[0] = protocol;
        return EditResult.Done;
    }

    private static bool HasStopsLeft(Ipv6Header ip)
    {
        const int SegmentsLeft = 3;
        foreach (Ipv6Extension extension in ip.Extensions)
        {
            if (extension.Kind == IpProtocols.Routing && extension.Bytes[SegmentsLeft] > 0)
                return true;
        }

        return false;
    }

    private static EditResult ReplaceIpv4Address(Span<byte> frame, Span<byte> ip, in PacketLayers layers, int offset, uint value)
    {
        uint before = BinaryPrimitives.ReadUInt32BigEndian(ip[offset..]);
        TransportChecksum.Find(frame, layers).AccountAddress(before, value);
        Span<byte> checksum = ip.Slice(Ipv4Checksum, 2);
        BinaryPrimitives.WriteUInt16BigEndian(checksum, InternetChecksum.Update(BinaryPrimitives.ReadUInt16BigEndian(checksum), before, value));
        BinaryPrimitives.WriteUInt32BigEndian(ip[offset..], value);
        return EditResult.Done;
    }

    private static EditResult ReplaceIpv4Word(Span<byte> ip, int offset, ushort value)
    {
        Span<byte> checksum = ip.Slice(Ipv4Checksum, 2);
        ushort before = BinaryPrimitives.ReadUInt16BigEndian(ip[offset..]);
        BinaryPrimitives.WriteUInt16BigEndian(checksum, InternetChecksum.Update(BinaryPrimitives.ReadUInt16BigEndian(checksum), before, value));
        BinaryPrimitives.WriteUInt16BigEndian(ip[offset..], value);
        return EditResult.Done;
    }
}

using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Matches;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>Reads the fields of an Ethernet frame as OpenFlow sees them. Pure; reads nothing outside the frame, whatever its bytes are.</summary>
internal static class PacketFieldsReader
{
    /// <summary>Ethernet type of a frame that has none (IEEE 802.3 with LLC; OpenFlow 1.0, OFP_DL_TYPE_NOT_ETH_TYPE).</summary>
    public const ushort NotAnEtherType = 0x05FF;

    private const int EthernetLength = 14;
    private const int ArpLength = 28;
    private const byte NeighbourSolicitation = 135;
    private const byte NeighbourAdvertisement = 136;

    /// <summary>Reads a frame.</summary>
    /// <param name="frame">The frame from its destination address on.</param>
    /// <param name="inPort">The OpenFlow port on which it came.</param>
    public static PacketFields Read(ReadOnlySpan<byte> frame, uint inPort)
    {
        PacketFields fields = default;
        fields.Set(OxmFieldId.InPort, inPort);
        if (frame.Length < EthernetLength)
            return fields;
        fields.Set(OxmFieldId.EthernetDestination, new MacAddress(frame[..MacAddress.Length]).Value);
        fields.Set(OxmFieldId.EthernetSource, new MacAddress(frame.Slice(MacAddress.Length, MacAddress.Length)).Value);
        if (TypeOffset(frame) >= EthernetLength + 2)
        {
            ushort tag = BinaryPrimitives.ReadUInt16BigEndian(frame[EthernetLength..]);
            fields.Set(OxmFieldId.VlanId, (UInt128)((tag & 0x0FFF) | FlowMatch.VlanPresent));
            fields.Set(OxmFieldId.VlanPriority, (UInt128)(tag >> 13));
        }

        bool isFound = TryFindLayers(frame, out PacketLayers layers, out ushort etherType);
        fields.Set(OxmFieldId.EthernetType, etherType);
        if (!isFound)
            return fields;
        switch (etherType)
        {
            case EtherTypes.Ipv4 when layers.Status == FlowKeyStatus.Ipv4:
                ReadIpv4(frame, layers, ref fields);
                break;
            case EtherTypes.Ipv6 when layers.Status == FlowKeyStatus.Ipv6:
                ReadIpv6(frame, layers, ref fields);
                break;
            case EtherTypes.Arp:
                ReadArp(layers.Network(frame), ref fields);
                break;
        }

        return fields;
    }

    /// <summary>Where the Ethernet type behind all VLAN tags is; the frame has an Ethernet header.</summary>
    public static int TypeOffset(ReadOnlySpan<byte> frame)
    {
        int offset = EthernetLength - 2;
        while (frame.Length >= offset + 6 && EtherTypes.IsVlan(BinaryPrimitives.ReadUInt16BigEndian(frame[offset..])))
            offset += 4;
        return offset;
    }

    /// <summary>Finds the layers of a frame that has an Ethernet header, and its Ethernet type as rules see it.</summary>
    /// <returns>False where the layers are behind something that rules do not look behind: labels of MPLS, PPPoE.</returns>
    public static bool TryFindLayers(ReadOnlySpan<byte> frame, out PacketLayers layers, out ushort etherType)
    {
        FlowKeyReader.Parse(frame, out layers);
        etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[TypeOffset(frame)..]);
        if (etherType <= EtherTypes.MaximumLength)
            etherType = layers.EtherType > EtherTypes.MaximumLength ? layers.EtherType : NotAnEtherType;
        return etherType == layers.EtherType && layers.MplsCount == 0;
    }

    private static void ReadIpv4(ReadOnlySpan<byte> frame, in PacketLayers layers, ref PacketFields fields)
    {
        ReadOnlySpan<byte> header = layers.Network(frame);
        if (header.Length < 20)
            return;
        SetTrafficClass(header[1], ref fields);
        fields.Set(OxmFieldId.IpProtocol, layers.Protocol);
        fields.Set(OxmFieldId.Ipv4Source, BinaryPrimitives.ReadUInt32BigEndian(header[12..]));
        fields.Set(OxmFieldId.Ipv4Destination, BinaryPrimitives.ReadUInt32BigEndian(header[16..]));
        ReadTransport(frame, layers, IpProtocols.Icmp, ref fields);
    }

    private static void ReadIpv6(ReadOnlySpan<byte> frame, in PacketLayers layers, ref PacketFields fields)
    {
        ReadOnlySpan<byte> header = layers.Network(frame);
        if (header.Length < 40)
            return;
        uint first = BinaryPrimitives.ReadUInt32BigEndian(header);
        SetTrafficClass((byte)(first >> 20), ref fields);
        fields.Set(OxmFieldId.Ipv6FlowLabel, first & 0xF_FFFF);
        // What a later fragment of IPv6 holds is not told in it: to Open vSwitch and the Linux kernel its protocol is "fragment".
        fields.Set(OxmFieldId.IpProtocol, layers.Fragment == FragmentKind.Later ? IpProtocols.Fragment : layers.Protocol);
        fields.Set(OxmFieldId.Ipv6Source, BinaryPrimitives.ReadUInt128BigEndian(header[8..]));
        fields.Set(OxmFieldId.Ipv6Destination, BinaryPrimitives.ReadUInt128BigEndian(header[24..]));
        ReadTransport(frame, layers, IpProtocols.Icmpv6, ref fields);
        if (layers.Protocol == IpProtocols.Icmpv6 && layers.Fragment != FragmentKind.Later)
            ReadNeighbour(layers.Transport(frame), ref fields);
    }

    private static void SetTrafficClass(byte value, ref PacketFields fields)
    {
        fields.Set(OxmFieldId.IpDscp, (UInt128)(value >> 2));
        fields.Set(OxmFieldId.IpEcn, (UInt128)(value & 3));
    }

    // Later fragments have no transport header: their ports are 0, as Open vSwitch has it.
    private static void ReadTransport(ReadOnlySpan<byte> frame, in PacketLayers layers, byte icmp, ref PacketFields fields)
    {
        ReadOnlySpan<byte> header = layers.Transport(frame);
        if (layers.Fragment == FragmentKind.Later || header.Length < 4)
            return;
        if (layers.Protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.Sctp)
        {
            fields.Set(OxmFieldId.TcpSource, BinaryPrimitives.ReadUInt16BigEndian(header));
            fields.Set(OxmFieldId.TcpDestination, BinaryPrimitives.ReadUInt16BigEndian(header[2..]));
        }
        else if (layers.Protocol == icmp)
        {
            fields.Set(OxmFieldId.Icmpv4Type, header[0]);
            fields.Set(OxmFieldId.Icmpv4Code, header[1]);
        }
    }

    // RFC 4861, 4.3 and 4.4: type, code, checksum, 4 bytes, target, then options in units of eight bytes.
    private static void ReadNeighbour(ReadOnlySpan<byte> message, ref PacketFields fields)
    {
        const int FixedLength = 24;
        const byte SourceOption = 1;
        const byte TargetOption = 2;
        if (message.Length < FixedLength || message[0] is not (NeighbourSolicitation or NeighbourAdvertisement) || message[1] != 0)
            return;
        fields.Set(OxmFieldId.Ipv6NdTarget, BinaryPrimitives.ReadUInt128BigEndian(message[8..]));
        ReadOnlySpan<byte> options = message[FixedLength..];
        while (options.Length >= 8 && options[1] > 0 && options.Length >= 8 * options[1])
        {
            if (message[0] == NeighbourSolicitation && options[0] == SourceOption)
                fields.Set(OxmFieldId.Ipv6NdSourceHardware, new MacAddress(options.Slice(2, MacAddress.Length)).Value);
            else if (message[0] == NeighbourAdvertisement && options[0] == TargetOption)
                fields.Set(OxmFieldId.Ipv6NdTargetHardware, new MacAddress(options.Slice(2, MacAddress.Length)).Value);
            options = options[(8 * options[1])..];
        }
    }

    // RFC 826, for Ethernet and IPv4.
    private static void ReadArp(ReadOnlySpan<byte> packet, ref PacketFields fields)
    {
        if (packet.Length < ArpLength || BinaryPrimitives.ReadUInt64BigEndian(packet) >> 16 != 0x0001_0800_0604)
            return;
        fields.Set(OxmFieldId.ArpOperation, BinaryPrimitives.ReadUInt16BigEndian(packet[6..]));
        fields.Set(OxmFieldId.ArpSourceHardware, new MacAddress(packet.Slice(8, MacAddress.Length)).Value);
        fields.Set(OxmFieldId.ArpSourceIpv4, BinaryPrimitives.ReadUInt32BigEndian(packet[14..]));
        fields.Set(OxmFieldId.ArpTargetHardware, new MacAddress(packet.Slice(18, MacAddress.Length)).Value);
        fields.Set(OxmFieldId.ArpTargetIpv4, BinaryPrimitives.ReadUInt32BigEndian(packet[24..]));
    }
}

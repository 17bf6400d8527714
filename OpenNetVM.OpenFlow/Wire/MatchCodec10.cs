using System.Numerics;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>
/// Matches as OpenFlow 1.0 writes them (5.2.3 ofp_match): a fixed set of fields with a bit for each that is not looked at. Fields that mean nothing for the
/// match's Ethernet type or IP protocol are passed over, as the specification wants.
/// </summary>
internal static class MatchCodec10
{
    public const int Length = 40;
    private const uint AllWildcards = (1u << 22) - 1;
    private const uint InPortBit = 1;
    private const uint VlanBit = 1 << 1;
    private const uint SourceBit = 1 << 2;
    private const uint DestinationBit = 1 << 3;
    private const uint EtherTypeBit = 1 << 4;
    private const uint ProtocolBit = 1 << 5;
    private const uint TransportSourceBit = 1 << 6;
    private const uint TransportDestinationBit = 1 << 7;
    private const int NetworkSourceShift = 8;
    private const int NetworkDestinationShift = 14;
    private const uint PriorityBit = 1 << 20;
    private const uint TosBit = 1 << 21;
    private const ushort NoVlan = 0xFFFF;
    private const ushort VlanMask = 0x0FFF;

    /// <summary>Every field wildcarded, which a table of 1.0 says it can.</summary>
    public static uint Everything => AllWildcards;

    public static FlowMatch Read(ref WireReader reader)
    {
        Raw raw = new(ref reader);
        if (reader.Failed)
            return FlowMatch.Everything;
        List<OxmField> fields = [];
        AddLink(fields, raw);
        bool ip = !raw.Ignores(EtherTypeBit) && raw.EtherType == EtherTypes.Ipv4;
        bool arp = !raw.Ignores(EtherTypeBit) && raw.EtherType == EtherTypes.Arp;
        if (ip && !raw.Ignores(TosBit))
            fields.Add(new OxmField(OxmFieldId.IpDscp, (UInt128)(raw.Tos >> 2)));
        if ((ip || arp) && !raw.Ignores(ProtocolBit))
            fields.Add(new OxmField(ip ? OxmFieldId.IpProtocol : OxmFieldId.ArpOperation, raw.Protocol));
        if (ip || arp)
        {
            AddAddress(fields, ip ? OxmFieldId.Ipv4Source : OxmFieldId.ArpSourceIpv4, raw.NetworkSource, raw.Wildcards >> NetworkSourceShift);
            AddAddress(fields, ip ? OxmFieldId.Ipv4Destination : OxmFieldId.ArpTargetIpv4, raw.NetworkDestination, raw.Wildcards >> NetworkDestinationShift);
        }

        if (ip && !raw.Ignores(ProtocolBit) && TransportFields(raw.Protocol) is var (source, destination))
        {
            bool icmp = raw.Protocol == IpProtocols.Icmp;
            if (!raw.Ignores(TransportSourceBit))
                fields.Add(new OxmField(source, icmp ? (byte)raw.TransportSource : raw.TransportSource));
            if (!raw.Ignores(TransportDestinationBit))
                fields.Add(new OxmField(destination, icmp ? (byte)raw.TransportDestination : raw.TransportDestination));
        }

        return FlowMatch.Of([.. fields]);
    }

    /// <summary>Writes a match. What 1.0 has no field for is wildcarded, so that a rule which came by 1.3 may look wider than it is.</summary>
    public static void Write(MessageBuffer buffer, FlowMatch match)
    {
        uint wildcards = AllWildcards;
        ushort inPort = 0;
        if (match.TryGet(OxmFieldId.InPort, out OxmField field) && ReservedPort.TryTo10((uint)field.Value, out inPort))
            wildcards &= ~InPortBit;
        ulong source = Exact(match, OxmFieldId.EthernetSource, SourceBit, ref wildcards);
        ulong destination = Exact(match, OxmFieldId.EthernetDestination, DestinationBit, ref wildcards);
        ushort etherType = (ushort)Exact(match, OxmFieldId.EthernetType, EtherTypeBit, ref wildcards);
        ushort vlan = 0;
        if (match.TryGet(OxmFieldId.VlanId, out field) && field.IsExact)
        {
            wildcards &= ~VlanBit;
            vlan = field.Value == 0 ? NoVlan : (ushort)(field.Value & VlanMask);
        }

        byte priority = (byte)Exact(match, OxmFieldId.VlanPriority, PriorityBit, ref wildcards);
        byte tos = (byte)(Exact(match, OxmFieldId.IpDscp, TosBit, ref wildcards) << 2);
        bool arp = etherType == EtherTypes.Arp;
        bool ip = etherType == EtherTypes.Ipv4;
        byte protocol = ip || arp ? (byte)Exact(match, arp ? OxmFieldId.ArpOperation : OxmFieldId.IpProtocol, ProtocolBit, ref wildcards) : (byte)0;
        uint networkSource = Address(match, arp ? OxmFieldId.ArpSourceIpv4 : OxmFieldId.Ipv4Source, NetworkSourceShift, ref wildcards);
        uint networkDestination = Address(match, arp ? OxmFieldId.ArpTargetIpv4 : OxmFieldId.Ipv4Destination, NetworkDestinationShift, ref wildcards);
        ushort transportSource = 0, transportDestination = 0;
        if (ip && TransportFields(protocol) is var (sourceField, destinationField))
        {
            transportSource = (ushort)Exact(match, sourceField, TransportSourceBit, ref wildcards);
            transportDestination = (ushort)Exact(match, destinationField, TransportDestinationBit, ref wildcards);
        }

        buffer.U32(wildcards);
        buffer.U16(inPort);
        buffer.U48(source);
        buffer.U48(destination);
        buffer.U16(vlan);
        buffer.U8(priority);
        buffer.Zeros(1);
        buffer.U16(etherType);
        buffer.U8(tos);
        buffer.U8(protocol);
        buffer.Zeros(2);
        buffer.U32(networkSource);
        buffer.U32(networkDestination);
        buffer.U16(transportSource);
        buffer.U16(transportDestination);
    }

    private static void AddLink(List<OxmField> fields, in Raw raw)
    {
        if (!raw.Ignores(InPortBit))
            fields.Add(new OxmField(OxmFieldId.InPort, ReservedPort.From10(raw.InPort)));
        if (!raw.Ignores(SourceBit))
            fields.Add(new OxmField(OxmFieldId.EthernetSource, raw.Source));
        if (!raw.Ignores(DestinationBit))
            fields.Add(new OxmField(OxmFieldId.EthernetDestination, raw.Destination));
        if (!raw.Ignores(EtherTypeBit))
            fields.Add(new OxmField(OxmFieldId.EthernetType, raw.EtherType));
        bool untagged = !raw.Ignores(VlanBit) && raw.Vlan == NoVlan;
        bool priority = !raw.Ignores(PriorityBit) && !untagged;
        if (untagged)
            fields.Add(new OxmField(OxmFieldId.VlanId, 0));
        else if (!raw.Ignores(VlanBit))
            fields.Add(new OxmField(OxmFieldId.VlanId, (UInt128)((raw.Vlan & VlanMask) | FlowMatch.VlanPresent)));
        else if (priority)
            fields.Add(new OxmField(OxmFieldId.VlanId, FlowMatch.VlanPresent, FlowMatch.VlanPresent));
        if (priority)
            fields.Add(new OxmField(OxmFieldId.VlanPriority, (UInt128)(raw.Priority & 7)));
    }

    private static void AddAddress(List<OxmField> fields, OxmFieldId id, uint address, uint wildcards)
    {
        int ignored = (int)(wildcards & 0x3F);
        if (ignored < 32)
            fields.Add(new OxmField(id, address, uint.MaxValue << ignored));
    }

    private static ulong Exact(FlowMatch match, OxmFieldId id, uint bit, ref uint wildcards)
    {
        if (!match.TryGet(id, out OxmField field) || !field.IsExact)
            return 0;
        wildcards &= ~bit;
        return (ulong)field.Value;
    }

    private static uint Address(FlowMatch match, OxmFieldId id, int shift, ref uint wildcards)
    {
        const uint Bits = 0x3F;
        wildcards &= ~(Bits << shift);
        if (!match.TryGet(id, out OxmField field))
        {
            wildcards |= 32u << shift;
            return 0;
        }

        // The leading ones: a mask with gaps cannot be told.
        int prefix = BitOperations.LeadingZeroCount(~(uint)field.Mask);
        wildcards |= (uint)(32 - prefix) << shift;
        return (uint)field.Value;
    }

    private static (OxmFieldId Source, OxmFieldId Destination)? TransportFields(byte protocol) => protocol switch
    {
        IpProtocols.Tcp => (OxmFieldId.TcpSource, OxmFieldId.TcpDestination),
        IpProtocols.Udp => (OxmFieldId.UdpSource, OxmFieldId.UdpDestination),
        IpProtocols.Icmp => (OxmFieldId.Icmpv4Type, OxmFieldId.Icmpv4Code),
        _ => null,
    };

    /// <summary>The structure as it stands in the message.</summary>
    private readonly struct Raw
    {
        public readonly uint Wildcards;
        public readonly ushort InPort;
        public readonly ulong Source;
        public readonly ulong Destination;
        public readonly ushort Vlan;
        public readonly byte Priority;
        public readonly ushort EtherType;
        public readonly byte Tos;
        public readonly byte Protocol;
        public readonly uint NetworkSource;
        public readonly uint NetworkDestination;
        public readonly ushort TransportSource;
        public readonly ushort TransportDestination;

        public Raw(ref WireReader reader)
        {
            Wildcards = reader.U32();
            InPort = reader.U16();
            Source = reader.U48();
            Destination = reader.U48();
            Vlan = reader.U16();
            Priority = reader.U8();
            reader.Skip(1);
            EtherType = reader.U16();
            Tos = reader.U8();
            Protocol = reader.U8();
            reader.Skip(2);
            NetworkSource = reader.U32();
            NetworkDestination = reader.U32();
            TransportSource = reader.U16();
            TransportDestination = reader.U16();
        }

        public bool Ignores(uint bit) => (Wildcards & bit) != 0;
    }
}

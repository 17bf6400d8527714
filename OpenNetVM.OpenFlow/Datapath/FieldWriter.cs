using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>Writes fields into a frame where <see cref="PacketFieldsReader"/> reads them, and keeps the checksums right. See <see cref="PacketEditor"/> for the contract.</summary>
internal static partial class FieldWriter
{
    private const int TagOffset = EthernetHeader.Length;

    /// <summary>Writes a field; the value has no more bits than the field.</summary>
    public static EditResult Set(Span<byte> frame, OxmFieldId id, UInt128 value)
    {
        if (frame.Length < EthernetHeader.Length)
            return EditResult.NotPresent;
        switch (id)
        {
            case OxmFieldId.EthernetDestination:
                return SetMac(frame, value);
            case OxmFieldId.EthernetSource:
                return SetMac(frame[MacAddress.Length..], value);
            case OxmFieldId.EthernetType:
                return SetEtherType(frame, (ushort)value);
            case OxmFieldId.VlanId or OxmFieldId.VlanPriority:
                return SetTag(frame, id, value);
        }

        if (!PacketFieldsReader.TryFindLayers(frame, out PacketLayers layers, out ushort etherType))
            return EditResult.NotPresent;
        return layers.Status switch
        {
            FlowKeyStatus.Ipv4 => SetInIpv4(frame, layers, id, value),
            FlowKeyStatus.Ipv6 => SetInIpv6(frame, layers, id, value),
            _ => etherType == EtherTypes.Arp ? SetInArp(layers.Network(frame), id, value) : EditResult.NotPresent,
        };
    }

    /// <summary>The outermost VLAN tag; false where there is none.</summary>
    public static bool TryReadTag(ReadOnlySpan<byte> frame, out ushort tag)
    {
        bool isTagged = frame.Length >= TagOffset + VlanTag.Length && EtherTypes.IsVlan(BinaryPrimitives.ReadUInt16BigEndian(frame[(TagOffset - 2)..]));
        tag = isTagged ? BinaryPrimitives.ReadUInt16BigEndian(frame[TagOffset..]) : (ushort)0;
        return isTagged;
    }

    private static EditResult SetTag(Span<byte> frame, OxmFieldId id, UInt128 value)
    {
        if (!TryReadTag(frame, out _) || !VlanTag.TryParse(frame[TagOffset..], out VlanTag tag))
            return EditResult.NotPresent;
        // The bit that says "there is a tag" is no bit of the packet.
        if (id == OxmFieldId.VlanId)
            tag.VlanId = (ushort)((ushort)value & ~FlowMatch.VlanPresent);
        else
            tag.Priority = (byte)value;
        return EditResult.Done;
    }

    // Behind all tags; of an IEEE 802.3 frame the one that SNAP announces, which stands right in front of what it is of.
    private static EditResult SetEtherType(Span<byte> frame, ushort value)
    {
        int offset = PacketFieldsReader.TypeOffset(frame);
        if (BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]) <= EtherTypes.MaximumLength)
        {
            FlowKeyReader.Parse(frame, out PacketLayers layers);
            offset = layers.NetworkOffset - 2;
            if (layers.EtherType <= EtherTypes.MaximumLength || offset < EthernetHeader.Length || offset + 2 > frame.Length
                || BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]) != layers.EtherType)
                return EditResult.NotPresent;
        }

        BinaryPrimitives.WriteUInt16BigEndian(frame[offset..], value);
        return EditResult.Done;
    }

    private static EditResult SetInArp(Span<byte> bytes, OxmFieldId id, UInt128 value)
    {
        if (!ArpPacket.TryParse(bytes, out ArpPacket arp))
            return EditResult.NotPresent;
        switch (id)
        {
            case OxmFieldId.ArpOperation:
                arp.Operation = (ArpOperation)(ushort)value;
                return EditResult.Done;
            case OxmFieldId.ArpSourceIpv4:
                arp.SenderIp = (uint)value;
                return EditResult.Done;
            case OxmFieldId.ArpTargetIpv4:
                arp.TargetIp = (uint)value;
                return EditResult.Done;
            case OxmFieldId.ArpSourceHardware:
                arp.SenderMac = new MacAddress((ulong)value);
                return EditResult.Done;
            case OxmFieldId.ArpTargetHardware:
                arp.TargetMac = new MacAddress((ulong)value);
                return EditResult.Done;
            default:
                return EditResult.NotPresent;
        }
    }

    private static EditResult SetMac(Span<byte> bytes, UInt128 value)
    {
        new MacAddress((ulong)value).TryWriteBytes(bytes);
        return EditResult.Done;
    }
}

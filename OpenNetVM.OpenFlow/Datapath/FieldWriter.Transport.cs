using System.Buffers.Binary;
using System.Numerics;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>TCP, UDP, SCTP, ICMP and neighbour discovery.</content>
internal static partial class FieldWriter
{
    private const int DestinationPort = 2;

    // RFC 4861, 4.3 and 4.4: type, code, checksum, 4 bytes, target, then options in units of eight bytes.
    private const int NeighbourTarget = 8;
    private const int NeighbourOptions = 24;

    /// <summary>Writes a port of TCP, UDP or SCTP, whichever the packet is.</summary>
    public static EditResult SetPort(Span<byte> frame, bool isDestination, ushort port) =>
        frame.Length >= EthernetHeader.Length && PacketFieldsReader.TryFindLayers(frame, out PacketLayers layers, out _) && layers.HasKey
            ? SetPort(frame, layers, layers.Protocol, isDestination, port)
            : EditResult.NotPresent;

    private static EditResult SetInTransport(Span<byte> frame, in PacketLayers layers, OxmFieldId id, UInt128 value)
    {
        bool isIpv6 = layers.Status == FlowKeyStatus.Ipv6;
        return id switch
        {
            OxmFieldId.TcpSource => SetPort(frame, layers, IpProtocols.Tcp, isDestination: false, (ushort)value),
            OxmFieldId.TcpDestination => SetPort(frame, layers, IpProtocols.Tcp, isDestination: true, (ushort)value),
            OxmFieldId.UdpSource => SetPort(frame, layers, IpProtocols.Udp, isDestination: false, (ushort)value),
            OxmFieldId.UdpDestination => SetPort(frame, layers, IpProtocols.Udp, isDestination: true, (ushort)value),
            OxmFieldId.SctpSource => SetPort(frame, layers, IpProtocols.Sctp, isDestination: false, (ushort)value),
            OxmFieldId.SctpDestination => SetPort(frame, layers, IpProtocols.Sctp, isDestination: true, (ushort)value),
            OxmFieldId.Icmpv4Type when !isIpv6 => SetIcmp(frame, layers, IpProtocols.Icmp, isCode: false, (byte)value),
            OxmFieldId.Icmpv4Code when !isIpv6 => SetIcmp(frame, layers, IpProtocols.Icmp, isCode: true, (byte)value),
            OxmFieldId.Icmpv6Type when isIpv6 => SetIcmp(frame, layers, IpProtocols.Icmpv6, isCode: false, (byte)value),
            OxmFieldId.Icmpv6Code when isIpv6 => SetIcmp(frame, layers, IpProtocols.Icmpv6, isCode: true, (byte)value),
            OxmFieldId.Ipv6NdTarget or OxmFieldId.Ipv6NdSourceHardware or OxmFieldId.Ipv6NdTargetHardware when isIpv6 => SetNeighbour(frame, layers, id, value),
            _ => EditResult.NotPresent,
        };
    }

    // A header that is cut before its checksum has no port to set: the checksum, wherever it is, could not follow.
    private static EditResult SetPort(Span<byte> frame, in PacketLayers layers, byte protocol, bool isDestination, ushort port)
    {
        if (layers.Protocol != protocol || layers.Fragment == FragmentKind.Later)
            return EditResult.NotPresent;
        Span<byte> transport = layers.Transport(frame);
        int offset = isDestination ? DestinationPort : 0;
        if (protocol == IpProtocols.Sctp)
            return SetSctpPort(transport, offset, port);
        TransportChecksum checksum = TransportChecksum.Find(frame, layers);
        if (protocol is not (IpProtocols.Tcp or IpProtocols.Udp) || !checksum.IsPresent)
            return EditResult.NotPresent;
        ReplaceWord(transport, offset, port, checksum);
        return EditResult.Done;
    }

    private static EditResult SetSctpPort(Span<byte> packet, int offset, ushort port)
    {
        if (!SctpHeader.TryParse(packet, out SctpHeader header))
            return EditResult.NotPresent;
        uint before = BinaryPrimitives.ReadUInt32LittleEndian(packet);
        // 0 says that the sender has other means to find damage (RFC 9653), unless it happens to be the CRC.
        bool hasChecksum = header.Checksum != 0 || header.IsChecksumValid;
        BinaryPrimitives.WriteUInt16BigEndian(packet[offset..], port);
        if (!hasChecksum)
            return EditResult.Done;

        // CRCs are linear: two packets' CRCs differ by the CRC of the packets' difference, which is zero behind the ports. Nothing of the packet needs to be read,
        // and a wrong CRC is not made right.
        uint crc = BitOperations.Crc32C(0u, before ^ BinaryPrimitives.ReadUInt32LittleEndian(packet));
        int zeros = packet.Length - sizeof(uint);
        for (; zeros >= sizeof(ulong); zeros -= sizeof(ulong))
            crc = BitOperations.Crc32C(crc, 0ul);
        for (; zeros > 0; zeros--)
            crc = BitOperations.Crc32C(crc, (byte)0);
        header.Checksum ^= crc;
        return EditResult.Done;
    }

    private static EditResult SetIcmp(Span<byte> frame, in PacketLayers layers, byte protocol, bool isCode, byte value)
    {
        TransportChecksum checksum = TransportChecksum.Find(frame, layers);
        if (layers.Protocol != protocol || !checksum.IsPresent)
            return EditResult.NotPresent;
        Span<byte> message = layers.Transport(frame);
        ReplaceWord(message, 0, (ushort)(isCode ? (message[0] << 8) | value : (value << 8) | message[1]), checksum);
        return EditResult.Done;
    }

    private static EditResult SetNeighbour(Span<byte> frame, in PacketLayers layers, OxmFieldId id, UInt128 value)
    {
        TransportChecksum checksum = TransportChecksum.Find(frame, layers);
        Span<byte> message = layers.Transport(frame);
        if (layers.Protocol != IpProtocols.Icmpv6 || !checksum.IsPresent || message.Length < NeighbourOptions
            || message[0] is not (Icmpv6Header.NeighborSolicitation or Icmpv6Header.NeighborAdvertisement) || message[1] != 0)
            return EditResult.NotPresent;
        if (id == OxmFieldId.Ipv6NdTarget)
        {
            Span<byte> target = message.Slice(NeighbourTarget, 16);
            checksum.Account(BinaryPrimitives.ReadUInt128BigEndian(target), value);
            BinaryPrimitives.WriteUInt128BigEndian(target, value);
            return EditResult.Done;
        }

        // The sender's address in a solicitation, the target's in an advertisement.
        const byte SourceOption = 1;
        const byte TargetOption = 2;
        bool isSource = id == OxmFieldId.Ipv6NdSourceHardware;
        return isSource == (message[0] == Icmpv6Header.NeighborSolicitation)
            ? SetNeighbourOption(message[NeighbourOptions..], isSource ? SourceOption : TargetOption, (ulong)value, checksum)
            : EditResult.NotPresent;
    }

    private static EditResult SetNeighbourOption(Span<byte> options, byte kind, ulong address, TransportChecksum checksum)
    {
        const int Unit = 8;
        EditResult result = EditResult.NotPresent;
        while (options.Length >= Unit)
        {
            int length = Unit * options[1];
            if (length == 0 || length > options.Length)
                break;
            if (options[0] == kind)
            {
                for (int i = 0; i < MacAddress.Length; i += 2)
                    ReplaceWord(options, 2 + i, (ushort)(address >> (8 * (MacAddress.Length - 2 - i))), checksum);
                result = EditResult.Done;
            }

            options = options[length..];
        }

        return result;
    }

    private static void ReplaceWord(Span<byte> bytes, int offset, ushort value, TransportChecksum checksum)
    {
        Span<byte> word = bytes.Slice(offset, 2);
        checksum.Account(BinaryPrimitives.ReadUInt16BigEndian(word), value);
        BinaryPrimitives.WriteUInt16BigEndian(word, value);
    }
}

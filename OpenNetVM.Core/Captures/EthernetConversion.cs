using System.Buffers.Binary;

namespace OpenNetVM.Core.Captures;

/// <summary>Stateless. Makes the Ethernet header that takes the place of another link layer's header.</summary>
internal static class EthernetConversion
{
    public const int HeaderLength = 14;

    private const int SllLength = 16;
    private const int Sll2Length = 20;
    private const ushort EtherTypeIPv4 = 0x0800;
    private const ushort EtherTypeIPv6 = 0x86DD;
    private const ushort SmallestEtherType = 0x0600;
    private const int LongestLlcPayload = 1500;
    private const byte Broadcast = 1;

    // Hardware types (ARPHRD_*) whose cooked frames carry no EtherType: IEEE 802.11 in three forms, netlink.
    private static bool HasEtherType(ushort hardware) => hardware is not (801 or 802 or 803 or 824);

    /// <summary>Writes 14 bytes of Ethernet header for a frame of another link type.</summary>
    /// <param name="type">What the frame begins with.</param>
    /// <param name="frame">The frame as captured.</param>
    /// <param name="header">Receives the header: 14 bytes.</param>
    /// <returns>How many bytes of the frame the header replaces, or -1 where the frame cannot be an Ethernet frame.</returns>
    public static int WriteHeader(LinkType type, ReadOnlySpan<byte> frame, Span<byte> header)
    {
        ReadOnlySpan<byte> destination = [0x02, 0, 0, 0, 0, 0x02];
        ReadOnlySpan<byte> source = [0x02, 0, 0, 0, 0, 0x01];
        int replaced;
        int etherType;
        switch (type)
        {
            case LinkType.Null or LinkType.Loop:
                replaced = 4;
                etherType = OfFamily(frame);
                break;
            case LinkType.Raw or LinkType.RawAlternate:
                replaced = 0;
                etherType = frame.IsEmpty ? -1 : (frame[0] >> 4) switch { 4 => EtherTypeIPv4, 6 => EtherTypeIPv6, _ => -1 };
                break;
            case LinkType.IPv4:
                replaced = 0;
                etherType = EtherTypeIPv4;
                break;
            case LinkType.IPv6:
                replaced = 0;
                etherType = EtherTypeIPv6;
                break;
            case LinkType.LinuxSll when frame.Length >= SllLength:
                // Packet type, hardware type, address length, address[8], protocol.
                replaced = SllLength;
                etherType = OfCooked(frame[2..4], frame[14..16], frame.Length - SllLength);
                if (BinaryPrimitives.ReadUInt16BigEndian(frame[4..]) == 6)
                    source = frame.Slice(6, 6);
                if (BinaryPrimitives.ReadUInt16BigEndian(frame) == Broadcast)
                    destination = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
                break;
            case LinkType.LinuxSll2 when frame.Length >= Sll2Length:
                // Protocol, reserved, interface index, hardware type, packet type (1 byte), address length (1 byte), address[8].
                replaced = Sll2Length;
                etherType = OfCooked(frame[8..10], frame[0..2], frame.Length - Sll2Length);
                if (frame[11] == 6)
                    source = frame.Slice(12, 6);
                if (frame[10] == Broadcast)
                    destination = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
                break;
            default:
                return -1;
        }

        if (etherType < 0)
            return -1;
        destination.CopyTo(header);
        source.CopyTo(header[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(header[12..], (ushort)etherType);
        return replaced;
    }

    // The family's number differs between systems (IPv6 is 10, 23, 24, 28 or 30), and LINKTYPE_NULL has it in the order of the machine
    // that captured, which need not be the file's: the small number is the right reading.
    private static int OfFamily(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 4)
            return -1;
        uint family = BinaryPrimitives.ReadUInt32BigEndian(frame);
        if (family > 0xFFFF)
            family = BinaryPrimitives.ReverseEndianness(family);
        return family switch { 2 => EtherTypeIPv4, 10 or 23 or 24 or 28 or 30 => EtherTypeIPv6, _ => -1 };
    }

    // Protocols below 0x0600 are the kernel's own numbers: 1 is 802.3 without LLC, 4 is 802.2 LLC; both have a length where Ethernet II has a type.
    private static int OfCooked(ReadOnlySpan<byte> hardware, ReadOnlySpan<byte> protocol, int payload)
    {
        if (!HasEtherType(BinaryPrimitives.ReadUInt16BigEndian(hardware)))
            return -1;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(protocol);
        if (type >= SmallestEtherType)
            return type;
        return type is 1 or 4 && payload <= LongestLlcPayload ? payload : -1;
    }
}

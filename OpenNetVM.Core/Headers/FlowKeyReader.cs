using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Headers;

/// <summary>
/// Finds the layers of an Ethernet frame and the five-tuple of its outermost IP header. All methods are pure, may be called from any thread,
/// allocate nothing, read nothing outside the given span and throw nothing, whatever the bytes are.
/// </summary>
/// <remarks>
/// <para>The outermost IP header is the first IPv4 or IPv6 header behind Ethernet and any VLAN tags (802.1Q, 802.1ad, QinQ), SNAP, MPLS labels and
/// PPPoE. What is inside GRE, VXLAN, an Ethernet pseudowire or IP is payload; <see cref="ParseFrom"/> parses it on request.</para>
/// <para>The protocol is IPv4's, or for IPv6 the first next-header number that is not hop-by-hop, routing, fragment or destination options. Ports are
/// those of TCP, UDP and SCTP where the first four bytes of their header are there; they are 0 for every other protocol and for later fragments. The
/// key of a later fragment therefore differs from the key of its first fragment: steer by addresses where fragments must stay together.</para>
/// <para>An IPv4 total length or IPv6 payload length of 0 (BIG TCP, segmentation offload, jumbograms) stands for all bytes of the frame.</para>
/// </remarks>
public static partial class FlowKeyReader
{
    private const int EthernetLength = 14;
    private const int Ipv4Length = 20;
    private const int Ipv6Length = 40;
    private const int TcpLength = 20;
    private const int UdpLength = 8;
    private const int SctpLength = 12;
    private const int VlanTagLength = 4;

    /// <summary>Finds the layers of an Ethernet frame.</summary>
    /// <param name="frame">The frame from its destination MAC address on, without preamble and FCS.</param>
    /// <param name="layers">Where the layers are; also filled in as far as known where there is no key.</param>
    /// <returns>The same as <see cref="PacketLayers.Status"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FlowKeyStatus Parse(ReadOnlySpan<byte> frame, out PacketLayers layers)
    {
        // The plain case (Ethernet, at most two VLAN tags, IP without options or fragments, a whole TCP or UDP header) is read without the
        // span's own checks: the comparisons with the length cover every access. IPv4 is inlined, IPv6 a call away; everything else takes the slow path.
        const int Shortest = EthernetLength + Ipv4Length + UdpLength;
        if (frame.Length < Shortest)
            return ParseSlow(frame, out layers);

        ref byte start = ref MemoryMarshal.GetReference(frame);
        int network = EthernetLength;
        ushort etherType = ReadU16(ref start, EthernetLength - 2);
        int vlans = 0;
        if (EtherTypes.IsVlan(etherType))
        {
            etherType = ReadU16(ref start, EthernetLength + 2);
            network = EthernetLength + VlanTagLength;
            vlans = 1;
            if (EtherTypes.IsVlan(etherType))
            {
                etherType = ReadU16(ref start, EthernetLength + VlanTagLength + 2);
                network = EthernetLength + (2 * VlanTagLength);
                vlans = 2;
            }
        }

        int available = frame.Length - network;
        if (etherType == EtherTypes.Ipv4 && available >= Ipv4Length + UdpLength)
        {
            ref byte ip = ref Unsafe.Add(ref start, network);
            uint first = ReadU32(ref ip, 0);
            int total = (ushort)first;
            byte protocol = Unsafe.Add(ref ip, 9);
            int transport = network + Ipv4Length;
            if (first >> 24 == 0x45 && (ReadU16(ref ip, 6) & 0x3FFF) == 0 && total <= available)
            {
                if (protocol == IpProtocols.Tcp && total >= Ipv4Length + TcpLength)
                {
                    int header = (Unsafe.Add(ref ip, Ipv4Length + 12) >> 4) * 4;
                    if (header >= TcpLength && Ipv4Length + header <= total)
                    {
                        layers = new(FlowKeyStatus.Ipv4, protocol, FragmentKind.None, (byte)vlans, etherType, network, transport, transport + header, network + total);
                        return FlowKeyStatus.Ipv4;
                    }
                }
                else if (protocol == IpProtocols.Udp && total >= Ipv4Length + UdpLength)
                {
                    layers = new(FlowKeyStatus.Ipv4, protocol, FragmentKind.None, (byte)vlans, etherType, network, transport, transport + UdpLength, network + total);
                    return FlowKeyStatus.Ipv4;
                }
            }
        }

        return etherType == EtherTypes.Ipv6 ? ParsePlainIpv6(frame, network, vlans, out layers) : ParseSlow(frame, out layers);
    }

    /// <summary>Finds the layers of an Ethernet frame and its flow key, whichever kind it has; the other kind is zero.</summary>
    /// <param name="frame">The frame from its destination MAC address on, without preamble and FCS.</param>
    /// <param name="ipv4">The key where the result is <see cref="FlowKeyStatus.Ipv4"/>.</param>
    /// <param name="ipv6">The key where the result is <see cref="FlowKeyStatus.Ipv6"/>.</param>
    /// <param name="layers">Where the layers are.</param>
    /// <returns>Which key was found, or why there is none.</returns>
    public static FlowKeyStatus Read(ReadOnlySpan<byte> frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers)
    {
        FlowKeyStatus status = Parse(frame, out layers);
        ipv4 = default;
        ipv6 = default;
        if (status == FlowKeyStatus.Ipv4)
            TryReadKey(frame, layers, out ipv4);
        else if (status == FlowKeyStatus.Ipv6)
            TryReadKey(frame, layers, out ipv6);
        return status;
    }

    /// <summary>Reads the IPv4 key of a frame that was parsed before.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layers">What <see cref="Parse"/> said of it; checked against the frame, so it may come from memory that others write.</param>
    /// <param name="key">The key, zero where the result is false.</param>
    /// <returns>False where the layers are not those of an IPv4 packet or do not fit the frame.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadKey(ReadOnlySpan<byte> frame, PacketLayers layers, out Ipv4FlowKey key)
    {
        int network = layers.NetworkOffset;
        if (layers.Status != FlowKeyStatus.Ipv4 || frame.Length - network < Ipv4Length)
        {
            key = default;
            return false;
        }

        ref byte start = ref MemoryMarshal.GetReference(frame);
        ref byte ip = ref Unsafe.Add(ref start, network);
        uint ports = ReadPorts(frame, layers);
        key = new(ReadU32(ref ip, 12), ReadU32(ref ip, 16), (ushort)(ports >> 16), (ushort)ports, layers.Protocol);
        return true;
    }

    /// <summary>Reads the IPv6 key of a frame that was parsed before.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layers">What <see cref="Parse"/> said of it; checked against the frame, so it may come from memory that others write.</param>
    /// <param name="key">The key, zero where the result is false.</param>
    /// <returns>False where the layers are not those of an IPv6 packet or do not fit the frame.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadKey(ReadOnlySpan<byte> frame, PacketLayers layers, out Ipv6FlowKey key)
    {
        int network = layers.NetworkOffset;
        if (layers.Status != FlowKeyStatus.Ipv6 || frame.Length - network < Ipv6Length)
        {
            key = default;
            return false;
        }

        ref byte start = ref MemoryMarshal.GetReference(frame);
        ref byte ip = ref Unsafe.Add(ref start, network);
        uint ports = ReadPorts(frame, layers);
        key = new(ReadU64(ref ip, 8), ReadU64(ref ip, 16), ReadU64(ref ip, 24), ReadU64(ref ip, 32), (ushort)(ports >> 16), (ushort)ports, layers.Protocol);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static FlowKeyStatus ParsePlainIpv6(ReadOnlySpan<byte> frame, int network, int vlans, out PacketLayers layers)
    {
        int available = frame.Length - network;
        if (available >= Ipv6Length + UdpLength)
        {
            ref byte ip = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), network);
            uint lengthAndNext = ReadU32(ref ip, 4);
            int total = Ipv6Length + (int)(lengthAndNext >> 16);
            byte protocol = (byte)(lengthAndNext >> 8);
            int transport = network + Ipv6Length;
            if (ip >> 4 == 6 && total <= available)
            {
                if (protocol == IpProtocols.Tcp && total >= Ipv6Length + TcpLength)
                {
                    int header = (Unsafe.Add(ref ip, Ipv6Length + 12) >> 4) * 4;
                    if (header >= TcpLength && Ipv6Length + header <= total)
                    {
                        layers = new(FlowKeyStatus.Ipv6, protocol, FragmentKind.None, (byte)vlans, EtherTypes.Ipv6, network, transport, transport + header, network + total);
                        return FlowKeyStatus.Ipv6;
                    }
                }
                else if (protocol == IpProtocols.Udp && total >= Ipv6Length + UdpLength)
                {
                    layers = new(FlowKeyStatus.Ipv6, protocol, FragmentKind.None, (byte)vlans, EtherTypes.Ipv6, network, transport, transport + UdpLength, network + total);
                    return FlowKeyStatus.Ipv6;
                }
            }
        }

        return ParseSlow(frame, out layers);
    }

    // Source port in the high half, destination port in the low half: the first four bytes of TCP, UDP and SCTP alike.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ReadPorts(ReadOnlySpan<byte> frame, PacketLayers layers)
    {
        int transport = layers.TransportOffset;
        int end = layers.DatagramEnd;
        return transport != 0 && (uint)end <= (uint)frame.Length && end - transport >= 4 && layers.Fragment != FragmentKind.Later && IpProtocols.HasPorts(layers.Protocol)
            ? ReadU32(ref MemoryMarshal.GetReference(frame), transport)
            : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort ReadU16(ref byte start, int offset) => BigEndian(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref start, offset)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ReadU32(ref byte start, int offset) => BigEndian(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, offset)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ReadU64(ref byte start, int offset) => BigEndian(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort BigEndian(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint BigEndian(uint value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BigEndian(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}

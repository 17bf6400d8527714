using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OpenNetVM.Core.Ports;

/// <summary>What is peculiar to one flow, ready to be stored into a copy of its kind's template: 24 bytes, so that millions fit.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct GeneratedFlow
{
    /// <summary>Where <see cref="Ipv4Block"/> belongs in an IPv4 frame without VLAN tags and IP options.</summary>
    public const int Ipv4BlockOffset = 24;

    // An IPv4 frame's bytes 24 to 39 in one store: header checksum, addresses, ports, and the first two bytes behind the ports.
    [FieldOffset(0)] public Vector128<byte> Ipv4Block;

    // With one frame size the finished checksum in wire order, otherwise the flow's partial sum in host order.
    [FieldOffset(0)] public ushort NetworkChecksum;

    // Wire order; of IPv6 addresses the last 32 bits.
    [FieldOffset(2)] public uint Source;
    [FieldOffset(6)] public uint Destination;

    // Source and destination port, wire order.
    [FieldOffset(10)] public uint Ports;

    // Wire order: UDP's length, where there is one frame size, and 0 (the upper half of TCP's sequence number) for TCP.
    [FieldOffset(14)] public ushort BehindPorts;

    [FieldOffset(16)] public uint RssHash;

    // As NetworkChecksum.
    [FieldOffset(20)] public ushort TransportChecksum;

    // Index of the template.
    [FieldOffset(22)] public byte Kind;
}

using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Ports;

/// <summary>What is peculiar to one flow, ready to be stored into a copy of its kind's template: 24 bytes, so that millions fit.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct GeneratedFlow
{
    // Wire order; of IPv6 addresses the last 32 bits.
    public uint Source;
    public uint Destination;

    // Source and destination port, wire order.
    public uint Ports;

    public uint RssHash;

    // With one frame size the finished checksums in wire order, otherwise the flow's partial sums in host order.
    public ushort NetworkChecksum;
    public ushort TransportChecksum;

    // Index of the template.
    public byte Kind;
}

using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Packets;

/// <summary>
/// What travels through the rings in a packet's place: 16 bytes that name its buffer and say where it is going.
/// Packets are steered by their descriptors alone; packet data is never copied (paper, "zero-copy").
/// Blittable, the same layout in every process. Whatever another process can write is checked before it is followed.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct PacketDescriptor
{
    /// <summary>Index of the buffer in its pool. An index, not an address: one compare checks it, and it means the same in every process.</summary>
    [FieldOffset(0)] public uint BufferIndex;

    /// <summary>RSS hash of the packet: the port's, or computed in software where the port has none. 0 where there is nothing to hash.</summary>
    [FieldOffset(4)] public uint RssHash;

    /// <summary>Revision of the chain that the packet follows (see <c>ChainTable</c>): a replaced chain keeps serving the packets that started on it.</summary>
    [FieldOffset(8)] public ushort Chain;

    /// <summary>Raw service, port or chain id that goes with <see cref="Action"/>.</summary>
    [FieldOffset(10)] public ushort Destination;

    /// <summary>Position in the chain: the step that brought the packet to where it is.</summary>
    [FieldOffset(12)] public byte Hop;

    /// <summary>What the network function wants done.</summary>
    [FieldOffset(13)] public PacketActionKind Action;

    /// <summary>Low bits of the flow director's version when the packet was classified: a difference means that newer rules may apply.</summary>
    [FieldOffset(14)] public ushort DirectorVersion;

    // Two halves, for code that copies or resets several fields in one move.
    [FieldOffset(0)] internal ulong BufferAndHash;
    [FieldOffset(8)] internal ulong Steering;
}

using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Rings;

/// <summary>
/// What the two sides of a ring keep for themselves: their own position, and the position up to which they may go as the other side's
/// cursor last said. It lies in the process's own memory, so that nothing another process writes can move it.
/// </summary>
/// <remarks>
/// <code>
/// byte   0  nothing (the ring's read-only fields lie before this struct)
/// byte 128  producer: next position to fill, limit           written by the producing thread only
/// byte 288  consumer: next position to take, limit           written by the consuming thread only
/// byte 304  nothing up to byte 448 (whatever lies after the object)
/// </code>
/// An object may start at any multiple of 8 bytes, so the sides lie more than 128 bytes apart instead of on 128-byte lines: they share
/// none wherever the object is. The struct is not generic because explicit layout in a generic type does not load.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 448)]
internal struct RingLocalState
{
    /// <summary>The producer's position: what it has filled and published.</summary>
    [FieldOffset(128)]
    public long ProducerNext;

    /// <summary>The position at which the ring is full, as far as the producer knows; at most capacity beyond its position.</summary>
    [FieldOffset(136)]
    public long ProducerLimit;

    /// <summary>The consumer's position: what it has taken and given back.</summary>
    [FieldOffset(288)]
    public long ConsumerNext;

    /// <summary>The position at which the ring is empty, as far as the consumer knows; at most capacity beyond its position.</summary>
    [FieldOffset(296)]
    public long ConsumerLimit;
}

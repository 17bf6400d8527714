using System.Runtime.CompilerServices;

namespace OpenNetVM.Core.Rings;

/// <summary>
/// The states of a slot in rings with several producers: each time round the ring (a lap) a slot is free, then full, then free for the
/// next lap. The number names the lap, so a slot's state of one lap is never taken for that of another.
/// </summary>
internal static class RingTurn
{
    /// <summary>The slot may be filled with the element of this position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Free(long position, int shift) => (uint)(position >> shift) << 1;

    /// <summary>The slot holds the element of this position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Full(long position, int shift) => ((uint)(position >> shift) << 1) | 1;
}

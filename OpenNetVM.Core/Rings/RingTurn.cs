using System.Runtime.CompilerServices;

namespace OpenNetVM.Core.Rings;

/// <summary>
/// The states of a slot in rings with several producers: each time round the ring (a lap) a slot is free, then full, then free for the
/// next lap. The number names the lap, so a slot's state of one lap is never taken for that of another.
/// </summary>
internal static class RingTurn
{
    /// <summary>The slot may be filled with the element of a position.</summary>
    public const uint Free = 0;

    /// <summary>The slot holds the element of a position.</summary>
    public const uint Full = 1;

    /// <summary>The number for a position's slot in a state.</summary>
    /// <param name="position">The position in the endless row of elements.</param>
    /// <param name="shift">log2 of the capacity.</param>
    /// <param name="state"><see cref="Free"/> or <see cref="Full"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(long position, int shift, uint state) => ((uint)(position >> shift) << 1) | state;
}

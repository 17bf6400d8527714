using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// The head of a bucket: half a cache line that answers most questions about its slots. The slots themselves lie elsewhere.
/// <code>
/// byte  0                                             24              32
///       | tag 0 | tag 1 | ... 12 tags of 16 bits ...  | version, 64   |
/// </code>
/// A tag of 0 is an empty slot. The version grows by 2 with every change of what the slots hold; it is odd while a value too wide for one
/// store is being replaced in place. 64 bits never wrap around in practice, so an unchanged version proves that nothing changed.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct Bucket
{
    internal const int Size = 32;
    internal const int Slots = 12;

    // The comparison gives two bits per slot.
    private const uint SlotBits = (1u << (2 * Slots)) - 1;

    [FieldOffset(0)]
    internal fixed ushort Tags[Slots];

    [FieldOffset(24)]
    internal ulong Version;

    /// <summary>The slots whose tag is the given one, as a mask to be read with <see cref="First"/> and <see cref="Rest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Match(Bucket* bucket, ushort tag)
    {
        uint bits;
        if (Vector256.IsHardwareAccelerated)
        {
            bits = Vector256.Equals(Vector256.Load((ushort*)bucket), Vector256.Create(tag)).AsByte().ExtractMostSignificantBits();
        }
        else
        {
            Vector128<ushort> wanted = Vector128.Create(tag);
            uint low = Vector128.Equals(Vector128.Load((ushort*)bucket), wanted).AsByte().ExtractMostSignificantBits();
            uint high = Vector128.Equals(Vector128.Load((ushort*)bucket + 8), wanted).AsByte().ExtractMostSignificantBits();
            bits = low | (high << 16);
        }
        return bits & SlotBits;
    }

    /// <summary>The mask of all slots that are not empty.</summary>
    internal static uint Occupied(Bucket* bucket) => Match(bucket, 0) ^ SlotBits;

    /// <summary>The first slot of a mask that is not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int First(uint matches) => System.Numerics.BitOperations.TrailingZeroCount(matches) >> 1;

    /// <summary>The mask without its first slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Rest(uint matches)
    {
        matches &= matches - 1;
        return matches & (matches - 1);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
    internal const int SizeBits = 5;
    internal const int Size = 1 << SizeBits;
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

    /// <summary>The slots of two buckets whose tag is the given one, a bit each: the first bucket's in the lower 16 bits, the other's in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint MatchBoth(Bucket* first, Bucket* second, ushort tag)
    {
        const uint BothSlotBits = ((1u << Slots) - 1) * 0x10001;
        if (Avx2.IsSupported)
        {
            Vector256<ushort> wanted = Vector256.Create(tag);
            Vector256<short> low = Vector256.Equals(Vector256.Load((ushort*)first), wanted).AsInt16();
            Vector256<short> high = Vector256.Equals(Vector256.Load((ushort*)second), wanted).AsInt16();

            // Packing works in halves of the vectors: the middle quarters have to change places.
            Vector256<ulong> both = Avx2.Permute4x64(Avx2.PackSignedSaturate(low, high).AsUInt64(), 0b11_01_10_00);
            return both.AsByte().ExtractMostSignificantBits() & BothSlotBits;
        }
        return MatchNarrow(first, tag) | (MatchNarrow(second, tag) << 16);
    }

    private static uint MatchNarrow(Bucket* bucket, ushort tag)
    {
        Vector128<ushort> wanted = Vector128.Create(tag);
        Vector128<ushort> low = Vector128.Equals(Vector128.Load((ushort*)bucket), wanted);
        Vector128<ushort> high = Vector128.Equals(Vector128.Load((ushort*)bucket + 8), wanted);
        return Vector128.Narrow(low, high).ExtractMostSignificantBits() & ((1u << Slots) - 1);
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

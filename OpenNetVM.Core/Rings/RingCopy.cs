using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Rings;

/// <summary>Moves a block of elements between a caller's span and a ring's slots, in at most two pieces.</summary>
internal static unsafe class RingCopy
{
    /// <summary>Up to here, element by element is faster than the call that copies blocks.</summary>
    private const int FewElements = 4;

    /// <summary>Copies into the slots from an index on, going round to the first slot after the last.</summary>
    /// <param name="slots">The ring's first slot.</param>
    /// <param name="index">The first slot to fill, at most <paramref name="mask"/>.</param>
    /// <param name="mask">The capacity less 1.</param>
    /// <param name="source">The first of <paramref name="count"/> elements.</param>
    /// <param name="count">From 1 to the capacity.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void In<T>(T* slots, long index, long mask, ref T source, int count)
        where T : unmanaged
    {
        if (count <= FewElements)
        {
            for (int i = 0; i < count; i++)
                slots[(index + i) & mask] = Unsafe.Add(ref source, i);
            return;
        }

        long untilEnd = mask + 1 - index;
        if (count <= untilEnd)
        {
            MemoryMarshal.CreateReadOnlySpan(ref source, count).CopyTo(new Span<T>(slots + index, count));
            return;
        }

        MemoryMarshal.CreateReadOnlySpan(ref source, (int)untilEnd).CopyTo(new Span<T>(slots + index, (int)untilEnd));
        int rest = count - (int)untilEnd;
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, (nint)untilEnd), rest).CopyTo(new Span<T>(slots, rest));
    }

    /// <summary>Copies out of the slots from an index on; the mirror image of <see cref="In{T}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Out<T>(T* slots, long index, long mask, ref T target, int count)
        where T : unmanaged
    {
        if (count <= FewElements)
        {
            for (int i = 0; i < count; i++)
                Unsafe.Add(ref target, i) = slots[(index + i) & mask];
            return;
        }

        long untilEnd = mask + 1 - index;
        if (count <= untilEnd)
        {
            new ReadOnlySpan<T>(slots + index, count).CopyTo(MemoryMarshal.CreateSpan(ref target, count));
            return;
        }

        new ReadOnlySpan<T>(slots + index, (int)untilEnd).CopyTo(MemoryMarshal.CreateSpan(ref target, (int)untilEnd));
        int rest = count - (int)untilEnd;
        new ReadOnlySpan<T>(slots, rest).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref target, (nint)untilEnd), rest));
    }
}

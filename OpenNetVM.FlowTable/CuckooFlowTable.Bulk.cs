using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    /// <summary>The longest burst whose answers fit one word.</summary>
    public const int MaximumMaskedBurst = 64;

    /// <summary>
    /// Looks a burst up, overlapping the memory latency of its keys: much faster than one by one where the table is larger than the cache.
    /// Any thread, beside the writer and other readers. Every key is looked up for itself; the burst is not one atomic step.
    /// </summary>
    /// <param name="hashes">The hash of each key; any number.</param>
    /// <param name="keys">The keys, as many.</param>
    /// <param name="values">Room for as many values; misses get the default.</param>
    /// <param name="hits">Room for as many answers, true where the key was found; or empty when nobody asks.</param>
    /// <returns>The number of keys found.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public int Lookup(ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, Span<bool> hits) =>
        LookupBurst(hashes, keys, values, hits, countUse: false, 0, default);

    /// <summary>
    /// Looks a burst of at most 64 keys up; the same with the answers as one word, which is the fastest form. Any thread, beside the writer and other readers.
    /// </summary>
    /// <param name="hashes">The hash of each key; at most <see cref="MaximumMaskedBurst"/>.</param>
    /// <param name="keys">The keys, as many.</param>
    /// <param name="values">Room for as many values; misses get the default.</param>
    /// <param name="hits">Bit i is 1 where key i was found.</param>
    /// <returns>The number of keys found.</returns>
    /// <exception cref="ArgumentException">A span is too short, or the burst too long.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public int Lookup(ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, out ulong hits) =>
        LookupMasked(hashes, keys, values, out hits, countUse: false, 0, default);

    /// <summary>
    /// Looks a burst of at most 64 keys up and counts every hit as a use of its entry; the answers are one word. Any thread, beside the writer and other readers.
    /// </summary>
    /// <param name="hashes">The hash of each key; at most <see cref="MaximumMaskedBurst"/>.</param>
    /// <param name="keys">The keys, as many.</param>
    /// <param name="values">Room for as many values; misses get the default.</param>
    /// <param name="hits">Bit i is 1 where key i was found.</param>
    /// <param name="now">The clock.</param>
    /// <param name="lengths">Bytes to add to each entry's counter; or empty for none.</param>
    /// <returns>The number of keys found.</returns>
    /// <exception cref="ArgumentException">A span is too short, or the burst too long.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public int Lookup(ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, out ulong hits, uint now, ReadOnlySpan<uint> lengths = default)
    {
        if (lengths.Length < hashes.Length && !lengths.IsEmpty)
            ThrowTooShort(nameof(lengths), hashes.Length, lengths.Length);
        return LookupMasked(hashes, keys, values, out hits, countUse: true, now, lengths);
    }

    /// <summary>
    /// Looks a burst up and counts every hit as a use of its entry, as
    /// <see cref="TryGetValue(uint, in TKey, uint, uint, out TValue)"/> does for one key. Any thread, beside the writer and other readers.
    /// </summary>
    /// <param name="hashes">The hash of each key; any number.</param>
    /// <param name="keys">The keys, as many.</param>
    /// <param name="values">Room for as many values; misses get the default.</param>
    /// <param name="hits">Room for as many answers, true where the key was found; or empty when nobody asks.</param>
    /// <param name="now">The clock.</param>
    /// <param name="lengths">Bytes to add to each entry's counter; or empty for none.</param>
    /// <returns>The number of keys found.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public int Lookup(ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, Span<bool> hits, uint now, ReadOnlySpan<uint> lengths = default)
    {
        if (lengths.Length < hashes.Length && !lengths.IsEmpty)
            ThrowTooShort(nameof(lengths), hashes.Length, lengths.Length);
        return LookupBurst(hashes, keys, values, hits, countUse: true, now, lengths);
    }

    // Not inlined: what is on its stack would be zeroed there.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int LookupMasked(
        ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, out ulong hits, bool countUse, uint now, ReadOnlySpan<uint> lengths)
    {
        int count = hashes.Length;
        if (count > MaximumMaskedBurst)
            ThrowTooLong(nameof(hashes), count);
        CheckBurst(count, keys, values);

        LookupChunk chunk;
        ulong found = 0;
        for (int start = 0; start < count; start += LookupChunk.Size)
        {
            uint hitBits = LookUpChunk(&chunk, hashes, keys, values, start, Math.Min(LookupChunk.Size, count - start));
            found |= (ulong)hitBits << start;
            if (countUse)
                CountUses(&chunk, hitBits, now, lengths.IsEmpty ? default : lengths[start..]);
        }

        GC.KeepAlive(this);
        hits = found;
        return BitOperations.PopCount(found);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountUses(LookupChunk* chunk, uint hits, uint now, ReadOnlySpan<uint> lengths)
    {
        bool tracksUse = _tracksUse;
        bool counts = _counts;
        ulong* slots = chunk->Slots;
        for (; hits != 0; hits &= hits - 1)
        {
            int i = BitOperations.TrailingZeroCount(hits);
            CountUse((byte*)slots[i], now, (uint)i < (uint)lengths.Length ? lengths[i] : 0, tracksUse, counts);
        }
    }

    [SkipLocalsInit]
    private int LookupBurst(
        ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, Span<bool> hits, bool countUse, uint now, ReadOnlySpan<uint> lengths)
    {
        int count = hashes.Length;
        CheckBurst(count, keys, values);
        if (hits.Length < count && !hits.IsEmpty)
            ThrowTooShort(nameof(hits), count, hits.Length);

        LookupChunk chunk;
        int found = 0;
        for (int start = 0; start < count; start += LookupChunk.Size)
        {
            int length = Math.Min(LookupChunk.Size, count - start);
            uint hitBits = LookUpChunk(&chunk, hashes, keys, values, start, length);
            found += BitOperations.PopCount(hitBits);
            if (!hits.IsEmpty)
            {
                WriteBooleans(hitBits, hits.Slice(start, length));
            }
            if (countUse)
                CountUses(&chunk, hitBits, now, lengths.IsEmpty ? default : lengths[start..]);
        }
        GC.KeepAlive(this);
        return found;
    }

    // What every burst is checked for before memory is touched without further checks.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckBurst(int count, ReadOnlySpan<TKey> keys, Span<TValue> values)
    {
        if (keys.Length < count)
            ThrowTooShort(nameof(keys), count, keys.Length);
        if (values.Length < count)
            ThrowTooShort(nameof(values), count, values.Length);
        ThrowIfDisposed();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint LookUpChunk(LookupChunk* chunk, ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, int start, int length) => LookUpChunk(
        chunk,
        ref Unsafe.Add(ref MemoryMarshal.GetReference(hashes), start),
        ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), start),
        ref Unsafe.Add(ref MemoryMarshal.GetReference(values), start),
        length);

    private static void WriteBooleans(uint bits, Span<bool> booleans)
    {
        int i = 0;
        if (Bmi2.X64.IsSupported)
        {
            // Eight at a time: bit k becomes byte k.
            for (; i + 8 <= booleans.Length; i += 8, bits >>= 8)
                Unsafe.WriteUnaligned(ref Unsafe.As<bool, byte>(ref booleans[i]), Bmi2.X64.ParallelBitDeposit(bits, 0x0101_0101_0101_0101));
        }
        for (; i < booleans.Length; i++, bits >>= 1)
            booleans[i] = (bits & 1) != 0;
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowTooLong(string span, int count) => throw new ArgumentException(
        $"The answers of at most {MaximumMaskedBurst} keys fit one word, but {count} were given. Pass a span for the hits.", span);

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowTooShort(string span, int needed, int given) =>
        throw new ArgumentException($"A burst of {needed} hashes needs {needed} elements in {span}, but there are {given}.", span);
}

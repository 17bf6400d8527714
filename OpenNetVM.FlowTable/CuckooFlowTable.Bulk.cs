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
    // Enough loads in flight to hide memory's latency, few enough for the state to stay in the first-level cache.
    private const int ChunkSize = 32;

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

    [SkipLocalsInit]
    private int LookupBurst(
        ReadOnlySpan<uint> hashes, ReadOnlySpan<TKey> keys, Span<TValue> values, Span<bool> hits, bool countUse, uint now, ReadOnlySpan<uint> lengths)
    {
        int count = hashes.Length;
        if (keys.Length < count)
            ThrowTooShort(nameof(keys), count, keys.Length);
        if (values.Length < count)
            ThrowTooShort(nameof(values), count, values.Length);
        if (hits.Length < count && !hits.IsEmpty)
            ThrowTooShort(nameof(hits), count, hits.Length);
        ThrowIfDisposed();

        byte** slots = stackalloc byte*[ChunkSize];
        int found = 0;
        for (int start = 0; start < count; start += ChunkSize)
        {
            int length = Math.Min(ChunkSize, count - start);
            ref TValue chunkValues = ref Unsafe.Add(ref MemoryMarshal.GetReference(values), start);
            uint hitBits = LookupChunk(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(hashes), start),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), start),
                ref chunkValues, length, slots);
            found += BitOperations.PopCount(hitBits);
            if (!hits.IsEmpty)
            {
                for (int i = 0; i < length; i++)
                    hits[start + i] = ((hitBits >> i) & 1) != 0;
            }
            if (countUse)
            {
                for (uint rest = hitBits; rest != 0; rest &= rest - 1)
                {
                    int i = BitOperations.TrailingZeroCount(rest);
                    CountUse(slots[i], now, lengths.IsEmpty ? 0 : lengths[start + i]);
                }
            }
        }
        GC.KeepAlive(this);
        return found;
    }

    // Up to 32 lookups side by side. Each pass over the chunk asks for the memory that the next one reads:
    //   1. mix, ask for the first bucket's head;           2. match there, ask for the slot or else for the partner's head;
    //   3. match in the partners, ask for the slot;        4. compare keys, copy values;        5. check the versions.
    // The order of reads is that of R1 to R4, with one barrier for all keys of a pass. A key whose versions do not hold, or whose first
    // matching tag belongs to another key, is looked up again by itself.
    [SkipLocalsInit]
    private uint LookupChunk(ref uint hashes, ref TKey keys, ref TValue values, int count, byte** slots)
    {
        uint* buckets = stackalloc uint[ChunkSize];
        ushort* tags = stackalloc ushort[ChunkSize];
        ulong* versions = stackalloc ulong[ChunkSize];
        uint* partners = stackalloc uint[ChunkSize];
        ulong* partnerVersions = stackalloc ulong[ChunkSize];
        byte* pending = stackalloc byte[ChunkSize];
        Bucket* heads = _buckets;
        uint bucketCount = _bucketCount;
        HashMixer mixer = _mixer;

        for (int i = 0; i < count; i++)
        {
            ulong mixed = mixer.Mix(Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i));
            uint bucket = FirstBucket(mixed, bucketCount);
            Prefetch(heads + bucket);
            buckets[i] = bucket;
            tags[i] = Tag(mixed);
        }

        ulong versionBits = 0;
        int pendingCount = 0;
        for (int i = 0; i < count; i++)
        {
            uint bucket = buckets[i];
            ulong version = Volatile.Read(ref heads[bucket].Version);
            uint matches = Bucket.Match(heads + bucket, tags[i]);
            versions[i] = version;
            versionBits |= version;
            if (matches != 0)
            {
                byte* slot = SlotAt(bucket, Bucket.First(matches));
                Prefetch(slot);
                slots[i] = slot;
            }
            else
            {
                uint partner = Partner(bucket, tags[i], bucketCount);
                Prefetch(heads + partner);
                partners[pendingCount] = partner;
                pending[pendingCount++] = (byte)i;
            }
        }

        for (int j = 0; j < pendingCount; j++)
        {
            uint partner = partners[j];
            int i = pending[j];
            ulong version = Volatile.Read(ref heads[partner].Version);
            uint matches = Bucket.Match(heads + partner, tags[i]);
            partnerVersions[j] = version;
            versionBits |= version;
            byte* slot = null;
            if (matches != 0)
            {
                slot = SlotAt(partner, Bucket.First(matches));
                Prefetch(slot);
            }
            slots[i] = slot;
        }
        Volatile.ReadBarrier();

        uint hits = 0;
        uint again = 0;
        for (int i = 0; i < count; i++)
        {
            byte* slot = slots[i];
            if (slot == null)
            {
                Unsafe.Add(ref values, i) = default;
            }
            else if (SlotLayout<TKey, TValue>.Hash(slot) == Unsafe.Add(ref hashes, i) && Unsafe.Add(ref keys, i).Equals(SlotLayout<TKey, TValue>.Key(slot)))
            {
                Unsafe.Add(ref values, i) = SlotLayout<TKey, TValue>.Value(slot);
                hits |= 1u << i;
            }
            else
            {
                again |= 1u << i;
            }
        }
        Volatile.ReadBarrier();

        for (int i = 0; i < count; i++)
        {
            if (heads[buckets[i]].Version != versions[i])
                again |= 1u << i;
        }
        for (int j = 0; j < pendingCount; j++)
        {
            if (heads[partners[j]].Version != partnerVersions[j])
                again |= 1u << pending[j];
        }
        // Some bucket had a value half replaced: the shadow is for the single lookup to look at.
        if (!SlotLayout<TKey, TValue>.ValueIsOneWord && (versionBits & 1) != 0)
            again = uint.MaxValue >> (ChunkSize - count);
        return again == 0 ? hits : LookupAgain(again, hits, ref hashes, ref keys, ref values, slots);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint LookupAgain(uint again, uint hits, ref uint hashes, ref TKey keys, ref TValue values, byte** slots)
    {
        hits &= ~again;
        for (; again != 0; again &= again - 1)
        {
            int i = BitOperations.TrailingZeroCount(again);
            slots[i] = Find(Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i), out Unsafe.Add(ref values, i));
            if (slots[i] != null)
                hits |= 1u << i;
        }
        return hits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* address)
    {
        // Elsewhere the passes still let an out-of-order core overlap the loads.
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowTooShort(string span, int needed, int given) =>
        throw new ArgumentException($"A burst of {needed} hashes needs {needed} elements in {span}, but there are {given}.", span);
}

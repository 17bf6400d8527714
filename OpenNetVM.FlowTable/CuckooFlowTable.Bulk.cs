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

        LookupChunk chunk;
        int found = 0;
        for (int start = 0; start < count; start += LookupChunk.Size)
        {
            int length = Math.Min(LookupChunk.Size, count - start);
            uint hitBits = LookUpChunk(
                &chunk,
                ref Unsafe.Add(ref MemoryMarshal.GetReference(hashes), start),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), start),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(values), start),
                length);
            found += BitOperations.PopCount(hitBits);
            if (!hits.IsEmpty)
            {
                ref bool chunkHits = ref Unsafe.Add(ref MemoryMarshal.GetReference(hits), start);
                for (int i = 0; i < length; i++)
                    Unsafe.Add(ref chunkHits, i) = ((hitBits >> i) & 1) != 0;
            }
            if (countUse)
            {
                for (uint rest = hitBits; rest != 0; rest &= rest - 1)
                {
                    int i = BitOperations.TrailingZeroCount(rest);
                    CountUse((byte*)chunk.Slots[i], now, lengths.IsEmpty ? 0 : lengths[start + i]);
                }
            }
        }
        GC.KeepAlive(this);
        return found;
    }

    // Up to 32 lookups side by side. Each pass over the chunk asks for the memory that the next one reads, in the order of R1 to R4, with one
    // barrier for all keys of a pass. A key whose versions do not hold, or whose first matching tag belongs to another key, is looked up again
    // by itself. Returns one bit for each hit.
    private uint LookUpChunk(LookupChunk* chunk, ref uint hashes, ref TKey keys, ref TValue values, int count)
    {
        RequestHeads(chunk, ref hashes, ref keys, count);
        MatchFirst(chunk, count);
        MatchPartners(chunk);
        Volatile.ReadBarrier();
        uint hits = CompareKeys(chunk, ref hashes, ref keys, ref values, count, out uint again);
        Volatile.ReadBarrier();
        again |= Changed(chunk, count);
        return again == 0 ? hits : LookUpAgain(chunk, hits, again, ref hashes, ref keys, ref values);
    }

    private void RequestHeads(LookupChunk* chunk, ref uint hashes, ref TKey keys, int count)
    {
        Bucket* heads = _buckets;
        uint bucketCount = _bucketCount;
        HashMixer mixer = _mixer;
        for (int i = 0; i < count; i++)
        {
            ulong mixed = mixer.Mix(Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i));
            uint bucket = FirstBucket(mixed, bucketCount);
            Prefetch(heads + bucket);
            chunk->Buckets[i] = bucket;
            chunk->Tags[i] = Tag(mixed);
        }
    }

    private void MatchFirst(LookupChunk* chunk, int count)
    {
        Bucket* heads = _buckets;
        byte* slots = _slots;
        uint stride = _stride;
        uint prefetchEnd = _prefetchEnd;
        uint bucketCount = _bucketCount;
        ulong versionBits = 0;
        int pending = 0;
        for (int i = 0; i < count; i++)
        {
            uint bucket = chunk->Buckets[i];
            ushort tag = chunk->Tags[i];
            Bucket* head = heads + bucket;
            ulong version = Volatile.Read(ref head->Version);
            uint matches = Bucket.Match(head, tag);
            chunk->Versions[i] = version;
            versionBits |= version;
            if (matches != 0)
            {
                byte* slot = slots + ((((nuint)bucket * Bucket.Slots) + (nuint)Bucket.First(matches)) * stride);
                PrefetchSlot(slot, prefetchEnd);
                chunk->Slots[i] = (ulong)slot;
            }
            else
            {
                uint partner = Partner(bucket, tag, bucketCount);
                Prefetch(heads + partner);
                chunk->Partners[pending] = partner;
                chunk->Pending[pending++] = (byte)i;
            }
        }
        chunk->PendingCount = pending;
        chunk->VersionBits = versionBits;
    }

    private void MatchPartners(LookupChunk* chunk)
    {
        for (int j = 0; j < chunk->PendingCount; j++)
        {
            int i = chunk->Pending[j];
            uint partner = chunk->Partners[j];
            Bucket* head = _buckets + partner;
            ulong version = Volatile.Read(ref head->Version);
            uint matches = Bucket.Match(head, chunk->Tags[i]);
            chunk->PartnerVersions[j] = version;
            chunk->VersionBits |= version;
            byte* slot = null;
            if (matches != 0)
            {
                slot = SlotAt(partner, Bucket.First(matches));
                PrefetchSlot(slot, _prefetchEnd);
            }
            chunk->Slots[i] = (ulong)slot;
        }
    }

    private static uint CompareKeys(LookupChunk* chunk, ref uint hashes, ref TKey keys, ref TValue values, int count, out uint again)
    {
        uint hits = 0;
        uint others = 0;
        uint bit = 1;
        for (int i = 0; i < count; i++, bit <<= 1)
        {
            byte* slot = (byte*)chunk->Slots[i];
            if (slot == null)
            {
                Unsafe.Add(ref values, i) = default;
            }
            else if (SlotLayout<TKey, TValue>.Hash(slot) == Unsafe.Add(ref hashes, i) && Unsafe.Add(ref keys, i).Equals(SlotLayout<TKey, TValue>.Key(slot)))
            {
                Unsafe.Add(ref values, i) = SlotLayout<TKey, TValue>.Value(slot);
                hits |= bit;
            }
            else
            {
                others |= bit;
            }
        }
        again = others;
        return hits;
    }

    // The keys whose buckets the writer changed since their versions were read.
    private uint Changed(LookupChunk* chunk, int count)
    {
        // Some value was half replaced: the shadow is for the single lookup to look at.
        if (!SlotLayout<TKey, TValue>.ValueIsOneWord && (chunk->VersionBits & 1) != 0)
            return uint.MaxValue >> (LookupChunk.Size - count);
        Bucket* heads = _buckets;
        uint changed = 0;
        for (int i = 0; i < count; i++)
        {
            if (heads[chunk->Buckets[i]].Version != chunk->Versions[i])
                changed |= 1u << i;
        }
        for (int j = 0; j < chunk->PendingCount; j++)
        {
            if (heads[chunk->Partners[j]].Version != chunk->PartnerVersions[j])
                changed |= 1u << chunk->Pending[j];
        }
        return changed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint LookUpAgain(LookupChunk* chunk, uint hits, uint again, ref uint hashes, ref TKey keys, ref TValue values)
    {
        hits &= ~again;
        for (; again != 0; again &= again - 1)
        {
            int i = BitOperations.TrailingZeroCount(again);
            byte* slot = Find(Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i), out Unsafe.Add(ref values, i));
            chunk->Slots[i] = (ulong)slot;
            if (slot != null)
                hits |= 1u << i;
        }
        return hits;
    }

    // A slot that may reach into a second cache line asks for both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchSlot(byte* slot, uint end)
    {
        Prefetch(slot);
        if (end != 0)
            Prefetch(slot + end);
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

using System.Runtime.CompilerServices;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    /// <summary>Looks one key up. Any thread, beside the writer and other readers. Allocates nothing.</summary>
    /// <param name="hash">The hash the key was added with.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, or the default where the key is not in the table.</param>
    /// <returns>Whether the key is in the table. An entry past its timeout counts as present until a sweep removes it.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryGetValue(uint hash, in TKey key, out TValue value)
    {
        ThrowIfDisposed();
        byte* slot = Find(hash, in key, out value);
        GC.KeepAlive(this);
        return slot != null;
    }

    /// <summary>Looks one key up and counts a hit as a use of the entry. Any thread, beside the writer and other readers.</summary>
    /// <param name="hash">The hash the key was added with.</param>
    /// <param name="key">The key.</param>
    /// <param name="now">The clock: the entry's idle timeout starts again from here, where the table tracks use.</param>
    /// <param name="length">Bytes to add to the entry's counter, where the table has counters.</param>
    /// <param name="value">The value, or the default where the key is not in the table.</param>
    /// <returns>Whether the key is in the table.</returns>
    /// <remarks>
    /// Counting is exact where one thread both looks up and writes. Beside other threads a count can be lost, or end up with the entry that
    /// takes over the slot at that moment; the times and numbers are statistics, not accounts.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryGetValue(uint hash, in TKey key, uint now, uint length, out TValue value)
    {
        ThrowIfDisposed();
        byte* slot = Find(hash, in key, out value);
        if (slot != null)
            CountUse(slot, now, length);
        GC.KeepAlive(this);
        return slot != null;
    }

    /// <summary>Looks one key up and copies all that is known about its entry. Any thread, beside the writer and other readers.</summary>
    /// <returns>Whether the key is in the table.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryGetEntry(uint hash, in TKey key, out FlowEntry<TKey, TValue> entry)
    {
        ThrowIfDisposed();
        byte* slot = Find(hash, in key, out TValue value);
        entry = slot == null ? default : Describe(slot, hash, in key, in value);
        GC.KeepAlive(this);
        return slot != null;
    }

    // The reader's short way (T1 to T3 at the head of CuckooFlowTable.cs). Returns the slot of a hit, null for a miss.
    private byte* Find(uint hash, in TKey key, out TValue value)
    {
        ulong mixed = _mixer.Mix(hash, in key);
        ushort tag = Tag(mixed);
        uint first = FirstBucket(mixed, _bucketCount);
        ulong version = Volatile.Read(ref *_version);
        uint bucket = first;
        uint matches = Bucket.Match(_buckets + bucket, tag);
        if (matches == 0)
        {
            bucket = Partner(first, tag, _bucketCount);
            matches = Bucket.Match(_buckets + bucket, tag);
        }
        Volatile.ReadBarrier();
        byte* slot = null;
        value = default;
        if (matches != 0)
        {
            slot = SlotAt(bucket, Bucket.First(matches));
            if (!SlotLayout<TKey, TValue>.Holds(slot, hash, in key))
                return FindChecked(first, tag, hash, in key, out value);
            value = SlotLayout<TKey, TValue>.Value(slot);
        }
        Volatile.ReadBarrier();
        return *_version == version && (version & 1) == 0 ? slot : FindChecked(first, tag, hash, in key, out value);
    }

    // The long way (R1 to R4), which waits for nothing that the writer does in other buckets.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* FindChecked(uint first, ushort tag, uint hash, in TKey key, out TValue value)
    {
        uint second = Partner(first, tag, _bucketCount);
        Bucket* firstHead = _buckets + first;
        Bucket* secondHead = _buckets + second;
        while (true)
        {
            ulong firstVersion = Volatile.Read(ref firstHead->Version);
            byte* slot = FindInBucket(firstHead, first, firstVersion, tag, hash, in key, out value);
            if (slot != null)
            {
                if (firstHead->Version == firstVersion)
                    return slot;
                continue;
            }
            ulong secondVersion = Volatile.Read(ref secondHead->Version);
            slot = FindInBucket(secondHead, second, secondVersion, tag, hash, in key, out value);
            if (slot != null)
            {
                if (secondHead->Version == secondVersion)
                    return slot;
                continue;
            }
            // R4; FindInBucket ended with the read barrier that keeps these loads behind the search.
            if (firstHead->Version == firstVersion && secondHead->Version == secondVersion)
                return null;
        }
    }

    // One bucket's search. Ends with a read barrier, so that the caller's second look at the version comes after all that was read here.
    private byte* FindInBucket(Bucket* head, uint bucket, ulong version, ushort tag, uint hash, in TKey key, out TValue value)
    {
        uint matches = Bucket.Match(head, tag);
        Volatile.ReadBarrier();
        while (matches != 0)
        {
            byte* slot = SlotAt(bucket, Bucket.First(matches));
            if (SlotLayout<TKey, TValue>.Holds(slot, hash, in key))
            {
                value = SlotLayout<TKey, TValue>.ValueIsOneWord || (version & 1) == 0
                    ? SlotLayout<TKey, TValue>.Value(slot)
                    : ValueBesideShadow(slot);
                Volatile.ReadBarrier();
                return slot;
            }
            matches = Bucket.Rest(matches);
        }
        value = default;
        Volatile.ReadBarrier();
        return null;
    }

    // R2 under an odd version: the slot being written is read from the shadow, which is whole as long as the version stands.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TValue ValueBesideShadow(byte* slot) =>
        _writer->ShadowSlot == (ulong)slot ? *ShadowValue : SlotLayout<TKey, TValue>.Value(slot);

    // The new value of the slot that is being replaced (W7), and behind it the value that GetOrAdd hands out when the table is full.
    private TValue* ShadowValue => (TValue*)(_writer + 1);

    private TValue* SpareValue => ShadowValue + 1;

    // Relaxed on purpose: readers may race with each other and with the writer here, and what they write is advice (see TryGetValue).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountUse(byte* slot, uint now, uint length) => CountUse(slot, now, length, _tracksUse, _counts);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountUse(byte* slot, uint now, uint length, bool tracksUse, bool counts)
    {
        if (tracksUse)
        {
            // Only forward, and only when the coarse clock has moved: most hits leave the line clean for other cores.
            ref uint lastUsed = ref SlotLayout<TKey, TValue>.LastUsed(slot);
            if ((int)(now - lastUsed) > 0)
                lastUsed = now;
        }
        if (counts)
        {
            SlotLayout<TKey, TValue>.Hits(slot)++;
            SlotLayout<TKey, TValue>.Bytes(slot) += length;
        }
    }

    private FlowEntry<TKey, TValue> Describe(byte* slot, uint hash, in TKey key, in TValue value) => new(hash, key, value)
    {
        LastUsed = _tracksUse ? SlotLayout<TKey, TValue>.LastUsed(slot) : 0,
        Hits = _counts ? SlotLayout<TKey, TValue>.Hits(slot) : 0,
        Bytes = _counts ? SlotLayout<TKey, TValue>.Bytes(slot) : 0,
    };
}

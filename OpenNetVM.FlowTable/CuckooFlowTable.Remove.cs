using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    /// <summary>Removes a key. Writer thread only. Allocates nothing.</summary>
    /// <returns>False if the key was not there.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool Remove(uint hash, in TKey key) => Remove(hash, in key, out _);

    /// <summary>Removes a key. Writer thread only. Allocates nothing.</summary>
    /// <param name="hash">The hash the key was added with.</param>
    /// <param name="key">The key.</param>
    /// <param name="entry">The entry that was removed, with its last use and counters; the default if there was none.</param>
    /// <returns>False if the key was not there.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool Remove(uint hash, in TKey key, out FlowEntry<TKey, TValue> entry)
    {
        ThrowIfDisposed();
        bool found = Locate(hash, in key, out uint bucket, out int slot);
        entry = found ? Describe(bucket, slot) : default;
        if (found)
            RemoveAt(bucket, slot);
        GC.KeepAlive(this);
        return found;
    }

    /// <summary>Removes every entry. Writer thread only; readers may run beside it and see a part of the entries gone. Allocates nothing.</summary>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void Clear()
    {
        ThrowIfDisposed();
        for (uint bucket = 0; bucket < _bucketCount; bucket++)
        {
            for (uint occupied = Bucket.Occupied(_buckets + bucket); occupied != 0; occupied = Bucket.Rest(occupied))
                RemoveAt(bucket, Bucket.First(occupied));
        }
        GC.KeepAlive(this);
    }

    private void RemoveAt(uint bucket, int slot)
    {
        Empty(bucket, slot);
        Volatile.Write(ref _writer->Count, _writer->Count - 1);
    }

    // The writer's own copy of an entry: needs no version.
    private FlowEntry<TKey, TValue> Describe(uint bucket, int slot)
    {
        byte* place = SlotAt(bucket, slot);
        return Describe(place, SlotLayout<TKey, TValue>.Hash(place), SlotLayout<TKey, TValue>.Key(place), SlotLayout<TKey, TValue>.Value(place));
    }
}

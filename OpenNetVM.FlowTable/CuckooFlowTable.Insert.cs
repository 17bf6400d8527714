using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    /// <summary>Adds an entry if its key is not there. Writer thread only. Allocates nothing.</summary>
    /// <param name="hash">The hash; with the key the identity of the entry.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="timeouts">When the entry expires; other than the default only in a table with <see cref="FlowTableOptions.Timeouts"/>.</param>
    /// <param name="now">The clock: timeouts count from here.</param>
    /// <returns>
    /// <see cref="AddResult.Added"/>, <see cref="AddResult.Exists"/>, <see cref="AddResult.Full"/>, or <see cref="AddResult.Evicted"/> where that
    /// is the table's policy.
    /// </returns>
    /// <exception cref="InvalidOperationException">Timeouts were given to a table without them.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public AddResult TryAdd(uint hash, in TKey key, in TValue value, FlowTimeouts timeouts = default, uint now = 0) =>
        TryAdd(hash, in key, in value, timeouts, now, out _);

    /// <inheritdoc cref="TryAdd(uint, in TKey, in TValue, FlowTimeouts, uint)"/>
    /// <param name="hash">The hash; with the key the identity of the entry.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="timeouts">When the entry expires.</param>
    /// <param name="now">The clock: timeouts count from here.</param>
    /// <param name="evicted">The entry that made room, where the result is <see cref="AddResult.Evicted"/>.</param>
    public AddResult TryAdd(uint hash, in TKey key, in TValue value, FlowTimeouts timeouts, uint now, out FlowEntry<TKey, TValue> evicted)
    {
        AddResult result = FindOrAdd(hash, in key, in value, timeouts, now, out _, out _, out evicted);
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>
    /// Adds an entry, or replaces value and timeouts of the entry that is there (its counters go on). Writer thread only. Allocates nothing.
    /// </summary>
    /// <inheritdoc cref="TryAdd(uint, in TKey, in TValue, FlowTimeouts, uint)"/>
    /// <returns>
    /// <see cref="AddResult.Added"/>, <see cref="AddResult.Replaced"/>, <see cref="AddResult.Full"/>, or <see cref="AddResult.Evicted"/> where that
    /// is the table's policy.
    /// </returns>
    public AddResult Set(uint hash, in TKey key, in TValue value, FlowTimeouts timeouts = default, uint now = 0) =>
        Set(hash, in key, in value, timeouts, now, out _);

    /// <inheritdoc cref="Set(uint, in TKey, in TValue, FlowTimeouts, uint)"/>
    /// <param name="hash">The hash; with the key the identity of the entry.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="timeouts">When the entry expires.</param>
    /// <param name="now">The clock: timeouts count from here.</param>
    /// <param name="evicted">The entry that made room, where the result is <see cref="AddResult.Evicted"/>.</param>
    public AddResult Set(uint hash, in TKey key, in TValue value, FlowTimeouts timeouts, uint now, out FlowEntry<TKey, TValue> evicted)
    {
        AddResult result = FindOrAdd(hash, in key, in value, timeouts, now, out uint bucket, out int slot, out evicted);
        if (result == AddResult.Exists)
        {
            ReplaceValue(bucket, slot, in value);
            StartTimers(bucket, slot, timeouts, now);
            result = AddResult.Replaced;
        }
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>Replaces the value of an entry that is there; its timeouts and counters go on. Writer thread only. Allocates nothing.</summary>
    /// <returns>False if the key is not there; nothing was changed then.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryUpdate(uint hash, in TKey key, in TValue value)
    {
        ThrowIfDisposed();
        bool found = Locate(hash, in key, out uint bucket, out int slot);
        if (found)
            ReplaceValue(bucket, slot, in value);
        GC.KeepAlive(this);
        return found;
    }

    /// <summary>
    /// A reference to the value of a key, which is added with the default value where it is not there: per-flow state, changed in place.
    /// Writer thread only, and meant for tables without other readers: a reader on another thread may see a half-written value of more than
    /// one field. The reference is good until the next add, remove, sweep, clear or dispose, any of which may give the memory to another entry.
    /// </summary>
    /// <param name="hash">The hash; with the key the identity of the entry.</param>
    /// <param name="key">The key.</param>
    /// <param name="result">
    /// <see cref="AddResult.Exists"/>, <see cref="AddResult.Added"/>, <see cref="AddResult.Evicted"/> where that is the table's policy, or
    /// <see cref="AddResult.Full"/>: the reference is then to a spare value that belongs to no entry.
    /// </param>
    /// <param name="timeouts">When a new entry expires.</param>
    /// <param name="now">The clock: a use is counted for an entry that is there, where the table tracks use.</param>
    /// <exception cref="InvalidOperationException">Timeouts were given to a table without them.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public ref TValue GetOrAdd(uint hash, in TKey key, out AddResult result, FlowTimeouts timeouts = default, uint now = 0)
    {
        result = FindOrAdd(hash, in key, default, timeouts, now, out uint bucket, out int slot, out _);
        if (result == AddResult.Full)
        {
            *SpareValue = default;
            return ref *SpareValue;
        }
        byte* place = SlotAt(bucket, slot);
        if (result == AddResult.Exists)
            CountUse(place, now, 0);
        GC.KeepAlive(this);
        return ref *(TValue*)(place + SlotLayout<TKey, TValue>.ValueOffset);
    }

    private AddResult FindOrAdd(
        uint hash, in TKey key, in TValue value, FlowTimeouts timeouts, uint now, out uint bucket, out int slot, out FlowEntry<TKey, TValue> evicted)
    {
        ThrowIfDisposed();
        if (_timers == null && timeouts != default)
            ThrowNoTimeouts();
        evicted = default;
        ulong mixed = _mixer.Mix(hash, in key);
        ushort tag = Tag(mixed);
        uint first = FirstBucket(mixed, _bucketCount);
        uint second = Partner(first, tag, _bucketCount);
        if (LocateIn(first, second, tag, hash, in key, out bucket, out slot))
            return AddResult.Exists;

        AddResult result = AddResult.Added;
        if (!TryFindRoom(first, second, out bucket, out slot))
        {
            if (_options.WhenFull != TableFullPolicy.EvictOldest)
                return AddResult.Full;
            (bucket, slot) = LeastRecentlyUsed(first, second, now);
            evicted = Describe(bucket, slot);
            Empty(bucket, slot);
            _writer->Count--;
            result = AddResult.Evicted;
        }
        Fill(bucket, slot, tag, hash, in key, in value, timeouts, now);
        Volatile.Write(ref _writer->Count, _writer->Count + 1);
        return result;
    }

    // The writer looks without checking versions: nobody else changes them.
    private bool Locate(uint hash, in TKey key, out uint bucket, out int slot)
    {
        ulong mixed = _mixer.Mix(hash, in key);
        ushort tag = Tag(mixed);
        uint first = FirstBucket(mixed, _bucketCount);
        return LocateIn(first, Partner(first, tag, _bucketCount), tag, hash, in key, out bucket, out slot);
    }

    private bool LocateIn(uint first, uint second, ushort tag, uint hash, in TKey key, out uint bucket, out int slot)
    {
        for (uint matches = Bucket.MatchBoth(_buckets + first, _buckets + second, tag); matches != 0; matches &= matches - 1)
        {
            uint position = (uint)BitOperations.TrailingZeroCount(matches);
            bucket = Either(first, second, position >> 4);
            slot = (int)(position & 15);
            if (SlotLayout<TKey, TValue>.Holds(SlotAt(bucket, slot), hash, in key))
                return true;
        }
        bucket = 0;
        slot = -1;
        return false;
    }

    // The first if the choice is 0, the second if it is 1; without a branch, which would be mispredicted for one key in five.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Either(uint first, uint second, uint choice) => first ^ ((first ^ second) & (0 - choice));

    // W1 to W4 for a new entry.
    private void Fill(uint bucket, int slot, ushort tag, uint hash, in TKey key, in TValue value, FlowTimeouts timeouts, uint now)
    {
        byte* place = SlotAt(bucket, slot);
        Volatile.WriteBarrier(); // W1
        *(TKey*)place = key;
        *(TValue*)(place + SlotLayout<TKey, TValue>.ValueOffset) = value;
        *(uint*)(place + SlotLayout<TKey, TValue>.HashOffset) = hash;
        if (_counts)
        {
            SlotLayout<TKey, TValue>.Hits(place) = 0;
            SlotLayout<TKey, TValue>.Bytes(place) = 0;
        }
        StartTimers(bucket, slot, timeouts, now);
        Publish(bucket, slot, tag);
    }

    // W3, W4 and T.
    private void Publish(uint bucket, int slot, ushort tag)
    {
        Bucket* head = _buckets + bucket;
        Volatile.Write(ref head->Tags[slot], tag);
        Volatile.Write(ref head->Version, head->Version + 2);
        Volatile.Write(ref *_version, *_version + 2);
    }

    // W5 and T.
    private void Empty(uint bucket, int slot) => Publish(bucket, slot, 0);

    private void ReplaceValue(uint bucket, int slot, in TValue value)
    {
        byte* place = SlotAt(bucket, slot);
        if (SlotLayout<TKey, TValue>.ValueIsOneWord)
        {
            SlotLayout<TKey, TValue>.StoreWord(place, in value); // W6
            return;
        }
        // W7. The first barrier keeps the shadow's new contents behind the version step that ended the last replacement.
        Bucket* head = _buckets + bucket;
        Volatile.WriteBarrier();
        _writer->ShadowSlot = (ulong)place;
        *ShadowValue = value;
        Volatile.WriteBarrier();
        head->Version++;
        ++*_version;
        Volatile.WriteBarrier();
        *(TValue*)(place + SlotLayout<TKey, TValue>.ValueOffset) = value;
        Volatile.Write(ref head->Version, head->Version + 1);
        Volatile.Write(ref *_version, *_version + 1);
    }

    private void StartTimers(uint bucket, int slot, FlowTimeouts timeouts, uint now)
    {
        if (_tracksUse)
            SlotLayout<TKey, TValue>.LastUsed(SlotAt(bucket, slot)) = now;
        if (_timers == null)
            return;
        uint deadline = now + timeouts.Hard;
        *TimersAt(bucket, slot) = new Timers
        {
            Idle = timeouts.Idle,
            HardDeadline = timeouts.Hard == 0 ? 0 : deadline == 0 ? 1 : deadline,
        };
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowNoTimeouts() => throw new InvalidOperationException(
        $"This table was made without timeouts. Make it with {nameof(FlowTableOptions)}.{nameof(FlowTableOptions.Timeouts)} = true.");
}

using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    /// <summary>
    /// Removes entries past their timeouts from the next buckets of the table, going round it call by call. Writer thread only; allocates
    /// nothing by itself. The work of a call is bounded by <paramref name="maxBuckets"/>; a full round takes <see cref="BucketCount"/>.
    /// </summary>
    /// <param name="now">
    /// The clock, in the ticks that timeouts are given in. It may wrap around; an entry must meet a sweep within 2^31 ticks of its expiry.
    /// </param>
    /// <param name="maxBuckets">Buckets to look at; one round at most is made.</param>
    /// <param name="visitor">Called for each entry after it left the table.</param>
    /// <returns>The number of entries removed.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBuckets"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">The table has no timeouts.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    /// <typeparam name="TVisitor">Type of the visitor.</typeparam>
    public int Sweep<TVisitor>(uint now, int maxBuckets, ref TVisitor visitor)
        where TVisitor : IExpiryVisitor<TKey, TValue>, allows ref struct
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBuckets);
        ThrowIfDisposed();
        if (_timers == null)
            ThrowNoTimeouts();
        int expired = 0;
        for (uint left = Math.Min((uint)maxBuckets, _bucketCount); left > 0; left--)
        {
            uint bucket = _writer->SweepCursor;
            // Stepped first, so that a visitor that throws does not hold the sweep at this bucket.
            _writer->SweepCursor = bucket + 1 == _bucketCount ? 0 : bucket + 1;
            for (uint occupied = Bucket.Occupied(_buckets + bucket); occupied != 0; occupied = Bucket.Rest(occupied))
            {
                int slot = Bucket.First(occupied);
                if (!IsExpired(bucket, slot, now, out ExpiryReason reason))
                    continue;
                FlowEntry<TKey, TValue> entry = Describe(bucket, slot);
                RemoveAt(bucket, slot);
                expired++;
                visitor.Expired(in entry, reason);
                // The visitor may have changed the table.
                ThrowIfDisposed();
                occupied &= Bucket.Occupied(_buckets + bucket) | (3u << (2 * slot));
            }
        }
        GC.KeepAlive(this);
        return expired;
    }

    /// <inheritdoc cref="Sweep{TVisitor}(uint, int, ref TVisitor)"/>
    /// <param name="now">The clock, in the ticks that timeouts are given in.</param>
    /// <param name="maxBuckets">Buckets to look at; one round at most is made.</param>
    /// <param name="expired">Called for each entry after it left the table; null for nobody.</param>
    public int Sweep(uint now, int maxBuckets, Action<FlowEntry<TKey, TValue>, ExpiryReason>? expired = null)
    {
        DelegateVisitor visitor = new(expired);
        return Sweep(now, maxBuckets, ref visitor);
    }

    /// <summary>Gives an entry new timeouts that count from now. Writer thread only. Allocates nothing.</summary>
    /// <returns>False if the key is not there.</returns>
    /// <exception cref="InvalidOperationException">The table has no timeouts.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TrySetTimeouts(uint hash, in TKey key, FlowTimeouts timeouts, uint now)
    {
        ThrowIfDisposed();
        if (_timers == null)
            ThrowNoTimeouts();
        bool found = Locate(hash, in key, out uint bucket, out int slot);
        if (found)
            StartTimers(bucket, slot, timeouts, now);
        GC.KeepAlive(this);
        return found;
    }

    // Differences are signed: the clock may wrap around, and a reader's clock may be a little ahead of the sweeper's.
    private bool IsExpired(uint bucket, int slot, uint now, out ExpiryReason reason)
    {
        Timers timers = *TimersAt(bucket, slot);
        reason = ExpiryReason.Hard;
        if (timers.HardDeadline != 0 && (int)(now - timers.HardDeadline) >= 0)
            return true;
        reason = ExpiryReason.Idle;
        return timers.Idle != 0 && (int)(now - SlotLayout<TKey, TValue>.LastUsed(SlotAt(bucket, slot))) >= (int)timers.Idle;
    }

    private readonly struct DelegateVisitor(Action<FlowEntry<TKey, TValue>, ExpiryReason>? expired) : IExpiryVisitor<TKey, TValue>
    {
        public void Expired(in FlowEntry<TKey, TValue> entry, ExpiryReason reason) => expired?.Invoke(entry, reason);
    }
}

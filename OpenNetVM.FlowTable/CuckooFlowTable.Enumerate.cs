using System.Collections;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue> : IEnumerable<FlowEntry<TKey, TValue>>
{
    /// <summary>
    /// Goes through the entries, each a consistent copy. Any thread, beside the writer: entries added or removed meanwhile may or may not
    /// appear, and an entry that the writer moves to its other bucket meanwhile may appear twice or not at all. On the writer's own thread, with
    /// no change in between, every entry appears once.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The table was disposed; also thrown by the enumerator.</exception>
    public Enumerator GetEnumerator()
    {
        ThrowIfDisposed();
        return new Enumerator(this);
    }

    /// <inheritdoc/>
    IEnumerator<FlowEntry<TKey, TValue>> IEnumerable<FlowEntry<TKey, TValue>>.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Copies a slot as a reader does (R1 and R2). False where it is empty.
    private bool TryDescribe(uint bucket, int slot, out FlowEntry<TKey, TValue> entry)
    {
        Bucket* head = _buckets + bucket;
        byte* place = SlotAt(bucket, slot);
        while (true)
        {
            ulong version = Volatile.Read(ref head->Version);
            bool occupied = head->Tags[slot] != 0;
            Volatile.ReadBarrier();
            entry = default;
            if (occupied)
            {
                TValue value = SlotLayout<TKey, TValue>.ValueIsOneWord || (version & 1) == 0
                    ? SlotLayout<TKey, TValue>.Value(place)
                    : ValueBesideShadow(place);
                entry = Describe(place, SlotLayout<TKey, TValue>.Hash(place), SlotLayout<TKey, TValue>.Key(place), in value);
            }
            Volatile.ReadBarrier();
            if (head->Version == version)
                return occupied;
        }
    }

    /// <summary>Goes through the entries of a table; see <see cref="GetEnumerator"/>. For one thread.</summary>
    public struct Enumerator : IEnumerator<FlowEntry<TKey, TValue>>
    {
        private readonly CuckooFlowTable<TKey, TValue> _table;
        private uint _bucket;
        private int _slot;
        private FlowEntry<TKey, TValue> _current;

        internal Enumerator(CuckooFlowTable<TKey, TValue> table)
        {
            _table = table;
        }

        /// <inheritdoc/>
        public readonly FlowEntry<TKey, TValue> Current => _current;

        /// <inheritdoc/>
        readonly object IEnumerator.Current => _current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            _table.ThrowIfDisposed();
            for (; _bucket < _table._bucketCount; _bucket++, _slot = 0)
            {
                while (_slot < Bucket.Slots)
                {
                    if (_table.TryDescribe(_bucket, _slot++, out _current))
                        return true;
                }
            }
            GC.KeepAlive(_table);
            return false;
        }

        /// <inheritdoc/>
        public void Reset() => (_bucket, _slot, _current) = (0, 0, default);

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}

using OpenNetVM.Core.Memory;

namespace OpenNetVM.Core.Packets;

/// <summary>A burst of packets as a network function sees it. Valid only during the call that it was passed to, and only on that thread.</summary>
public readonly ref struct PacketBatch
{
    private readonly Span<PacketDescriptor> _descriptors;
    private readonly PacketPool _pool;

    /// <summary>Makes a batch of packets that the caller holds.</summary>
    /// <param name="pool">The pool of the packets.</param>
    /// <param name="descriptors">Their descriptors; actions are written there.</param>
    public PacketBatch(PacketPool pool, Span<PacketDescriptor> descriptors)
    {
        _pool = pool;
        _descriptors = descriptors;
    }

    /// <summary>Number of packets.</summary>
    public int Count => _descriptors.Length;

    /// <summary>The descriptors, for functions that decide by hash or port alone and need not touch the packets.</summary>
    public Span<PacketDescriptor> Descriptors => _descriptors;

    /// <summary>The packet at <paramref name="index"/>.</summary>
    public Packet this[int index] => _pool.Open(ref _descriptors[index]);

    /// <summary>Enumerates the packets: <c>foreach (Packet packet in batch)</c>.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Enumerates the packets of a batch.</summary>
    public ref struct Enumerator
    {
        private readonly PacketBatch _batch;
        private int _index;

        internal Enumerator(PacketBatch batch)
        {
            _batch = batch;
            _index = -1;
        }

        /// <summary>The packet at the current position.</summary>
        public readonly Packet Current => _batch[_index];

        /// <summary>Moves to the next packet; false at the end.</summary>
        public bool MoveNext() => ++_index < _batch.Count;
    }
}

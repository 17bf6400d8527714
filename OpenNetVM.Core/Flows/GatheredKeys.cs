namespace OpenNetVM.Core.Flows;

/// <summary>The flow keys of one protocol version in a burst, with the places they came from, in the shape that bulk lookups want.</summary>
internal sealed class GatheredKeys<TKey>
    where TKey : unmanaged
{
    private readonly int[] _positions = new int[FlowClassifier.BurstSize];
    private readonly uint[] _hashes = new uint[FlowClassifier.BurstSize];
    private readonly uint[] _lengths = new uint[FlowClassifier.BurstSize];
    private readonly TKey[] _keys = new TKey[FlowClassifier.BurstSize];
    private readonly FlowTarget[] _values = new FlowTarget[FlowClassifier.BurstSize];
    private readonly bool[] _hits = new bool[FlowClassifier.BurstSize];

    internal int Count { get; private set; }

    /// <summary>Index of each key's packet in its burst.</summary>
    internal ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    internal ReadOnlySpan<uint> Hashes => _hashes.AsSpan(0, Count);

    /// <summary>Bytes of each key's packet.</summary>
    internal ReadOnlySpan<uint> Lengths => _lengths.AsSpan(0, Count);

    internal ReadOnlySpan<TKey> Keys => _keys.AsSpan(0, Count);

    internal Span<FlowTarget> Values => _values.AsSpan(0, Count);

    internal Span<bool> Hits => _hits.AsSpan(0, Count);

    internal void Clear() => Count = 0;

    internal void Add(int position, in TKey key, uint hash, uint length)
    {
        _positions[Count] = position;
        _keys[Count] = key;
        _hashes[Count] = hash;
        _lengths[Count] = length;
        Count++;
    }
}

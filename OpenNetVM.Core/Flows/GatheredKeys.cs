using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Flows;

/// <summary>The flow keys of one protocol version in a burst, with the places they came from, in the shape that bulk lookups want.</summary>
internal sealed unsafe class GatheredKeys<TKey>
    where TKey : unmanaged
{
    /// <summary>Where the hashes begin in <see cref="Block"/>.</summary>
    internal static int HashesOffset => FlowClassifier.BurstSize * sizeof(TKey);

    /// <summary>Where the lengths begin in <see cref="Block"/>.</summary>
    internal static int LengthsOffset => FlowClassifier.BurstSize * (sizeof(TKey) + sizeof(uint));

    private const int LineBytes = 64;

    private readonly byte[] _memory;
    private readonly byte[] _positions = new byte[FlowClassifier.BurstSize];
    private readonly FlowTarget[] _values = new FlowTarget[FlowClassifier.BurstSize];
    private bool _inTurn;

    internal GatheredKeys()
    {
        _memory = GC.AllocateArray<byte>((FlowClassifier.BurstSize * (sizeof(TKey) + (2 * sizeof(uint)))) + LineBytes, pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_memory));
        Block = (byte*)((address + LineBytes - 1) & ~(nuint)(LineBytes - 1));
    }

    /// <summary>A column of keys, one of hashes and one of lengths, each with room for a whole burst. It stays where it is, and begins on a cache line.</summary>
    internal byte* Block { get; }

    internal int Count { get; private set; }

    /// <summary>Index of each key's packet in its burst.</summary>
    internal ReadOnlySpan<byte> Positions => _positions.AsSpan(0, Count);

    internal Span<uint> Hashes => new((uint*)(Block + HashesOffset), Count);

    /// <summary>Bytes of each key's packet.</summary>
    internal Span<uint> Lengths => new((uint*)(Block + LengthsOffset), Count);

    internal Span<TKey> Keys => new((TKey*)Block, Count);

    internal Span<FlowTarget> Values => _values.AsSpan(0, Count);

    internal void Clear() => Count = 0;

    /// <summary>Begins with keys, hashes and lengths that were written into <see cref="Block"/>, each at the place of its packet.</summary>
    /// <param name="packets">Packets in the burst.</param>
    /// <param name="missing">A bit for each packet that is not there: the others are brought together.</param>
    internal void Begin(int packets, ulong missing)
    {
        if (missing == 0)
        {
            Count = packets;
            if (!_inTurn)
                NumberPositions();
            return;
        }

        Clear();
        Span<TKey> keys = new((TKey*)Block, packets);
        uint* hashes = (uint*)(Block + HashesOffset);
        uint* lengths = (uint*)(Block + LengthsOffset);
        for (ulong rest = ~missing & (ulong.MaxValue >> (FlowClassifier.BurstSize - packets)); rest != 0; rest &= rest - 1)
        {
            int position = BitOperations.TrailingZeroCount(rest);
            Add(position, keys[position], hashes[position], lengths[position]);
        }
    }

    internal void Add(int position, in TKey key, uint hash, uint length)
    {
        _inTurn = false;
        int last = Count++;
        _positions[last] = (byte)position;
        Keys[last] = key;
        Hashes[last] = hash;
        Lengths[last] = length;
    }

    private void NumberPositions()
    {
        for (int i = 0; i < _positions.Length; i++)
            _positions[i] = (byte)i;
        _inTurn = true;
    }
}

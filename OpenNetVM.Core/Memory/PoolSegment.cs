namespace OpenNetVM.Core.Memory;

/// <summary>
/// The buffers of one security domain: a stretch of a pool's numbering, in a region of its own, and the list of those that are free. Thread-safe.
/// </summary>
internal sealed class PoolSegment
{
    private readonly Lock _gate = new();
    private readonly uint[] _free;
    private int _freeCount;
    private bool _closed;

    internal PoolSegment(string domain, uint first, int count, MemoryRegion region)
    {
        Domain = domain;
        First = first;
        Count = (uint)count;
        Region = region;

        // The lowest indexes are handed out first: a platform with little traffic touches little memory.
        _free = new uint[count];
        for (uint i = 0; i < _free.Length; i++)
            _free[i] = first + (uint)count - 1 - i;
        _freeCount = count;
    }

    /// <summary>The security domain's name.</summary>
    internal string Domain { get; }

    /// <summary>Number of the first buffer.</summary>
    internal uint First { get; }

    /// <summary>Number of buffers.</summary>
    internal uint Count { get; }

    internal MemoryRegion Region { get; }

    /// <summary>Buffers on the list.</summary>
    internal int FreeCount
    {
        get
        {
            lock (_gate)
                return _freeCount;
        }
    }

    internal bool Contains(uint index) => index - First < Count;

    /// <summary>Moves up to <paramref name="indexes"/>.Length free buffers out; returns how many. None once closed.</summary>
    internal int TryTake(Span<uint> indexes)
    {
        lock (_gate)
        {
            if (_closed)
                return 0;
            int count = Math.Min(_freeCount, indexes.Length);
            _freeCount -= count;
            _free.AsSpan(_freeCount, count).CopyTo(indexes);
            return count;
        }
    }

    /// <summary>Moves free buffers of this segment back in.</summary>
    internal void Put(ReadOnlySpan<uint> indexes)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            indexes.CopyTo(_free.AsSpan(_freeCount));
            _freeCount += indexes.Length;
        }
    }

    /// <summary>The memory goes: nothing is taken or put back any more.</summary>
    internal void Close()
    {
        lock (_gate)
            _closed = true;
    }
}

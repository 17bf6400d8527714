namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Counts what the garbage collector does while something is measured. Made and read on one thread, whose own allocations do not count.</summary>
internal readonly struct AllocationWatch
{
    private readonly long _total;
    private readonly long _own;
    private readonly int _collections;

    private AllocationWatch(long total, long own, int collections) => (_total, _own, _collections) = (total, own, collections);

    /// <summary>Begins to count.</summary>
    // The exact total is asked for outside of what is measured: it stops all threads for a moment.
    internal static AllocationWatch Start() =>
        new(GC.GetTotalAllocatedBytes(precise: true), GC.GetAllocatedBytesForCurrentThread(), GC.CollectionCount(0));

    /// <summary>Collections of any generation since the start.</summary>
    internal int Collections() => GC.CollectionCount(0) - _collections;

    /// <summary>Bytes that other threads allocated since the start.</summary>
    internal long Bytes()
    {
        long own = GC.GetAllocatedBytesForCurrentThread();
        return Math.Max(0, GC.GetTotalAllocatedBytes(precise: true) - _total - (own - _own));
    }
}

namespace OpenNetVM.FlowTable.Internals;

/// <summary>One bucket reached by the search for room, and how it was reached.</summary>
internal struct SearchStep
{
    /// <summary>The bucket.</summary>
    internal uint Bucket;

    /// <summary>The step whose entry would move here; negative where the search starts.</summary>
    internal short From;

    /// <summary>The slot of that entry in the bucket of <see cref="From"/>.</summary>
    internal short Slot;
}

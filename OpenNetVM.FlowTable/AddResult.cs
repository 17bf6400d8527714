namespace OpenNetVM.FlowTable;

/// <summary>What became of an add to a <see cref="CuckooFlowTable{TKey, TValue}"/>.</summary>
public enum AddResult
{
    /// <summary>The key was not there; it is now.</summary>
    Added,

    /// <summary>The key was there and its value was replaced.</summary>
    Replaced,

    /// <summary>The key was there and nothing was changed.</summary>
    Exists,

    /// <summary>The key was not there; it is now, and the least recently used entry of its two buckets was removed for it.</summary>
    Evicted,

    /// <summary>There is no room for this key; the table is as it was.</summary>
    Full,
}

namespace OpenNetVM.FlowTable;

/// <summary>A copy of one entry of a <see cref="CuckooFlowTable{TKey, TValue}"/>, as it was at one moment. Immutable.</summary>
/// <typeparam name="TKey">Type of the table's keys.</typeparam>
/// <typeparam name="TValue">Type of the table's values.</typeparam>
/// <param name="Hash">The hash the entry was added with.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
public readonly record struct FlowEntry<TKey, TValue>(uint Hash, TKey Key, TValue Value)
    where TKey : unmanaged, IEquatable<TKey>
    where TValue : unmanaged
{
    /// <summary>The clock at the last counted use or, before any, at the add; 0 where the table does not track use.</summary>
    public uint LastUsed { get; init; }

    /// <summary>Number of counted uses; 0 where the table has no counters.</summary>
    public ulong Hits { get; init; }

    /// <summary>Sum of the lengths of counted uses in bytes; 0 where the table has no counters.</summary>
    public ulong Bytes { get; init; }
}

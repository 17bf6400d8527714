namespace OpenNetVM.FlowTable;

/// <summary>How a <see cref="CuckooFlowTable{TKey, TValue}"/> is made. Immutable; the defaults give the smallest and fastest table.</summary>
public sealed record FlowTableOptions
{
    /// <summary>Whether entries have idle and hard timeouts: 12 bytes more per entry (8 where alignment leaves 4 unused). Default false.</summary>
    public bool Timeouts { get; init; }

    /// <summary>Whether entries count their uses and bytes: 16 bytes more per entry. Default false.</summary>
    public bool Counters { get; init; }

    /// <summary>What an add does when there is no room for its key. Default <see cref="TableFullPolicy.Refuse"/>.</summary>
    public TableFullPolicy WhenFull { get; init; }

    /// <summary>
    /// A secret that decides where entries lie, so that nobody outside can choose keys that share their buckets; null (the default) for the
    /// same places in every process. Take it from a cryptographic random source and tell nobody.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// Whether the place of an entry depends on the caller's hash alone and not on the key as well. Saves the mixing of the key, which hardly shows
    /// where the processor has AES rounds, and is right only for hashes with 32 well-spread bits and at most some 100 000 entries: more than 24 keys
    /// that share a hash never fit.
    /// A symmetric RSS hash has 16 bits, and few of them differ between neighbouring flows. Default false.
    /// </summary>
    public bool HashOnly { get; init; }

    /// <summary>How memory is mapped. Default <see cref="HugePageUse.Transparent"/>.</summary>
    public HugePageUse HugePages { get; init; } = HugePageUse.Transparent;

    /// <summary>The default options.</summary>
    public static FlowTableOptions Default { get; } = new();
}

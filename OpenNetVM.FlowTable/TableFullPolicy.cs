namespace OpenNetVM.FlowTable;

/// <summary>What an add does when there is no room for its key.</summary>
public enum TableFullPolicy
{
    /// <summary>The add answers <see cref="AddResult.Full"/> and changes nothing.</summary>
    Refuse,

    /// <summary>The least recently used entry among the candidates (the 24 slots of the key's two buckets) makes room.</summary>
    EvictOldest,
}

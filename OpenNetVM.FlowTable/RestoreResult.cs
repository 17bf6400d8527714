namespace OpenNetVM.FlowTable;

/// <summary>What became of the entries of a snapshot. Immutable.</summary>
public readonly record struct RestoreResult
{
    /// <summary>Entries that were added; those added by evicting another are among them.</summary>
    public int Added { get; init; }

    /// <summary>Entries whose key the table had already. Those of the table stayed as they were: they are the newer ones.</summary>
    public int Existing { get; init; }

    /// <summary>Entries for which there was no room.</summary>
    public int Refused { get; init; }

    /// <summary>Entries that left the table to make room for others, where that is the table's policy.</summary>
    public int Evicted { get; init; }

    /// <summary>Entries in the snapshot.</summary>
    public int Total => Added + Existing + Refused;
}

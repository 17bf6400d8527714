namespace OpenNetVM.OpenFlow.Agent;

/// <summary>What an OpenFlow switch is and how much it holds.</summary>
internal sealed record SwitchAgentOptions
{
    /// <summary>Identifies the switch to its controllers: 48 bits of a MAC address, and 16 of the maker's choice above.</summary>
    public ulong DatapathId { get; init; } = 1;

    public string Manufacturer { get; init; } = "OpenNetVM for .NET";

    public string Hardware { get; init; } = "software";

    public string Software { get; init; } = typeof(SwitchAgentOptions).Assembly.GetName().Version?.ToString(3) ?? "";

    public string SerialNumber { get; init; } = "none";

    public string Description { get; init; } = "";

    /// <summary>Rules that are held.</summary>
    public int MaxRules { get; init; } = 1_000_000;

    /// <summary>Groups that are held, and buckets of each.</summary>
    public int MaxGroups { get; init; } = 4096;

    public int MaxBuckets { get; init; } = 256;

    /// <summary>How often timeouts are looked at.</summary>
    public TimeSpan SweepPeriod { get; init; } = TimeSpan.FromMilliseconds(500);

    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRules, 1, nameof(MaxRules));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxGroups, 0, nameof(MaxGroups));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBuckets, 1, nameof(MaxBuckets));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SweepPeriod, TimeSpan.Zero, nameof(SweepPeriod));
    }
}

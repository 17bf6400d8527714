namespace OpenNetVM.Samples;

/// <summary>What the command line asked for.</summary>
internal sealed record Options
{
    /// <summary>The two devices, each with its arguments behind a comma.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>True to send everything to the other port; false for a learning bridge.</summary>
    public bool Forward { get; init; }

    /// <summary>When to stop; 0 for at Ctrl-C.</summary>
    public double Seconds { get; init; }

    /// <summary>True to do without huge pages even where some are free.</summary>
    public bool NoHuge { get; init; }
}

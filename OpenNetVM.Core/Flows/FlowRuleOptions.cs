namespace OpenNetVM.Core.Flows;

/// <summary>Life time and label of a rule of the flow director.</summary>
public readonly record struct FlowRuleOptions
{
    /// <summary>The rule goes when no packet was classified by it for this long; zero for never.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>The rule goes this long after it was set; zero for never.</summary>
    public TimeSpan HardTimeout { get; init; }

    /// <summary>Any number of yours; it comes back in <see cref="FlowRule.Tag"/>.</summary>
    public uint Tag { get; init; }
}

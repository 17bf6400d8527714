using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Flows;

/// <summary>Size and behaviour of a <see cref="FlowDirector"/>.</summary>
public sealed record FlowDirectorOptions
{
    /// <summary>How many IPv4 rules fit, 1 to 1,073,741,824. Default 65,536.</summary>
    public int Ipv4Capacity { get; init; } = 65_536;

    /// <summary>How many IPv6 rules fit, 1 to 1,073,741,824. Default 16,384.</summary>
    public int Ipv6Capacity { get; init; } = 16_384;

    /// <summary>Count packets and bytes of each rule. Default true; costs 16 bytes a rule and a store per packet.</summary>
    public bool Counters { get; init; } = true;

    /// <summary>What happens to a rule that finds no room: it is refused (default), or the rule of its neighbourhood that was idle longest goes.</summary>
    public TableFullPolicy WhenFull { get; init; } = TableFullPolicy.Refuse;

    /// <summary>How often all rules are looked through for timeouts. Default one second.</summary>
    public TimeSpan SweepPeriod { get; init; } = TimeSpan.FromSeconds(1);

    internal void Validate()
    {
        CheckCapacity(Ipv4Capacity, nameof(Ipv4Capacity));
        CheckCapacity(Ipv6Capacity, nameof(Ipv6Capacity));
        if (SweepPeriod < TimeSpan.FromMilliseconds(10))
            throw new ArgumentOutOfRangeException(nameof(SweepPeriod), SweepPeriod, $"FlowDirectorOptions.SweepPeriod is {SweepPeriod}, but must be 10 ms or longer.");
    }

    private static void CheckCapacity(int capacity, string name)
    {
        if (capacity is < 1 or > 1 << 30)
            throw new ArgumentOutOfRangeException(name, capacity, $"FlowDirectorOptions.{name} is {capacity}, but must be 1 to {1 << 30} rules.");
    }
}

namespace OpenNetVM.FlowTable;

/// <summary>
/// When an entry of a <see cref="CuckooFlowTable{TKey, TValue}"/> expires, in ticks of the clock that the caller passes to the table.
/// Immutable. The default value is "never".
/// </summary>
public readonly record struct FlowTimeouts
{
    /// <summary>The longest timeout in ticks: half of the clock's range, so that the clock may wrap around.</summary>
    public const uint Maximum = int.MaxValue;

    /// <summary>Makes a pair of timeouts.</summary>
    /// <param name="idle">Ticks without a counted use after which the entry expires; 0 for never.</param>
    /// <param name="hard">Ticks after which the entry expires however much it is used; 0 for never.</param>
    /// <exception cref="ArgumentOutOfRangeException">A timeout is larger than <see cref="Maximum"/>.</exception>
    public FlowTimeouts(uint idle, uint hard = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(idle, Maximum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hard, Maximum);
        Idle = idle;
        Hard = hard;
    }

    /// <summary>Ticks without a counted use after which the entry expires; 0 for never.</summary>
    public uint Idle { get; }

    /// <summary>Ticks after which the entry expires however much it is used; 0 for never.</summary>
    public uint Hard { get; }
}

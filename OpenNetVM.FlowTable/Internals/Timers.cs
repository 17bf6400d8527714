namespace OpenNetVM.FlowTable.Internals;

/// <summary>The timeouts of one slot, used by the writer only. All zero means never.</summary>
internal struct Timers
{
    /// <summary>Idle timeout in ticks; 0 for none.</summary>
    internal uint Idle;

    /// <summary>The tick of the hard timeout; 0 for none, so a deadline that falls on tick 0 of the clock is kept as 1.</summary>
    internal uint HardDeadline;
}

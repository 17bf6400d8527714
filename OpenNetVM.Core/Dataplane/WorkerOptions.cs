namespace OpenNetVM.Core.Dataplane;

/// <summary>How a <see cref="Worker"/> runs. Immutable.</summary>
public sealed record WorkerOptions
{
    /// <summary>Names the worker and its thread; Linux shows the first 15 characters (top -H, perf, gdb).</summary>
    public string Name { get; init; } = "worker";

    /// <summary>The core to pin the thread to, one of <see cref="CoreAffinity.AvailableCores"/> or an isolated one; null leaves it to the scheduler.</summary>
    public int? Core { get; init; }

    /// <summary>What the thread does when there is nothing to do.</summary>
    public IdleStrategy Idle { get; init; } = IdleStrategy.Adaptive;
}

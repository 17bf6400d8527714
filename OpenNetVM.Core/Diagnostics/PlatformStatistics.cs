using System.Collections.Immutable;

namespace OpenNetVM.Core.Diagnostics;

/// <summary>
/// A platform's counters at one moment. Counters of different places are read one after the other, so while packets move the sums can be off by
/// those under way; when nothing moves they are exact and <see cref="Unaccounted"/> is 0.
/// </summary>
public sealed record PlatformStatistics
{
    /// <summary>Packets that ports received.</summary>
    public required long Received { get; init; }

    /// <summary>Packets that network functions created or cloned.</summary>
    public required long Created { get; init; }

    /// <summary>Packets that ports took to send.</summary>
    public required long Transmitted { get; init; }

    /// <summary>Packets dropped, by reason. Every reason is there.</summary>
    public required ImmutableSortedDictionary<DropReason, long> DroppedByReason { get; init; }

    /// <summary>Packets dropped, in all.</summary>
    public required long Dropped { get; init; }

    /// <summary>Buffers out of the pool: packets on rings, in functions' hands, waiting for ports.</summary>
    public required long Held { get; init; }

    /// <summary>Descriptors that came back from an instance and were not its own; they were not followed.</summary>
    public required long RejectedDescriptors { get; init; }

    /// <summary>Actions that the steering policy refused.</summary>
    public required long VetoedActions { get; init; }

    /// <summary>Each port.</summary>
    public required ImmutableArray<PortReport> Ports { get; init; }

    /// <summary>Each service.</summary>
    public required ImmutableArray<ServiceReport> Services { get; init; }

    /// <summary>Each instance.</summary>
    public required ImmutableArray<InstanceReport> Instances { get; init; }

    /// <summary>Each worker.</summary>
    public required ImmutableArray<WorkerReport> Workers { get; init; }

    /// <summary>received + created - transmitted - dropped - held: 0 whenever nothing moves.</summary>
    public long Unaccounted => Received + Created - Transmitted - Dropped - Held;

    /// <summary>For example "received 10 + created 0 = transmitted 8 + dropped 2 + held 0".</summary>
    public string ConservationLine =>
        FormattableString.Invariant($"received {Received:N0} + created {Created:N0} = transmitted {Transmitted:N0} + dropped {Dropped:N0} + held {Held:N0}")
        + (Unaccounted == 0 ? string.Empty : FormattableString.Invariant($"; {Unaccounted:N0} not accounted for"));
}

using System.Collections.Immutable;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Diagnostics;

/// <summary>An instance at one moment.</summary>
public sealed record InstanceReport
{
    /// <summary>Its id.</summary>
    public required InstanceId Id { get; init; }

    /// <summary>Its service.</summary>
    public required ServiceId Service { get; init; }

    /// <summary>The name of its service.</summary>
    public required string ServiceName { get; init; }

    /// <summary>Where it stands in its life.</summary>
    public required InstanceState State { get; init; }

    /// <summary>Name of its worker.</summary>
    public required string Worker { get; init; }

    /// <summary>Packets put on its receive rings.</summary>
    public required long Enqueued { get; init; }

    /// <summary>Packets that its function handled.</summary>
    public required long Handled { get; init; }

    /// <summary>Packets that its function created or cloned.</summary>
    public required long Created { get; init; }

    /// <summary>Packets that its function holds.</summary>
    public required int Held { get; init; }

    /// <summary>Packets that wait on its receive rings.</summary>
    public required int ReceiveDepth { get; init; }

    /// <summary>Packets that wait on its transmit ring.</summary>
    public required int TransmitDepth { get; init; }

    /// <summary>How many packets each of its rings holds.</summary>
    public required int RingCapacity { get; init; }

    /// <summary>Packets dropped on the way to it or by it, by reason; reasons without any are left out.</summary>
    public required ImmutableSortedDictionary<DropReason, long> Dropped { get; init; }

    /// <summary>Descriptors from it that were not its own.</summary>
    public required long RejectedDescriptors { get; init; }

    /// <summary>Actions of its function that the policy refused.</summary>
    public required long VetoedActions { get; init; }

    /// <summary>How often its function has thrown an exception.</summary>
    public required int Faults { get; init; }

    /// <summary>The process that it runs in; null for the manager's.</summary>
    public int? ProcessId { get; init; }

    /// <summary>What its process did that no function of this library does, and how often; empty for the manager's own process.</summary>
    public ImmutableSortedDictionary<NfViolation, long> Violations { get; init; } = ImmutableSortedDictionary<NfViolation, long>.Empty;
}

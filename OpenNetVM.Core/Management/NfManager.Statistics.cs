using System.Collections.Immutable;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <content>Counters.</content>
public sealed partial class NfManager
{
    /// <summary>All counters at one moment: of the platform, and of each port, service, instance and worker. After disposal, those of the end.</summary>
    public PlatformStatistics GetStatistics()
    {
        lock (_control)
        {
            if (_disposed)
                return _lastStatistics!;
        }

        return CollectStatistics();
    }

    private static ImmutableSortedDictionary<DropReason, long> ByReason(ReadOnlySpan<long> counts, bool all)
    {
        ImmutableSortedDictionary<DropReason, long>.Builder builder = ImmutableSortedDictionary.CreateBuilder<DropReason, long>();
        for (int i = 0; i < counts.Length; i++)
        {
            if (all || counts[i] != 0)
                builder.Add((DropReason)i, counts[i]);
        }

        return builder.ToImmutable();
    }

    private static PortReport Describe(PortEntry entry)
    {
        long refused = 0;
        int waiting = 0;
        foreach (PortOutput output in entry.Outputs)
        {
            refused += output.Drops.Total;
            waiting += output.Count;
        }

        return new PortReport(entry.Id, entry.Info.Name, entry.Port.Status, entry.Port.GetStatistics(), refused, waiting);
    }

    private static InstanceReport Describe(NfInstance instance)
    {
        long[] drops = new long[DropCounters.Reasons];
        instance.AddDropsTo(drops);
        return new InstanceReport
        {
            Id = instance.Id,
            Service = instance.Service.Id,
            ServiceName = instance.Service.Name,
            State = instance.State,
            Worker = instance.Worker?.Name ?? string.Empty,
            Enqueued = instance.EnqueuedPackets,
            Handled = instance.Runner?.HandledPackets ?? 0,
            Created = instance.Runner?.CreatedPackets ?? 0,
            Held = instance.Runner?.HeldPackets ?? 0,
            ReceiveDepth = instance.ReceiveDepth,
            TransmitDepth = instance.Transmit.Count,
            RingCapacity = instance.RingCapacity,
            Dropped = ByReason(drops, all: false),
            RejectedDescriptors = Interlocked.Read(ref instance.RejectedDescriptors),
            VetoedActions = Interlocked.Read(ref instance.VetoedActions),
            Faults = instance.Runner?.TotalFaults ?? 0,
            ProcessId = instance.Remote?.Peer.ProcessId,
            Violations = instance.Remote?.Violations.ToDictionary() ?? ImmutableSortedDictionary<NfViolation, long>.Empty,
        };
    }

    private PlatformStatistics CollectStatistics()
    {
        ImmutableArray<PortReport>.Builder ports = ImmutableArray.CreateBuilder<PortReport>();
        foreach (PortEntry entry in _plane.Ports)
            ports.Add(Describe(entry));
        ImmutableArray<InstanceReport> instances = [.. _plane.Services.AllInstances().Select(Describe)];

        long[] drops = new long[DropCounters.Reasons];
        long created = 0;
        foreach (ChainExecutor executor in _plane.Executors)
        {
            executor.Drops.AddTo(drops);
            created += executor.Created.Value;
        }

        return new PlatformStatistics
        {
            Received = ports.Sum(static port => port.Statistics.ReceivedPackets),
            Created = created,
            Transmitted = ports.Sum(static port => port.Statistics.TransmittedPackets),
            DroppedByReason = ByReason(drops, all: true),
            Dropped = drops.Sum(),
            Held = _plane.Pool.InUse,
            RejectedDescriptors = _plane.RejectedDescriptors,
            VetoedActions = _plane.VetoedActions,
            Ports = ports.ToImmutable(),
            Services = [.. _plane.Services.AllServices().Select(service => Describe(service, instances))],
            Instances = instances,
            Workers = [.. _workers.Select(static slot => slot.Worker).Select(static worker => new WorkerReport(worker.Name, worker.Rounds, worker.BusyRounds, worker.BusyTime, worker.Faults))],
        };
    }

    private static ServiceReport Describe(Service service, ImmutableArray<InstanceReport> instances)
    {
        InstanceReport[] own = [.. instances.Where(instance => instance.Service == service.Id)];
        return new ServiceReport(
            service.Id,
            service.Name,
            service.Routing.Instances.Length,
            service.HandledByStopped + own.Sum(static instance => instance.Handled),
            service.DroppedByStopped + own.Sum(static instance => instance.Dropped.Values.Sum()),
            service.NoInstanceDrops);
    }
}

using System.Diagnostics;
using OpenNetVM.Core.LoadBalancing;

namespace OpenNetVM.Core.Services;

/// <summary>A service and the instances that provide it. Safe from any thread; changed only through its <see cref="ServiceRegistry"/>.</summary>
[DebuggerDisplay("{Name} ({Id}): {Routing.Instances.Length} instances")]
internal sealed class Service
{
    private InstanceSet _routing = InstanceSet.Empty;
    private long _noInstanceDrops;

    internal Service(ServiceId id, string name, ILoadBalancer balancer, FlowPinning? pinning, int domain = 0)
    {
        Id = id;
        Name = name;
        Balancer = balancer;
        Pinning = pinning;
        Domain = domain;
    }

    internal ServiceId Id { get; }

    internal string Name { get; }

    internal ILoadBalancer Balancer { get; }

    /// <summary>Number of the security domain whose memory the packets of its instances are in.</summary>
    internal int Domain { get; }

    /// <summary>Keeps flows at their instances, where the service asks for it.</summary>
    internal FlowPinning? Pinning { get; }

    /// <summary>Packets that instances handled which have stopped.</summary>
    internal long HandledByStopped { get; private set; }

    /// <summary>Packets dropped on the way to or by instances which have stopped.</summary>
    internal long DroppedByStopped { get; private set; }

    /// <summary>All instances, whatever their state; under the registry's lock.</summary>
    internal List<NfInstance> Members { get; } = [];

    /// <summary>The instances that get packets at the moment.</summary>
    internal InstanceSet Routing => Volatile.Read(ref _routing);

    /// <summary>Packets dropped because no instance was running.</summary>
    internal long NoInstanceDrops => Volatile.Read(ref _noInstanceDrops);

    internal void AddNoInstanceDrops(int packets) => Interlocked.Add(ref _noInstanceDrops, packets);

    /// <summary>Takes an instance that stopped out, and keeps its sums; under the registry's lock.</summary>
    internal void Retire(NfInstance instance)
    {
        if (!Members.Remove(instance))
            return;
        HandledByStopped += instance.Runner?.HandledPackets ?? 0;
        DroppedByStopped += instance.DroppedPackets;
    }

    /// <summary>Replaces the instances; under the registry's lock.</summary>
    internal void SetRouting(NfInstance[] instances) => Volatile.Write(ref _routing, new InstanceSet(instances, Balancer));
}

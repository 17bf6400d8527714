using System.Diagnostics;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Core.Services;

/// <summary>
/// Which services there are and which instances provide each (paper, "service types"). Safe from any thread. The data path reads
/// snapshots that are replaced as a whole, and is never locked out.
/// </summary>
[DebuggerDisplay("{Services.Count} services")]
public sealed class ServiceRegistry : IServiceDirectory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Service> _byName = new(StringComparer.Ordinal);
    private readonly SortedDictionary<ushort, NfInstance> _instances = [];
    private Service?[] _byId = new Service?[64];
    private ushort _nextInstance = 1;

    internal ServiceRegistry()
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<ServiceInfo> Services
    {
        get
        {
            lock (_gate)
                return [.. _byId.OfType<Service>().Select(Describe)];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<InstanceInfo> Instances
    {
        get
        {
            lock (_gate)
                return [.. _instances.Values.Select(Describe)];
        }
    }

    /// <summary>Congestion of all instances together.</summary>
    internal CongestionGauge Congestion { get; } = new();

    /// <inheritdoc/>
    public bool TryFind(string name, out ServiceInfo? service)
    {
        lock (_gate)
            service = _byName.TryGetValue(name, out Service? found) ? Describe(found) : null;
        return service is not null;
    }

    /// <inheritdoc/>
    public bool TryFind(ServiceId id, out ServiceInfo? service)
    {
        lock (_gate)
            service = Find(id) is { } found ? Describe(found) : null;
        return service is not null;
    }

    /// <inheritdoc/>
    public bool TryFind(InstanceId id, out InstanceInfo? instance)
    {
        lock (_gate)
            instance = _instances.TryGetValue(id.Value, out NfInstance? found) ? Describe(found) : null;
        return instance is not null;
    }

    /// <summary>The service with an id, for the data path: one array read, no lock.</summary>
    internal Service? Find(ServiceId id)
    {
        Service?[] services = Volatile.Read(ref _byId);
        return id.Value < services.Length ? services[id.Value] : null;
    }

    internal NfInstance? FindInstance(InstanceId id)
    {
        lock (_gate)
            return _instances.GetValueOrDefault(id.Value);
    }

    internal NfInstance[] InstancesOf(ServiceId id)
    {
        lock (_gate)
            return Find(id) is { } service ? [.. service.Members] : [];
    }

    internal NfInstance[] AllInstances()
    {
        lock (_gate)
            return [.. _instances.Values];
    }

    internal Service[] AllServices()
    {
        lock (_gate)
            return [.. _byId.OfType<Service>()];
    }

    /// <exception cref="ArgumentException">The id or the name is taken, or not valid.</exception>
    internal Service AddService(ServiceId? wanted, string name, ILoadBalancer balancer, FlowPinning? pinning = null, int domain = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        lock (_gate)
        {
            if (_byName.TryGetValue(name, out Service? sameName))
                throw new ArgumentException($"A service named \"{name}\" exists already ({sameName.Id}). Give each service a name of its own; more instances of one service are a matter of ServiceOptions.Instances.", nameof(name));
            ServiceId id = wanted ?? LowestFreeId();
            if (!id.IsValid)
                throw new ArgumentException($"{id} is not an id that a service can have: 1 to {ServiceId.MaxValue}.", nameof(wanted));
            if (Find(id) is { } sameId)
                throw new ArgumentException($"The id of service \"{name}\", {id.Value}, is taken by service \"{sameId.Name}\". Choose another, or leave it out.", nameof(wanted));

            Service service = new(id, name, balancer, pinning, domain);
            Service?[] services = _byId;
            if (id.Value >= services.Length)
                Array.Resize(ref services, Math.Max(id.Value + 1, services.Length * 2));
            services[id.Value] = service;
            Volatile.Write(ref _byId, services);
            _byName.Add(name, service);
            return service;
        }
    }

    /// <summary>Makes an instance that gets no packets yet.</summary>
    /// <exception cref="InvalidOperationException">All 65,533 instance ids are taken.</exception>
    internal NfInstance AddInstance(Service service, int ringCapacity, InstanceMemory? memory = null)
    {
        lock (_gate)
        {
            InstanceId id = FreeInstanceId();
            NfInstance instance = new(id, service, ringCapacity, Congestion, memory);
            _instances.Add(id.Value, instance);
            service.Members.Add(instance);
            return instance;
        }
    }

    /// <summary>Changes an instance's state and, with it, whether its service's packets are spread to it.</summary>
    internal void SetState(NfInstance instance, InstanceState state) => SetState([instance], state);

    /// <summary>Changes an instance's state if it is the expected one.</summary>
    internal bool TryChangeState(NfInstance instance, InstanceState from, InstanceState to)
    {
        lock (_gate)
        {
            if (instance.State != from)
                return false;
            SetState(instance, to);
            return true;
        }
    }

    /// <summary>Changes the state of several instances of one service at once.</summary>
    internal void SetState(ReadOnlySpan<NfInstance> instances, InstanceState state)
    {
        if (instances.IsEmpty)
            return;
        lock (_gate)
        {
            Service service = instances[0].Service;
            if (state == InstanceState.Running)
            {
                Show(instances, state);
                Rebalance(service, instances, state);
                return;
            }

            // Whoever sees that an instance takes no packets any more may take back what it has: from then on it must get none, and balancing may take milliseconds.
            try
            {
                Rebalance(service, instances, state);
            }
            finally
            {
                Show(instances, state);
            }
        }
    }

    private void Show(ReadOnlySpan<NfInstance> instances, InstanceState state)
    {
        foreach (NfInstance instance in instances)
        {
            Debug.Assert(instance.Service == instances[0].Service, "one service at a time");
            instance.State = state;
            if (state != InstanceState.Stopped)
                continue;
            _instances.Remove(instance.Id.Value);
            instance.Service.Retire(instance);
        }
    }

    // By the states that the instances have, or are about to show. Paused instances keep their place only if nobody else can take it: their packets then wait in their rings.
    private static void Rebalance(Service service, ReadOnlySpan<NfInstance> changed, InstanceState state)
    {
        HashSet<NfInstance> changing = [.. changed];
        NfInstance[] running = Of(InstanceState.Running);
        if (running.Length == 0)
            running = Of(InstanceState.Paused);
        if (!service.Routing.Instances.SequenceEqual(running))
            service.SetRouting(running);

        NfInstance[] Of(InstanceState wanted) =>
            [.. service.Members.Where(instance => (changing.Contains(instance) ? state : instance.State) == wanted).OrderBy(static instance => instance.Id)];
    }

    private static ServiceInfo Describe(Service service) => new(service.Id, service.Name, service.Balancer.Name, service.Routing.Instances.Length);

    private static InstanceInfo Describe(NfInstance instance) =>
        new(instance.Id, instance.Service.Id, instance.Service.Name, instance.State, instance.Worker?.Name);

    private ServiceId LowestFreeId()
    {
        for (int id = 1; id <= ServiceId.MaxValue; id++)
        {
            if (id >= _byId.Length || _byId[id] is null)
                return new ServiceId((ushort)id);
        }

        throw new InvalidOperationException($"All {ServiceId.MaxValue} service ids are taken.");
    }

    // Ids go round, so that the id of an instance that stopped is not used again at once: a late descriptor of it is then recognised.
    private InstanceId FreeInstanceId()
    {
        for (int tries = 0; tries < InstanceId.MaxValue; tries++)
        {
            ushort id = _nextInstance;
            _nextInstance = id == InstanceId.MaxValue ? (ushort)1 : (ushort)(id + 1);
            if (!_instances.ContainsKey(id))
                return new InstanceId(id);
        }

        throw new InvalidOperationException($"All {InstanceId.MaxValue} instance ids are taken. Stop instances before starting more.");
    }
}

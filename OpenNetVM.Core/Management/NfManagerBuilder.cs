using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <summary>
/// Collects ports, services, chains and workers, checks that they fit together, and makes the platform. Not thread-safe; build once.
/// </summary>
/// <example>
/// <code>
/// NfManagerBuilder builder = new();
/// PortId lan = builder.AddPort(new LoopbackPort("lan"));
/// PortId wan = builder.AddPort(new LoopbackPort("wan"));
/// ServiceId firewall = builder.AddService("firewall", () => new Firewall());
/// builder.DefaultChain = ServiceChain.Through(firewall).To(wan);
/// await using NfManager manager = builder.Build();
/// manager.Start();
/// </code>
/// </example>
public sealed class NfManagerBuilder
{
    private readonly List<PlannedPort> _ports = [];
    private readonly List<PlannedService> _services = [];
    private readonly List<ServiceChain> _chains = [];
    private readonly Dictionary<PortId, ServiceChain> _ingressChains = [];
    private readonly List<WorkerOptions> _workers = [];
    private bool _built;

    /// <summary>Everything that is not a port, a service, a chain or a worker.</summary>
    public NfManagerOptions Options { get; set; } = new();

    /// <summary>The chain of packets for which the flow director has no rule. Must be set.</summary>
    public ServiceChain? DefaultChain { get; set; }

    /// <summary>Adds a port. A port object belongs to one platform.</summary>
    /// <param name="port">The port; the platform disposes it.</param>
    /// <param name="workers">Names of the workers that poll its receive queues, which are dealt to them in turn; none for the first worker.</param>
    /// <returns>The port's id: 0 for the first port, 1 for the second...</returns>
    public PortId AddPort(IPort port, params IReadOnlyList<string> workers)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(workers);
        _ports.Add(new PlannedPort(port, workers));
        return new PortId((ushort)(_ports.Count - 1));
    }

    /// <summary>Adds a service.</summary>
    /// <param name="name">Its name, unique within the platform.</param>
    /// <param name="factory">Makes a new function object at each call: one for each instance, and another after a fault.</param>
    /// <param name="options">How it is run; null for one instance on the first worker.</param>
    /// <returns>The service's id, for chains.</returns>
    public ServiceId AddService(string name, Func<NetworkFunction> factory, ServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Plan(name, factory, options ?? new ServiceOptions());
    }

    /// <summary>Adds a service that processes provide (see <see cref="ServiceOptions.Processes"/>); of the default number of instances, one, if it says how to start them, none else.</summary>
    /// <param name="name">Its name, unique within the platform: what processes register for.</param>
    /// <param name="options">How it is run.</param>
    /// <returns>The service's id, for chains.</returns>
    public ServiceId AddService(string name, ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Plan(name, null, options);
    }

    /// <summary>Adds a chain for rules of the flow director.</summary>
    /// <returns>Its id: 1 for the first, 2 for the second...</returns>
    public ChainId AddChain(ServiceChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        _chains.Add(chain);
        return new ChainId((ushort)_chains.Count);
    }

    /// <summary>Gives packets that come in by one port a default chain of their own.</summary>
    public void SetDefaultChain(PortId ingress, ServiceChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        _ingressChains[ingress] = chain;
    }

    /// <summary>Adds a worker: a thread that polls what is placed on it. Without any, the platform has one worker that does everything.</summary>
    public void AddWorker(WorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _workers.Add(options);
    }

    /// <summary>Adds a worker: a thread that polls what is placed on it. Without any, the platform has one worker that does everything.</summary>
    /// <param name="name">Its name, by which ports and services are placed on it.</param>
    /// <param name="core">The core that it is pinned to; null leaves that to the system.</param>
    /// <param name="idle">What it does when there is nothing to do; null for spinning, then yielding, then sleeping.</param>
    public void AddWorker(string name, int? core = null, IdleStrategy? idle = null) =>
        AddWorker(new WorkerOptions { Name = name, Core = core, Idle = idle ?? IdleStrategy.Adaptive });

    /// <summary>Checks everything and makes the platform. Nothing moves before <see cref="NfManager.Start"/>.</summary>
    /// <exception cref="ArgumentException">Something does not fit; the message names it and says what to change.</exception>
    /// <exception cref="InvalidOperationException">The builder was used before.</exception>
    public NfManager Build()
    {
        if (_built)
            throw new InvalidOperationException("This builder has built its platform. Use another builder for another platform.");
        Options.Validate();
        if (_workers.Count == 0)
            _workers.Add(new WorkerOptions { Name = "worker" });
        CheckWorkers();
        CheckPorts();
        foreach (PlannedService service in _services)
            CheckService(service);
        if (DefaultChain is null)
            throw new ArgumentException("The platform has no default chain, so it does not know what to do with packets. Set NfManagerBuilder.DefaultChain, if need be to ServiceChain.Drop.");

        NfManager manager = new(Options, _ports, _workers);
        try
        {
            foreach (PlannedService service in _services)
                manager.Add(service.Name, service.Factory, service.Options with { Id = service.Id });
            manager.Chains.Default = DefaultChain;
            foreach (ServiceChain chain in _chains)
                manager.Chains.Add(chain);
            foreach ((PortId ingress, ServiceChain chain) in _ingressChains)
                manager.Chains.SetDefault(ingress, manager.Chains.Add(chain));
        }
        catch
        {
            manager.Abandon();
            throw;
        }

        _built = true;
        return manager;
    }

    private ServiceId Plan(string name, Func<NetworkFunction>? factory, ServiceOptions options)
    {
        ServiceId id = options.Id ?? LowestFreeId();
        _services.Add(new PlannedService(id, name, factory, options));
        return id;
    }

    private void CheckWorkers()
    {
        foreach (IGrouping<string, WorkerOptions> same in _workers.GroupBy(static worker => worker.Name, StringComparer.Ordinal))
        {
            if (same.Count() > 1)
                throw new ArgumentException($"{same.Count()} workers are named \"{same.Key}\". Give each worker a name of its own.");
        }
    }

    private void CheckPorts()
    {
        if (_ports.Count >= ushort.MaxValue)
            throw new ArgumentException($"{_ports.Count} ports were added, but a platform can have {ushort.MaxValue - 1}.");
        HashSet<IPort> seen = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (PlannedPort planned in _ports)
        {
            string name = planned.Port.Info.Name;
            if (!seen.Add(planned.Port))
                throw new ArgumentException($"Port \"{name}\" was added twice. Add each port object once.");
            NewPorts.Check(planned.Port, names);
            names.Add(name);
            CheckWorkerNames(planned.Workers, $"Port \"{name}\"");
        }
    }

    private void CheckService(PlannedService service)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(service.Name);
        ServiceOptions options = service.Options;
        if (options.Instances is < 0 or > InstanceId.MaxValue)
            throw new ArgumentException($"Service \"{service.Name}\" asks for {options.Instances} instances, but 0 to {InstanceId.MaxValue} are possible.");
        if (options.RingCapacity is { } capacity)
            Options.Dataplane.CheckRing(capacity, $"The ring capacity of service \"{service.Name}\"");
        if (options.PinFlows && options.PinnedFlowCapacity < 1)
            throw new ArgumentException($"Service \"{service.Name}\" pins flows but has room for {options.PinnedFlowCapacity}. Set ServiceOptions.PinnedFlowCapacity to the number of flows that are active at once.");
        options.Restart.Validate();
        NfManager.CheckProcesses(service.Name, service.Factory, options, Options.Processes);
        CheckWorkerNames(options.Workers, $"Service \"{service.Name}\"");
        if (options.TransmitWorker is { } transmitter)
            CheckWorkerNames([transmitter], $"Service \"{service.Name}\"");
    }

    private void CheckWorkerNames(IEnumerable<string> names, string who)
    {
        foreach (string name in names)
        {
            if (!_workers.Exists(worker => worker.Name == name))
                throw new ArgumentException($"{who} is placed on worker \"{name}\", which does not exist. There is {string.Join(", ", _workers.Select(static worker => $"\"{worker.Name}\""))}; add it with AddWorker or correct the name.");
        }
    }

    private ServiceId LowestFreeId()
    {
        for (ushort id = 1; id <= ServiceId.MaxValue; id++)
        {
            if (!_services.Exists(service => service.Id.Value == id))
                return new ServiceId(id);
        }

        throw new InvalidOperationException($"All {ServiceId.MaxValue} service ids are taken.");
    }

    internal sealed record PlannedPort(IPort Port, IReadOnlyList<string> Workers);

    private sealed record PlannedService(ServiceId Id, string Name, Func<NetworkFunction>? Factory, ServiceOptions Options);
}

using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;

namespace OpenNetVM.Core.Management;

/// <summary>
/// A platform: ports, services and their instances, chains, and the workers that move packets (paper, "NF Manager"). Made by
/// <see cref="NfManagerBuilder"/>. Its methods are safe from any thread unless they say otherwise. Several platforms can live in one process.
/// </summary>
public sealed partial class NfManager : IAsyncDisposable
{
    private readonly Lock _control = new();
    private readonly NfManagerOptions _options;
    private readonly DataplaneState _plane;
    private readonly List<WorkerSlot> _workers = [];
    private readonly Dictionary<ServiceId, ServicePlan> _plans = [];
    private readonly ILogger _logger;
    private ManagerState _state = ManagerState.Built;

    internal NfManager(NfManagerOptions options, IReadOnlyList<NfManagerBuilder.PlannedPort> ports, IReadOnlyList<WorkerOptions> workers)
    {
        _options = options;
        _logger = options.Loggers.CreateLogger<NfManager>();
        _plane = new DataplaneState(options.Dataplane, options.Processes, ports.Select(static planned => planned.Port), options.Time, options.Loggers)
        {
            FaultReporter = ReportFault,
            RequestInstances = Request,
        };
        foreach (WorkerOptions worker in workers)
            _workers.Add(new WorkerSlot(_plane, new Worker(worker, options.Time, options.Loggers.CreateLogger($"{nameof(Worker)}.{worker.Name}"))));
        for (int i = 0; i < ports.Count; i++)
            AddReceivers(_plane.Ports[i], ports[i].Workers);
        foreach (WorkerSlot slot in _workers)
            slot.Worker.Add(slot.Transmitter);
    }

    /// <summary>
    /// Called when a network function has thrown an exception; on the thread of that instance's worker, so be quick. The supervisor handles the rest.
    /// </summary>
    public event Action<NfFault>? InstanceFaulted;

    /// <summary>Where the platform stands in its life.</summary>
    public ManagerState State
    {
        get
        {
            lock (_control)
                return _state;
        }
    }

    /// <summary>The packet memory.</summary>
    public PacketPool Pool => _plane.Pool;

    /// <summary>The services and their instances.</summary>
    public ServiceRegistry Services => _plane.Services;

    /// <summary>The service chains. They can be changed while packets flow.</summary>
    public ChainTable Chains => _plane.Chains;

    /// <summary>The chains of flows. They can be changed while packets flow.</summary>
    public FlowDirector Director => _plane.Director;

    /// <summary>What network functions may do beyond following their chains. Can be replaced while packets flow; holds from the next burst on.</summary>
    public SteeringPolicy Policy
    {
        get => _plane.Policy;
        set => _plane.Policy = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>The workers.</summary>
    public IReadOnlyList<Worker> Workers => [.. _workers.Select(static slot => slot.Worker)];

    /// <summary>The ports, in the order of their ids; those that were removed are among them.</summary>
    public IReadOnlyList<IPort> Ports
    {
        get
        {
            List<IPort> ports = [];
            foreach (PortEntry entry in _plane.Ports)
                ports.Add(entry.Port);
            return ports;
        }
    }

    /// <summary>Packets that came in and have neither left nor are held by a function on purpose. 0 when everything was worked off.</summary>
    public long PacketsUnderWay => _plane.PacketsUnderWay;

    /// <summary>Starts the instances, the ports and, unless the platform is hand-driven, the workers.</summary>
    /// <exception cref="InvalidOperationException">The platform was started before.</exception>
    /// <remarks>
    /// An exception of a function's OnStart or a port's Start comes through, and nothing is left running. Processes are started last, and waited for; packets that arrive meanwhile wait
    /// at their ports.
    /// </remarks>
    public void Start()
    {
        StartHere();
        try
        {
            StartProcesses();
            foreach (WorkerSlot slot in _workers)
                slot.Worker.Invoke(() => Open(slot));
        }
        catch
        {
            StopAsync().GetAwaiter().GetResult();
            throw;
        }

        _logger.LogInformation("Platform started: {Ports} ports, {Services} services, {Instances} instances, {Workers} workers", _plane.Ports.Length, _plans.Count, Services.Instances.Count, _workers.Count);
    }

    // On the worker's thread. A platform that is being stopped already has said to the worker that it receives no more, or will.
    private void Open(WorkerSlot slot)
    {
        if (_state == ManagerState.Running)
            slot.EnableReceivers();
    }

    private void StartHere()
    {
        lock (_control)
        {
            if (_state != ManagerState.Built)
                throw new InvalidOperationException($"The platform cannot be started: it is {_state} already.");
            try
            {
                foreach (ServicePlan plan in _plans.Values)
                    StartInstances(plan, plan.Factory is null ? 0 : plan.Options.Instances);
                foreach (PortEntry entry in _plane.Ports)
                    StartPort(entry);

                // Until the processes are there, packets wait at their ports.
                foreach (WorkerSlot slot in _workers)
                    slot.DisableReceivers();
                if (!_options.HandDriven)
                {
                    foreach (WorkerSlot slot in _workers)
                        slot.Worker.Start();
                }

                OpenSockets();
            }
            catch
            {
                foreach (WorkerSlot slot in _workers)
                    slot.Worker.Stop();
                foreach (PortEntry entry in _plane.Ports)
                    entry.Port.Stop();
                _state = ManagerState.Stopped;
                throw;
            }

            _state = ManagerState.Running;
        }
    }

    /// <summary>Lets every worker do one round, on the calling thread. For hand-driven platforms; one thread at a time.</summary>
    /// <returns>Packets, messages and timers that were handled; 0 when nothing happened.</returns>
    /// <exception cref="InvalidOperationException">The platform runs by threads.</exception>
    public int Poll()
    {
        if (!_options.HandDriven)
            throw new InvalidOperationException("This platform is run by its workers' threads. Set NfManagerOptions.HandDriven to poll it by hand.");
        int work = 0;
        foreach (WorkerSlot slot in _workers)
            work += Math.Max(0, slot.Worker.PollOnce());
        return work;
    }

    /// <summary>Calls <see cref="Poll"/> until a round finds nothing to do. For hand-driven platforms.</summary>
    /// <param name="maxRounds">Gives up after so many rounds: an endless source, or functions that send packets in circles.</param>
    /// <returns>Packets, messages and timers that were handled.</returns>
    /// <exception cref="InvalidOperationException">There was still something to do after <paramref name="maxRounds"/> rounds.</exception>
    public long PollUntilIdle(int maxRounds = 1_000_000)
    {
        long work = 0;
        for (int round = 0; round < maxRounds; round++)
        {
            int done = Poll();
            if (done == 0)
                return work;
            work += done;
        }

        throw new InvalidOperationException($"The platform still had work after {maxRounds} rounds. A source without end needs its own limit; see PacketsUnderWay ({PacketsUnderWay}) and the statistics for packets that go in circles.");
    }

    /// <summary>Adds a service while the platform runs. Its instances are started with <see cref="StartInstance"/>.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="ArgumentException">The name or the id is taken.</exception>
    public ServiceId AddService(string name, Func<NetworkFunction> factory, ServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Add(name, factory, options ?? new ServiceOptions());
    }

    /// <summary>Adds a service that processes provide, while the platform runs. They are started with <see cref="StartProcessAsync"/>, or register by themselves.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="ArgumentException">The name or the id is taken, or the options do not say how processes provide the service.</exception>
    public ServiceId AddService(string name, ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Add(name, null, options);
    }

    internal ServiceId Add(string name, Func<NetworkFunction>? factory, ServiceOptions options)
    {
        CheckProcesses(name, factory, options, _options.Processes);
        if (options.RingCapacity is { } capacity)
        {
            _options.Dataplane.CheckRing(capacity, $"The ring capacity of service \"{name}\"");
            _plane.NarrowWindow(capacity);
        }

        lock (_control)
        {
            FlowPinning? pinning = options.PinFlows ? new FlowPinning(options.PinnedFlowCapacity) : null;
            Service service = _plane.Services.AddService(options.Id, name, options.LoadBalancer, pinning, _options.Processes?.NumberOf(options.Domain) ?? 0);
            _plans.Add(service.Id, new ServicePlan(service, factory, options));
            return service.Id;
        }
    }

    /// <summary>Sends a message from the application to one instance.</summary>
    /// <returns>False if there is no such instance, or its mailbox is full.</returns>
    public bool TryPost(InstanceId to, int kind, ReadOnlyMemory<byte> body) => _plane.TryPost(to, new NfMessage(default, kind, body));

    /// <summary>Sends a message from the application to every instance of a service.</summary>
    /// <returns>How many instances it reached; mailboxes that are full are left out.</returns>
    public int Post(ServiceId to, int kind, ReadOnlyMemory<byte> body) => _plane.Post(to, new NfMessage(default, kind, body));
}

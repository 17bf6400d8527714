using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;

namespace OpenNetVM.Core.Dataplane;

/// <summary>What all workers of one platform share. Nothing of it is static: two platforms in one process have two of these.</summary>
internal sealed unsafe class DataplaneState : IDisposable
{
    private readonly Lock _gate = new();
    private PortEntry[] _ports;
    private readonly int _portOutputCapacity;
    private ChainExecutor[] _executors = [];
    private SteeringPolicy _policy;
    private int _window;

    internal DataplaneState(DataplaneOptions options, ProcessOptions? processes, IEnumerable<IPort> ports, TimeProvider time, ILoggerFactory loggers)
    {
        Time = time;
        Loggers = loggers;
        BurstSize = options.BurstSize;
        RingCapacity = options.RingCapacity;
        HopLimit = options.HopLimit;
        SoftwareRss = options.SoftwareRss;
        FusedHops = options.FusedHops;
        _policy = options.Policy;

        _window = options.RingCapacity / 2;
        _portOutputCapacity = Math.Max(256, _window + options.BurstSize);
        _ports = [.. ports.Select(static (port, index) => new PortEntry(new PortId((ushort)index), port))];
        CountWaitingSources();
        Services = new ServiceRegistry();
        PoolLayout layout = processes is null ? PoolLayout.Single(options.Pool) : PoolLayout.Of(options.Pool, processes.DomainsOf(options.Pool));
        Pool = new PacketPool(options.Pool, layout, loggers.CreateLogger<PacketPool>());
        HasDomains = layout.Segments.Length > 1;
        if (processes is not null)
            Given = (PacketDescriptor*)NativeMemory.AllocZeroed(Pool.IndexLimit, (nuint)sizeof(PacketDescriptor));
        Chains = new ChainTable(Services, FindPort, time);
        Director = new FlowDirector(Chains, options.Director, time);
    }

    internal TimeProvider Time { get; }

    internal ILoggerFactory Loggers { get; }

    internal PacketPool Pool { get; }

    internal ServiceRegistry Services { get; }

    internal ChainTable Chains { get; }

    internal FlowDirector Director { get; }

    internal int BurstSize { get; }

    /// <summary>The rings' capacity where a service does not ask for another.</summary>
    internal int RingCapacity { get; }

    internal int HopLimit { get; }

    internal bool SoftwareRss { get; }

    internal bool FusedHops { get; }

    /// <summary>Whether packets lie in the memory of several security domains.</summary>
    internal bool HasDomains { get; }

    /// <summary>
    /// By buffer: the descriptor of a packet that is with another process, as it was given to it. In memory that no such process can write. Null if none can come.
    /// </summary>
    internal PacketDescriptor* Given { get; private set; }

    /// <summary>How many packets of sources that can wait may be under way at once: with no more than this, no ring can overflow, whichever way they all go.</summary>
    internal int Window => Volatile.Read(ref _window);

    /// <summary>Receive queues whose sources can wait, and which share <see cref="Window"/>; at least 1.</summary>
    internal int WaitingSources { get; private set; }

    internal SteeringPolicy Policy
    {
        get => Volatile.Read(ref _policy);
        set => Volatile.Write(ref _policy, value);
    }

    /// <summary>By id; those that were removed are among them.</summary>
    internal ReadOnlySpan<PortEntry> Ports => Volatile.Read(ref _ports);

    internal ChainExecutor[] Executors => Volatile.Read(ref _executors);

    /// <summary>Packets that are in the platform: came in and have not left, those that functions hold on purpose not counted.</summary>
    internal long PacketsUnderWay
    {
        get
        {
            // What completed is read first: a packet may be seen as under way that has just left, never the other way round.
            long completed = 0;
            long admitted = 0;
            foreach (ChainExecutor executor in Executors)
                completed += executor.Completed.Value;
            foreach (ChainExecutor executor in Executors)
                admitted += executor.Admitted.Value;
            return admitted - completed - Volatile.Read(ref HeldPackets);
        }
    }

    /// <summary>Packets that functions hold on purpose.</summary>
    internal long HeldPackets;

    /// <summary>Packets that other processes owe which are too slow to be waited for: sources that can wait do not wait for them. A part of <see cref="PacketsUnderWay"/>.</summary>
    internal long PacketsElsewhere;

    /// <summary>Descriptors that came back from an instance and were not its own.</summary>
    internal long RejectedDescriptors;

    /// <summary>Actions that the policy refused.</summary>
    internal long VetoedActions;

    /// <summary>Told of every exception of a function.</summary>
    internal required Action<NfFault> FaultReporter { get; init; }

    /// <summary>Told that an instance wishes that its service had so many; says whether anybody listens.</summary>
    internal required Func<NfInstance, int, bool> RequestInstances { get; init; }

    public void Dispose()
    {
        Director.Dispose();
        Pool.Dispose();
        NativeMemory.Free(Given);
        Given = null;
    }

    /// <summary>Allows for a ring that is smaller than the others.</summary>
    internal void NarrowWindow(int ringCapacity)
    {
        lock (_gate)
            Volatile.Write(ref _window, Math.Min(_window, ringCapacity / 2));
    }

    /// <summary>Null for a port that does not exist, or was removed.</summary>
    internal PortInfo? FindPort(PortId port)
    {
        PortEntry[] ports = Volatile.Read(ref _ports);
        return port.Value < ports.Length && !ports[port.Value].IsRemoved ? ports[port.Value].Info : null;
    }

    /// <summary>A port with the next id, not yet among the others. Under the manager's lock.</summary>
    internal PortEntry NewPort(IPort port) => _ports.Length < ushort.MaxValue
        ? new PortEntry(new PortId((ushort)_ports.Length), port)
        : throw new InvalidOperationException($"A platform can have {ushort.MaxValue} ports in its life.");

    /// <summary>Under the manager's lock.</summary>
    internal void AddPort(PortEntry port)
    {
        Volatile.Write(ref _ports, [.. _ports, port]);
        CountWaitingSources();
    }

    /// <summary>To be called when ports came or went.</summary>
    internal void CountWaitingSources() =>
        WaitingSources = Math.Max(1, _ports.Where(static port => port.Info.CanWait && !port.IsRemoved).Sum(static port => port.Info.ReceiveQueues));

    /// <summary>Gives a packet that a function makes no revision and an old version: the executor finds its chain when it knows what the function has made of it.</summary>
    internal void LeaveUnclassified(ref PacketDescriptor descriptor)
    {
        descriptor.Chain = ChainTable.NoRevision;
        descriptor.DirectorVersion = unchecked((ushort)(Director.ShortVersion - 1));
    }

    internal void Report(NfFault fault) => FaultReporter(fault);

    /// <summary>Sends a message to one instance; false if there is none, or its mailbox is full.</summary>
    internal bool TryPost(InstanceId to, in NfMessage message) => Services.FindInstance(to)?.Runner?.TryPost(message) ?? false;

    /// <summary>Sends a message to all instances of a service; returns how many it reached.</summary>
    internal int Post(ServiceId to, in NfMessage message)
    {
        int reached = 0;
        foreach (NfInstance instance in Services.InstancesOf(to))
            reached += instance.Runner?.TryPost(message) == true ? 1 : 0;
        return reached;
    }

    internal ChainExecutor AddExecutor(Worker worker)
    {
        lock (_gate)
        {
            ChainExecutor executor = new(this, worker, _executors.Length);
            Volatile.Write(ref _executors, [.. _executors, executor]);
            return executor;
        }
    }

    internal PortOutput AddOutput(PortId port)
    {
        lock (_gate)
            return _ports[port.Value].AddOutput(_portOutputCapacity, _executors.Length);
    }
}

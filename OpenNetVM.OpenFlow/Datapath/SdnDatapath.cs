using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using PortStatistics = OpenNetVM.OpenFlow.Messages.PortStatistics;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A started switch: what its functions and its channels share.</summary>
internal sealed class SdnDatapath : IOpenFlowDatapath, IAsyncDisposable
{
    // A function that does not come to its commands (a platform that is stopping, or driven by hand) must not stop a channel.
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(1);

    private readonly NfManager _manager;
    private readonly ServiceId _service;
    private readonly SdnSwitchOptions _options;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ConcurrentDictionary<uint, WaitingFlow> _buffers = [];
    private readonly ITimer _updates;
    private readonly Lock _updating = new();
    private readonly Func<SdnFunction[]> _functions;
    private List<ServiceChain> _defaultChains;
    private long _held;
    private int _lastBuffer;
    private volatile bool _isControlled;
    private volatile bool _isClosed;

    public SdnDatapath(NfManager manager, ServiceId service, SdnSwitchOptions options, Func<SdnFunction[]> functions, TimeProvider time, ILogger logger)
    {
        _functions = functions;
        _manager = manager;
        _service = service;
        _options = options;
        _time = time;
        _started = time.GetTimestamp();
        Ports = new SwitchPorts(manager, service);
        Ports.Refresh();
        _defaultChains = DefaultChains();
        Paths = new PathTable(manager.Chains, service, options.MaxPaths, time, logger);
        Limiter = new PacketInLimiter(options.PacketInRate, options.PacketInBurst, time);
        Channels = new OpenFlowSwitch(this, options.ToAgentOptions(), options.Channel, options.Endpoints, time, logger, agent =>
        {
            Agent = agent;
            Flows = new FlowCache(manager.Director, agent, Paths, Counters, options.FlowIdleTimeout, time);
        });
        manager.Director.Expired += Flows.Expired;
        _updates = time.CreateTimer(static datapath => ((SdnDatapath)datapath!).Update(), this, options.UpdatePeriod, options.UpdatePeriod);
    }

    public OpenFlowSwitch Channels { get; }

    public SwitchAgent Agent { get; private set; } = null!;

    public SwitchPorts Ports { get; }

    public PathTable Paths { get; }

    public FlowCache Flows { get; private set; } = null!;

    public PacketInLimiter Limiter { get; }

    public SdnCounters Counters { get; } = new();

    /// <summary>Packets that wait, of all functions.</summary>
    public ref long HeldPackets => ref _held;

    ValueArray<PortDescription> IOpenFlowDatapath.Ports
    {
        get
        {
            ReadOnlySpan<SwitchPort> ports = Ports.All;
            PortDescription[] descriptions = new PortDescription[ports.Length];
            for (int i = 0; i < descriptions.Length; i++)
                descriptions[i] = ports[i].Description;
            return new ValueArray<PortDescription>(descriptions);
        }
    }

    public uint BufferCount => _options.UseBuffers ? (uint)_options.MaxHeldPackets : 0;

    /// <summary>Where packets of an instance's platform go by the rules.</summary>
    public PathTranslator CreateTranslator() => new(Agent, Ports, _manager, _service, _options);

    /// <summary>Gives a waiting flow's first packet a buffer id: never 0, which a controller takes for none.</summary>
    public void AssignBuffer(WaitingFlow flow)
    {
        do
        {
            flow.BufferId = (uint)Interlocked.Increment(ref _lastBuffer);
        }
        while (flow.BufferId is 0 or OpenFlowConstants.NoBuffer || !_buffers.TryAdd(flow.BufferId, flow));
    }

    public void ReleaseBuffer(WaitingFlow flow)
    {
        if (flow.BufferId != 0)
            _buffers.TryRemove(flow.BufferId, out _);
        flow.BufferId = 0;
    }

    public bool TrySignal(InstanceId instance) => _manager.TryPost(instance, 0, ReadOnlyMemory<byte>.Empty);

    public PortStatistics? ReadPort(uint number)
    {
        if (Ports.Find(number) is not { } port)
            return null;
        OpenFlowDuration duration = OpenFlowDuration.Of(_time.GetElapsedTime(_started));
        if (port.IsService)
        {
            ServiceReport? service = _manager.GetStatistics().Services.FirstOrDefault(report => report.Id == port.Service);
            // What a service is sent and what comes out of it is the same, as far as it is counted; bytes are not.
            ulong handled = (ulong)(service?.Handled ?? 0);
            return new PortStatistics(number)
            {
                ReceivedPackets = handled,
                SentPackets = handled,
                ReceivedBytes = PortStatistics.NotKept,
                SentBytes = PortStatistics.NotKept,
                SendDrops = (ulong)((service?.Dropped ?? 0) + (service?.NoInstance ?? 0)),
                Duration = duration,
            };
        }

        Core.Ports.PortStatistics statistics = _manager.Ports[port.Nic.Value].GetStatistics();
        return new PortStatistics(number)
        {
            ReceivedPackets = (ulong)statistics.ReceivedPackets,
            SentPackets = (ulong)statistics.TransmittedPackets,
            ReceivedBytes = (ulong)statistics.ReceivedBytes,
            SentBytes = (ulong)statistics.TransmittedBytes,
            ReceiveDrops = (ulong)(statistics.DroppedNoBuffer + statistics.DroppedOversize + statistics.DroppedError),
            Duration = duration,
        };
    }

    public ValueArray<uint> QueuesOf(uint number)
    {
        if (Ports.Find(number) is not { IsService: false })
            return default;
        List<uint> queues = [];
        foreach (SwitchPort port in Ports.All)
        {
            if (port.IsService)
                queues.Add(port.Service.Value);
        }

        return new ValueArray<uint>([.. queues]);
    }

    public PortDescription? Configure(uint port, PortConfig config, PortConfig mask) => Ports.Configure(port, config, mask);

    public OpenFlowError Send(PacketOut message)
    {
        if (message.BufferId != OpenFlowConstants.NoBuffer)
            return Release(message.BufferId, message.InPort, message.Actions);
        SdnFunction[] functions = _functions();
        if (functions.Length == 0)
            SdnCounters.Add(ref Counters.PacketsOutLost);
        for (int i = 0; i < functions.Length; i++)
            functions[i].Ask(i == 0 ? new SendCommand(message.InPort, message.Actions, message.Data) : new AnsweredCommand(message.InPort, message.Data));
        return OpenFlowError.None;
    }

    public OpenFlowError Release(uint bufferId, uint inPort, ValueArray<OpenFlowAction> actions)
    {
        // Who takes the buffer out of the table has the packet: it goes once, whoever else names it.
        if (!_buffers.TryRemove(bufferId, out WaitingFlow? flow))
            return bufferId <= (uint)Volatile.Read(ref _lastBuffer) && bufferId != 0 ? Errors.BadRequest.BufferEmpty : Errors.BadRequest.BufferUnknown;
        flow.Function.Ask(new ReleaseCommand(bufferId, flow, actions));
        return OpenFlowError.None;
    }

    public bool IsBusy
    {
        get
        {
            foreach (SdnFunction function in _functions())
            {
                if (function.IsBusy)
                    return true;
            }

            return false;
        }
    }

    public FlowReading Remove(TrackedFlow flow) => Flows.Remove((InstalledFlow)flow);

    public FlowReading Read(TrackedFlow flow) => Flows.Read((InstalledFlow)flow);

    public async ValueTask SettleAsync(CancellationToken cancellation)
    {
        foreach (SdnFunction function in _functions())
        {
            if (!function.IsAsked)
                continue;
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            function.Ask(new SettleCommand(done));
            await Task.WhenAny(done.Task, Task.Delay(LongestSettling, _time, cancellation)).ConfigureAwait(false);
        }
    }

    public void ControllersChanged(bool isControlled)
    {
        if (_isClosed || isControlled == _isControlled)
            return;
        _isControlled = isControlled;
        if (isControlled)
        {
            // Flows that met no rule went the way for that; now somebody is there who can be asked.
            Agent.WithdrawMissed();
            return;
        }

        if (_options.FailMode == SdnFailMode.Standalone)
            Agent.Clear();
        foreach (SdnFunction function in _functions())
            function.Ask(ForsakeCommand.Instance);
    }

    public SdnSwitchStatistics GetStatistics() => new()
    {
        IsControlled = Agent.IsControlled,
        Channels = Agent.Sessions.Count,
        Rules = Agent.RuleCount,
        Flows = Flows.Count,
        Paths = Paths.Count,
        HeldPackets = Interlocked.Read(ref _held),
        Missed = Interlocked.Read(ref Counters.Missed),
        PacketsIn = Interlocked.Read(ref Counters.Asked),
        Delayed = Interlocked.Read(ref Counters.Delayed),
        Released = Interlocked.Read(ref Counters.Released),
        Undeliverable = Interlocked.Read(ref Counters.Undeliverable),
        Unanswered = Interlocked.Read(ref Counters.Unanswered),
        Overflowed = Interlocked.Read(ref Counters.Overflowed),
        PacketsOut = Interlocked.Read(ref Counters.PacketsOut),
        PacketsOutLost = Interlocked.Read(ref Counters.PacketsOutLost),
        CopiesLost = Interlocked.Read(ref Counters.CopiesLost),
        Unroutable = Interlocked.Read(ref Counters.Unroutable),
        Endless = Interlocked.Read(ref Counters.Endless),
        Installed = Interlocked.Read(ref Counters.Installed),
        NotInstalled = Interlocked.Read(ref Counters.NotInstalled),
    };

    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        await _updates.DisposeAsync().ConfigureAwait(false);
        await Channels.DisposeAsync().ConfigureAwait(false);
        _manager.Director.Expired -= Flows.Expired;
        Agent.WithdrawAll();
        foreach (SdnFunction function in _functions())
            function.Ask(ForsakeCommand.Instance);
        Paths.Close();
    }

    /// <summary>Whether the switch has been closed: its functions' packets follow their chain.</summary>
    public bool IsClosed => _isClosed;

    // Each port may have one of its own.
    private List<ServiceChain> DefaultChains() =>
        [_manager.Chains.Default, .. Enumerable.Range(0, _manager.Ports.Count).Select(port => _manager.Chains.GetDefault(new Core.Ports.PortId((ushort)port)))];

    private void Update()
    {
        // One that takes longer than the period is not joined by the next.
        if (_isClosed || !_updating.TryEnter())
            return;
        try
        {
            foreach ((PortStatusReason reason, PortDescription port) in Ports.Refresh())
                Agent.PortChanged(reason, port);
            Paths.Trim();
            // Rules that say NORMAL lead along the default chains as they were when they were looked at.
            List<ServiceChain> defaultChains = DefaultChains();
            if (!defaultChains.SequenceEqual(_defaultChains))
                Agent.WithdrawAll();
            _defaultChains = defaultChains;
            Flows.Reconcile();
        }
        finally
        {
            _updating.Exit();
        }
    }
}

using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A data path that moves no packets and keeps what the agent asked of it.</summary>
internal sealed class FakeDatapath(TimeProvider time) : IOpenFlowDatapath
{
    private readonly Lock _gate = new();
    private readonly List<PacketOut> _sent = [];
    private readonly List<(uint Buffer, ValueArray<OpenFlowAction> Actions)> _released = [];
    private readonly List<TrackedFlow> _removed = [];
    private readonly Dictionary<TrackedFlow, FlowReading> _counted = [];
    private ValueArray<PortDescription> _ports = [Port(1, "nic0"), Port(2, "nic1"), Port(0x1003, "svc3")];

    public ValueArray<PortDescription> Ports
    {
        get
        {
            lock (_gate)
                return _ports;
        }
        init => _ports = value;
    }

    public uint BufferCount { get; init; } = 256;

    /// <summary>Whether sending a packet throws.</summary>
    public bool IsFaulty { get; init; }

    public IReadOnlyList<PacketOut> Sent => Copy(_sent);

    public IReadOnlyList<(uint Buffer, ValueArray<OpenFlowAction> Actions)> Released => Copy(_released);

    public IReadOnlyList<TrackedFlow> Removed => Copy(_removed);

    public static PortDescription Port(uint number, string name) => new(number, new MacAddress(0x0200_0000_0000UL + number), name)
    {
        State = (uint)PortStates.Live,
        CurrentSpeed = 10_000_000,
        MaxSpeed = 10_000_000,
    };

    public PortStatistics? ReadPort(uint port) => Ports.Any(known => known.Port == port)
        ? new PortStatistics(port) { ReceivedPackets = 10 * port, SentPackets = 5, ReceivedBytes = 1000, SentBytes = 500, Duration = new OpenFlowDuration(3, 0) }
        : null;

    public ValueArray<uint> QueuesOf(uint port) => port < 0x1000 ? [3] : [];

    public PortDescription? Configure(uint port, PortConfig config, PortConfig mask)
    {
        lock (_gate)
        {
            PortDescription old = _ports.First(known => known.Port == port);
            PortDescription changed = old with { Config = (old.Config & ~(uint)mask) | (uint)config };
            _ports = new ValueArray<PortDescription>([.. _ports.Select(known => known.Port == port ? changed : known)]);
            return changed;
        }
    }

    public OpenFlowError Send(PacketOut message)
    {
        if (IsFaulty)
            throw new InvalidOperationException("The data path is broken.");
        lock (_gate)
            _sent.Add(message);
        return OpenFlowError.None;
    }

    public OpenFlowError Release(uint bufferId, uint inPort, ValueArray<OpenFlowAction> actions)
    {
        lock (_gate)
            _released.Add((bufferId, actions));
        return bufferId == 77 ? Errors.BadRequest.BufferUnknown : OpenFlowError.None;
    }

    public FlowReading Remove(TrackedFlow flow)
    {
        lock (_gate)
        {
            _removed.Add(flow);
            return _counted.GetValueOrDefault(flow);
        }
    }

    public bool IsBusy => false;

    public ValueTask SettleAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public void ControllersChanged(bool isControlled)
    {
    }

    public FlowReading Read(TrackedFlow flow)
    {
        lock (_gate)
            return _counted.GetValueOrDefault(flow);
    }

    /// <summary>Packets of a flow are counted as the data path would.</summary>
    public void Count(TrackedFlow flow, ulong packets, ulong bytes)
    {
        lock (_gate)
            _counted[flow] = new FlowReading(_counted.GetValueOrDefault(flow).Counters + new FlowCounters(packets, bytes), time.GetTimestamp());
    }

    private T[] Copy<T>(List<T> list)
    {
        lock (_gate)
            return [.. list];
    }
}

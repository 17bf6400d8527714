using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// Who an instance is, and what it can ask of the manager: flows, messages, timers, packets of its own. Used on the instance's thread only,
/// but for <see cref="Logger"/>, <see cref="Services"/> and <see cref="Flows"/>, which are safe from any thread.
/// </summary>
public sealed unsafe class NfContext
{
    private readonly DataplaneState _plane;
    private readonly NfRunner _runner;
    private readonly NfInstance _instance;

    internal NfContext(DataplaneState plane, NfRunner runner, NfInstance instance)
    {
        _plane = plane;
        _runner = runner;
        _instance = instance;
        Flows = new NfFlows(plane, instance.Service.Id);
        Logger = plane.Loggers.CreateLogger($"{instance.Service.Name}.{instance.Id.Value}");
    }

    /// <summary>This instance.</summary>
    public InstanceId Instance => _instance.Id;

    /// <summary>The service that it provides.</summary>
    public ServiceId Service => _instance.Service.Id;

    /// <summary>The name of that service.</summary>
    public string ServiceName => _instance.Service.Name;

    /// <summary>Where the function reports.</summary>
    public ILogger Logger { get; }

    /// <summary>Which services and instances there are.</summary>
    public ServiceRegistry Services => _plane.Services;

    /// <summary>The chains of flows.</summary>
    public NfFlows Flows { get; }

    /// <summary>The platform's clock.</summary>
    public TimeProvider Time => _plane.Time;

    /// <summary>The clock's timestamp at the beginning of this round of the worker: costs nothing to read.</summary>
    public long Now => _runner.Worker.Now;

    /// <summary>Packets that this instance keeps.</summary>
    public int HeldPackets { get; private set; }

    internal TimerQueue Timers { get; } = new();

    /// <summary>Packets of the burst being handled that were held; the runner sets it back.</summary>
    internal int HeldOfBurst { get; set; }

    /// <summary>Packets that the function created or cloned.</summary>
    internal long CreatedPackets { get; private set; }

    /// <summary>
    /// Keeps a packet beyond the call that it came with. It is this instance's to send or drop later; until then it counts as held.
    /// </summary>
    public HeldPacket Hold(Packet packet)
    {
        _runner.TakeOwnership();
        packet.Action = PacketAction.Hold;
        HeldOfBurst++;
        AddHeld(1);
        return new HeldPacket(packet.Descriptor);
    }

    /// <summary>Makes an empty packet of this instance's own. Sent with <see cref="PacketAction.Next"/> it follows its flow's chain, from behind this service if that visits it.</summary>
    /// <returns>False if the pool is exhausted.</returns>
    public bool TryCreate(out HeldPacket packet)
    {
        if (!_runner.Executor.Cache.TryAllocate(out PacketDescriptor descriptor))
        {
            packet = default;
            return false;
        }

        // No revision and an old version: the executor finds the chain when it knows what the function made of the packet.
        descriptor.Chain = ChainTable.NoRevision;
        descriptor.DirectorVersion = unchecked((ushort)(_plane.Director.ShortVersion - 1));
        packet = Adopt(descriptor);
        return true;
    }

    /// <summary>Copies a packet into a buffer of its own, for mirroring. The copy follows the same chain from here on unless it is sent elsewhere.</summary>
    /// <returns>False if the pool is exhausted.</returns>
    public bool TryClone(Packet packet, out HeldPacket clone)
    {
        if (!_runner.Executor.Cache.TryClone(ref packet.Descriptor, out PacketDescriptor descriptor))
        {
            clone = default;
            return false;
        }

        clone = Adopt(descriptor);
        return true;
    }

    /// <summary>A view of a held packet, valid as long as <paramref name="packet"/> stays where it is and is held.</summary>
    public Packet Open(ref HeldPacket packet)
    {
        if (!packet.IsHeld)
            throw new InvalidOperationException("The packet was sent or dropped already.");
        return _plane.Pool.Open(ref packet.Descriptor);
    }

    /// <summary>Sends a held packet.</summary>
    /// <returns>False if the transmit ring is full: the packet is still held, try again later or drop it.</returns>
    public bool TrySend(ref HeldPacket packet, PacketAction action)
    {
        if (!packet.IsHeld)
            throw new InvalidOperationException("The packet was sent or dropped already.");
        if (action.Kind == PacketActionKind.Hold)
            throw new ArgumentException("The packet is held already. Send it with another action.", nameof(action));

        _runner.TakeOwnership();
        packet.Descriptor.Action = action.Kind;
        packet.Descriptor.Destination = action.Destination;
        if (!_runner.TryTransmit(packet.Descriptor))
            return false;
        packet.IsHeld = false;
        AddHeld(-1);
        return true;
    }

    /// <summary>Drops a held packet.</summary>
    public void Drop(ref HeldPacket packet)
    {
        if (!packet.IsHeld)
            return;
        _runner.TakeOwnership();
        packet.IsHeld = false;
        AddHeld(-1);
        _runner.Executor.Drop(new ReadOnlySpan<PacketDescriptor>(in packet.Descriptor), new Sender(_instance), Diagnostics.DropReason.ByFunction);
    }

    /// <summary>Calls back on this instance's thread, between bursts.</summary>
    /// <param name="due">How long from now.</param>
    /// <param name="callback">What to call. An exception faults the instance.</param>
    /// <param name="period">How long between further calls; null or zero for one call.</param>
    public NfTimer Schedule(TimeSpan due, Action callback, TimeSpan? period = null)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        long now = _plane.Time.GetTimestamp();
        NfTimer timer = Timers.Add(now + Ticks(due), Ticks(period ?? TimeSpan.Zero), callback);
        _runner.Worker.ScheduleWakeup(Timers.NextDue);
        return timer;
    }

    /// <summary>Sends a message to one instance.</summary>
    /// <returns>False if there is no such instance or its mailbox is full.</returns>
    public bool TryPost(InstanceId to, int kind, ReadOnlyMemory<byte> body) => _plane.TryPost(to, new NfMessage(Instance, kind, body));

    /// <summary>Sends a message to every instance of a service, this one included if it is of that service.</summary>
    /// <returns>How many instances it reached; mailboxes that are full are left out.</returns>
    public int Post(ServiceId to, int kind, ReadOnlyMemory<byte> body) => _plane.Post(to, new NfMessage(Instance, kind, body));

    /// <summary>Forgets what is held: the instance has stopped and its buffers were taken back.</summary>
    internal void ForgetHeld() => AddHeld(-HeldPackets);

    private HeldPacket Adopt(PacketDescriptor descriptor)
    {
        _plane.Pool.Owners[descriptor.BufferIndex] = _instance.OwnerId;
        _runner.Executor.Admitted.Add(1);
        _runner.Executor.Created.Add(1);
        CreatedPackets++;
        AddHeld(1);
        return new HeldPacket(descriptor);
    }

    private void AddHeld(int change)
    {
        HeldPackets += change;
        Interlocked.Add(ref _plane.HeldPackets, change);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _plane.Time.TimestampFrequency);
}

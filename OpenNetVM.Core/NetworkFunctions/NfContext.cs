using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// Who an instance is, and what it can ask of the manager: flows, messages, timers, packets of its own. Used on the instance's thread only,
/// but for <see cref="Logger"/>, <see cref="Services"/> and <see cref="Flows"/>, which are safe from any thread.
/// </summary>
public sealed class NfContext
{
    private NfHost _host;
    private int _era;

    internal NfContext(NfHost host)
    {
        _host = host;
        Flows = new NfFlows(host.Flows);
        Logger = host.Loggers.CreateLogger($"{host.ServiceName}.{host.Instance.Value}");
    }

    /// <summary>This instance.</summary>
    public InstanceId Instance => _host.Instance;

    /// <summary>The service that it provides.</summary>
    public ServiceId Service => _host.Service;

    /// <summary>The name of that service.</summary>
    public string ServiceName => _host.ServiceName;

    /// <summary>Where the function reports.</summary>
    public ILogger Logger { get; private set; }

    /// <summary>Which services and instances there are.</summary>
    public IServiceDirectory Services => _host.Services;

    /// <summary>The chains of flows.</summary>
    public NfFlows Flows { get; private set; }

    /// <summary>The platform's clock.</summary>
    public TimeProvider Time => _host.Time;

    /// <summary>The clock's timestamp at the beginning of this round of the worker: costs nothing to read.</summary>
    public long Now => _host.Now;

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
        _host.TakeOwnership();
        packet.Action = PacketAction.Hold;
        HeldOfBurst++;
        AddHeld(1);
        return new HeldPacket(packet.Descriptor, _era);
    }

    /// <summary>Makes an empty packet of this instance's own. Sent with <see cref="PacketAction.Next"/> it follows its flow's chain, from behind this service if that visits it.</summary>
    /// <returns>
    /// False if the pool is exhausted; in a process of its own also if the function has made as many as it may (<see cref="Processes.ProcessServiceOptions.EmptyBuffers"/>) and not sent them yet.
    /// </returns>
    public bool TryCreate(out HeldPacket packet)
    {
        if (!_host.TryCreate(out PacketDescriptor descriptor))
        {
            packet = default;
            return false;
        }

        packet = Adopt(descriptor);
        return true;
    }

    /// <summary>Copies a packet into a buffer of its own, for mirroring. The copy follows the same chain from here on unless it is sent elsewhere.</summary>
    /// <returns>False if the pool is exhausted.</returns>
    public bool TryClone(Packet packet, out HeldPacket clone)
    {
        if (!_host.TryClone(ref packet.Descriptor, out PacketDescriptor descriptor))
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
        ThrowUnlessHeld(packet);
        return _host.Pool.Open(ref packet.Descriptor);
    }

    /// <summary>Sends a held packet.</summary>
    /// <returns>False if the transmit ring is full: the packet is still held, try again later or drop it.</returns>
    public bool TrySend(ref HeldPacket packet, PacketAction action)
    {
        ThrowUnlessHeld(packet);
        if (action.Kind == PacketActionKind.Hold)
            throw new ArgumentException("The packet is held already. Send it with another action.", nameof(action));

        _host.TakeOwnership();
        packet.Descriptor.Action = action.Kind;
        packet.Descriptor.Destination = action.Destination;
        if (!_host.TryTransmit(packet.Descriptor))
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
        if (packet.Era != _era)
        {
            packet.IsHeld = false;
            return;
        }

        packet.IsHeld = false;
        AddHeld(-1);
        _host.Drop(packet.Descriptor);
    }

    /// <summary>Which chain a packet follows, at the step that <see cref="Packet.Hop"/> names.</summary>
    /// <returns>False if it follows none yet, as a packet that a function made, or in a process of its own, which does not see the manager's chains.</returns>
    public bool TryGetChain(Packet packet, out ChainId chain) => _host.TryGetChain(packet.Descriptor, out chain);

    /// <summary>Calls back on this instance's thread, between bursts.</summary>
    /// <param name="due">How long from now.</param>
    /// <param name="callback">What to call. An exception faults the instance.</param>
    /// <param name="period">How long between further calls; null or zero for one call.</param>
    public NfTimer Schedule(TimeSpan due, Action callback, TimeSpan? period = null)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        long now = _host.Time.GetTimestamp();
        NfTimer timer = Timers.Add(now + Ticks(due), Ticks(period ?? TimeSpan.Zero), callback);
        _host.ScheduleWakeup(Timers.NextDue);
        return timer;
    }

    /// <summary>Sends a message to one instance.</summary>
    /// <returns>False if there is no such instance or its mailbox is full.</returns>
    public bool TryPost(InstanceId to, int kind, ReadOnlyMemory<byte> body) => _host.TryPost(to, new NfMessage(Instance, kind, body));

    /// <summary>Sends a message to every instance of a service, this one included if it is of that service.</summary>
    /// <returns>How many instances it reached; mailboxes that are full are left out.</returns>
    public int Post(ServiceId to, int kind, ReadOnlyMemory<byte> body) => _host.Post(to, new NfMessage(Instance, kind, body));

    /// <summary>
    /// Asks the manager for more (or fewer) instances of this service: that there be so many, this one included. It is a wish: the application decides (see
    /// <c>NfManager.InstancesRequested</c>).
    /// </summary>
    /// <param name="instances">The wanted number, at least 0.</param>
    /// <returns>False if nobody listens to such wishes.</returns>
    public bool RequestInstances(int instances)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(instances);
        return _host.RequestInstances(instances);
    }

    /// <summary>The function goes on with another manager, which knows nothing of what it held.</summary>
    internal void Rebind(NfHost host)
    {
        _host = host;
        _era++;
        HeldPackets = 0;
        Flows = new NfFlows(host.Flows);
        Logger = host.Loggers.CreateLogger($"{host.ServiceName}.{host.Instance.Value}");
    }

    /// <summary>Forgets what is held: the instance has stopped and its buffers were taken back.</summary>
    internal void ForgetHeld() => AddHeld(-HeldPackets);

    private void ThrowUnlessHeld(in HeldPacket packet)
    {
        if (!packet.IsHeld)
            throw new InvalidOperationException("The packet was sent or dropped already.");
        if (packet.Era != _era)
            throw new InvalidOperationException("The packet is gone, with the manager that it came from: see NetworkFunction.OnManagerChanged.");
    }

    private HeldPacket Adopt(in PacketDescriptor descriptor)
    {
        CreatedPackets++;
        AddHeld(1);
        return new HeldPacket(descriptor, _era);
    }

    private void AddHeld(int change)
    {
        HeldPackets += change;
        _host.CountHeld(change);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _host.Time.TimestampFrequency);
}

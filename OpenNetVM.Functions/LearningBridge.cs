using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Functions;

/// <summary>
/// A learning Ethernet bridge (IEEE 802.1Q, clauses 8.6 to 8.8, without spanning tree and VLANs): sends a frame to the port at which its
/// destination was last heard, and to all others if that is not known or a group. Never sends a frame back to where it came from.
/// Run by one thread, as every function; <see cref="Statistics"/> and <see cref="Stations"/> may be read by any.
/// </summary>
/// <remarks>
/// <para>It decides where every frame goes itself, so it stands last in its chain; the policy must let it send to all of its ports.</para>
/// <para>Each instance learns for itself. Give the service one instance: with more, each sees a part of the flows and floods what it does not know.</para>
/// <para>VLAN tags are left as they are, and a station is one station whatever its VLAN (shared learning). There is no spanning tree: a loop in the network is a
/// loop.</para>
/// <para>Frames that a network function created, which came from no port, are forwarded like others, but nothing is learned from them.</para>
/// </remarks>
/// <example>
/// <code>
/// ServiceId bridge = builder.AddService("bridge", () => new LearningBridge(new() { Ports = [lan, wan] }));
/// builder.DefaultChain = ServiceChain.Through(bridge).ToDrop();
/// </code>
/// </example>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "What OnStart makes, OnStop disposes; the platform calls both.")]
public sealed class LearningBridge : NetworkFunction
{
    private const ulong ReservedGroup = 0x0180_C200_0000;

    private readonly LearningBridgeOptions _options;
    private readonly PortId[] _ports;
    private readonly bool[] _isMember;
    private readonly FlowTimeouts _timeouts;
    private CuckooFlowTable<ulong, ushort>? _stations;
    private long _secondTicks = 1;

    // Written by the function's thread alone. A 64-bit field is never seen half written.
    private long _forwarded, _flooded, _copies, _copiesLost, _filtered, _reserved, _malformed, _notBridged, _learned, _moved, _aged, _notLearned;
    private int _count;

    /// <summary>Makes a bridge.</summary>
    /// <exception cref="ArgumentException">An option does not fit; the message says which and what to change.</exception>
    public LearningBridge(LearningBridgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _ports = [.. options.Ports];
        _isMember = new bool[_ports.Max(static port => port.Value) + 1];
        foreach (PortId port in _ports)
            _isMember[port.Value] = true;
        _timeouts = new FlowTimeouts(idle: (uint)options.AgeingTime.TotalSeconds);
    }

    /// <summary>How many stations are known. Safe from any thread.</summary>
    public int Stations => Volatile.Read(ref _count);

    /// <summary>Counters since the bridge was made. Safe from any thread; exact when it is quiet.</summary>
    public LearningBridgeStatistics Statistics => new()
    {
        Forwarded = Volatile.Read(ref _forwarded),
        Flooded = Volatile.Read(ref _flooded),
        Copies = Volatile.Read(ref _copies),
        CopiesLost = Volatile.Read(ref _copiesLost),
        Filtered = Volatile.Read(ref _filtered),
        Reserved = Volatile.Read(ref _reserved),
        Malformed = Volatile.Read(ref _malformed),
        NotBridged = Volatile.Read(ref _notBridged),
        Learned = Volatile.Read(ref _learned),
        Moved = Volatile.Read(ref _moved),
        Aged = Volatile.Read(ref _aged),
        NotLearned = Volatile.Read(ref _notLearned),
    };

    /// <inheritdoc/>
    protected override void OnStart()
    {
        // The seed keeps a sender from choosing addresses that crowd into the same buckets.
        _stations = new CuckooFlowTable<ulong, ushort>(_options.Capacity, new FlowTableOptions
        {
            Timeouts = true,
            Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        });
        _secondTicks = Context.Time.TimestampFrequency;
        TimeSpan second = TimeSpan.FromSeconds(1);
        Context.Schedule(second, Age, second);
    }

    /// <inheritdoc/>
    protected override void OnStop()
    {
        _stations?.Dispose();
        _stations = null;
        Volatile.Write(ref _count, 0);
    }

    /// <inheritdoc/>
    protected override void ProcessBatch(PacketBatch batch)
    {
        uint now = Seconds();
        foreach (Packet packet in batch)
            Handle(packet, now);
    }

    private uint Seconds() => (uint)(Context.Now / _secondTicks);

    private void Age()
    {
        _aged += _stations!.Sweep(Seconds(), int.MaxValue);
        Volatile.Write(ref _count, _stations.Count);
    }

    private void Handle(Packet packet, uint now)
    {
        PortId ingress = packet.IngressPort;
        bool isMember = ingress.Value < _isMember.Length && _isMember[ingress.Value];
        if (!isMember && ingress != PortId.None)
        {
            Drop(packet, ref _notBridged);
            return;
        }

        // A group cannot send (IEEE 802.1Q, 8.7 learns from individual addresses only), and nobody is 00:00:00:00:00:00.
        if (!EthernetHeader.TryParse(packet.Data, out EthernetHeader ethernet) || ethernet.Source.IsMulticast || ethernet.Source.Value == 0)
        {
            Drop(packet, ref _malformed);
            return;
        }

        if (isMember)
            Learn(ethernet.Source.Value, ingress.Value, now);
        MacAddress destination = ethernet.Destination;
        if ((destination.Value & ~0xFUL) == ReservedGroup)
            Drop(packet, ref _reserved);
        else if (destination.IsMulticast || !_stations!.TryGetValue(HashOf(destination.Value), destination.Value, out ushort port))
            Flood(packet, ingress);
        else if (port == ingress.Value)
            Drop(packet, ref _filtered);
        else
            Forward(packet, port);
    }

    private void Learn(ulong station, ushort ingress, uint now)
    {
        uint hash = HashOf(station);
        if (_stations!.TryGetValue(hash, station, now, length: 0, out ushort port))
        {
            if (port == ingress)
                return;
            _stations.TryUpdate(hash, station, ingress);
            _moved++;
            return;
        }

        // The table rounds its capacity up; what was asked for is the limit.
        if (_stations.Count < _options.Capacity && _stations.TryAdd(hash, station, ingress, _timeouts, now) == AddResult.Added)
        {
            _learned++;
            Volatile.Write(ref _count, _stations.Count);
        }
        else
        {
            _notLearned++;
        }
    }

    private void Forward(Packet packet, ushort port)
    {
        _forwarded++;
        packet.SendTo(new PortId(port));
    }

    // Copies go to all ports but the last, the frame itself to the last. All frames from one port for one destination are divided the same way, so they
    // stay in order on each port.
    private void Flood(Packet packet, PortId ingress)
    {
        PortId last = PortId.None;
        foreach (PortId port in _ports)
        {
            if (port == ingress)
                continue;
            if (last != PortId.None)
                SendCopy(packet, last);
            last = port;
        }

        _flooded++;
        packet.SendTo(last);
    }

    private void SendCopy(Packet packet, PortId port)
    {
        if (!Context.TryClone(packet, out HeldPacket copy))
        {
            _copiesLost++;
        }
        else if (Context.TrySend(ref copy, PacketAction.ToPort(port)))
        {
            _copies++;
        }
        else
        {
            Context.Drop(ref copy);
            _copiesLost++;
        }
    }

    private static void Drop(Packet packet, ref long counter)
    {
        counter++;
        packet.Drop();
    }

    private static uint HashOf(ulong station) => (uint)(station ^ (station >> 32));
}

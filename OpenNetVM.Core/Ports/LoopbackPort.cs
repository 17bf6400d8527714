using System.Diagnostics;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// A wire in this process with both its ends: a platform holds the port, and any thread of the program sends to it and takes what it transmitted.
/// Members of <see cref="IPort"/> are one thread at a time per queue, as there; all others are thread-safe.
/// </summary>
/// <remarks>
/// <para>Frames are copied at both ends, in and out of memory of the wire, so the port never holds a packet of the pool, and nothing on the
/// platform's side allocates or takes a lock of the user's end.</para>
/// <para>What is on the wire is bounded by <see cref="LoopbackPortOptions.Capacity"/>. A full wire refuses: <see cref="Send(ReadOnlySpan{byte})"/> says false, and
/// <see cref="Transmit"/> leaves packets to its caller. Frames can be sent before the port is started; they wait.</para>
/// <para><see cref="CreatePair(string, string, LoopbackPortOptions?)"/> wires two ports to each other, for two platforms in one process.</para>
/// </remarks>
[DebuggerDisplay("{Info.Name}, {Status.State}")]
public sealed partial class LoopbackPort : IPort
{
    // Says that the frame is stamped when the platform receives it.
    private const long NotStamped = long.MinValue;

    private readonly FrameWire[] _receive;
    private readonly FrameWire[] _transmit;
    private readonly PortCounters _counters;
    private readonly bool _hashes;
    private LoopbackPort? _peer;
    private PortContext? _context;
    private long _oversizeAtSend;
    private volatile bool _completed;
    private volatile bool _stopped;

    /// <summary>Makes a port whose other end is the program's.</summary>
    /// <param name="name">Name of the port, unique in its platform.</param>
    /// <param name="options">Queues, capacity and looks; null for the defaults.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public LoopbackPort(string name, LoopbackPortOptions? options = null)
        : this(name, options ?? new LoopbackPortOptions(), hasUserEnd: true)
    {
    }

    private LoopbackPort(string name, LoopbackPortOptions options, bool hasUserEnd)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Info = new PortInfo
        {
            Name = name,
            ReceiveQueues = options.ReceiveQueues,
            TransmitQueues = options.TransmitQueues,
            ProvidesRssHash = options.ProvidesRssHash,
            CanWait = options.CanWait,
            NotifiesReceivable = true,
            MacAddress = options.MacAddress,
        };
        _hashes = options.ProvidesRssHash || options.ReceiveQueues > 1;
        _receive = MakeWires(options.ReceiveQueues, options.Capacity);
        _transmit = hasUserEnd ? MakeWires(options.TransmitQueues, options.Capacity) : [];
        _counters = new PortCounters(options.ReceiveQueues, options.TransmitQueues);
    }

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status
    {
        get
        {
            if (_stopped)
                return new(PortState.Stopped);
            if (Volatile.Read(ref _context) is null)
                return new(PortState.Created);

            // Read in this order: after completion no frame is added, so an empty wire stays empty.
            return new(_completed && FramesToReceive == 0 ? PortState.Ended : PortState.Running);
        }
    }

    /// <summary>Wires two ports to each other: what one transmits, the other receives.</summary>
    /// <param name="firstName">Name of the first port.</param>
    /// <param name="secondName">Name of the second port.</param>
    /// <param name="options">Queues, capacity and looks of both; null for the defaults.</param>
    /// <remarks>
    /// Neither has a user's end: <see cref="Send(ReadOnlySpan{byte})"/> and its kin throw. When one port stops, the other refuses to transmit, and comes
    /// to <see cref="PortState.Ended"/> when it has received what was still on the wire.
    /// </remarks>
    public static (LoopbackPort First, LoopbackPort Second) CreatePair(string firstName, string secondName, LoopbackPortOptions? options = null)
    {
        options ??= new LoopbackPortOptions();
        LoopbackPort first = new(firstName, options, hasUserEnd: false);
        LoopbackPort second = new(secondName, options, hasUserEnd: false) { _peer = first };
        first._peer = second;
        return (first, second);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The port was stopped before it was started.</exception>
    public void Start(PortContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ObjectDisposedException.ThrowIf(_stopped && _context is null, this);
        if (Interlocked.CompareExchange(ref _context, context, null) is { } before)
            throw new InvalidOperationException($"{nameof(LoopbackPort)} \"{Info.Name}\" was started before, as {before.Id}. A port belongs to one platform, once: make a new one.");

        // The exchange is a fence: a sender either sees the context, or its frame is seen here.
        for (int queue = 0; queue < _receive.Length; queue++)
        {
            if (_receive[queue].Count > 0)
                context.NotifyReceivable(queue);
        }
    }

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        FrameWire wire = _receive[queue];
        if (_context is not { } context || _stopped)
            return 0;
        int waiting = wire.Waiting(burst.Length);
        if (waiting == 0)
            return 0;

        PacketPool pool = cache.Pool;
        int allocated = cache.Allocate(burst[..waiting]);
        int received = 0;
        long bytes = 0;
        long now = NotStamped;
        for (int i = 0; i < waiting; i++)
        {
            FrameWire.Header header = wire.Peek();
            if (header.Length > pool.BufferSize)
            {
                PortQueueCounters.Raise(ref counters.DroppedOversize, 1);
            }
            else if (received == allocated)
            {
                PortQueueCounters.Raise(ref counters.DroppedNoBuffer, 1);
            }
            else
            {
                Packet packet = pool.Open(ref burst[received]);
                packet.TryAppend(header.Length, out Span<byte> data);
                wire.CopyTo(data);
                packet.IngressPort = context.Id;
                if (header.Timestamp != NotStamped)
                    packet.Timestamp = header.Timestamp;
                else
                    packet.Timestamp = now != NotStamped ? now : now = Now(context.Time);
                burst[received].RssHash = Info.ProvidesRssHash ? header.Hash : 0;
                bytes += header.Length;
                received++;
            }

            wire.Skip(header);
        }

        cache.Free(burst[received..allocated]);
        counters.Add(received, bytes);

        // Last, so that who sees the wire empty sees the counters of what was on it.
        wire.Release();
        _room.Announce();
        return received;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Transmit(queue);
        if (_context is null || _stopped || burst.IsEmpty)
            return 0;

        int accepted = _peer is { } peer
            ? peer.Arrive(burst, cache.Pool, out long bytes)
            : Write(_transmit[queue], burst, cache.Pool, out bytes);
        cache.Free(burst[..accepted]);
        counters.Add(accepted, bytes);
        if (_peer is not null)
            return accepted;

        // Last, so that who takes a frame finds its buffer free and its packet counted.
        _transmit[queue].Publish();
        _arrival.Announce();
        return accepted;
    }

    /// <summary>
    /// Stops moving packets. What was transmitted can still be taken; what was sent and not received stays on the wire for ever. Idempotent.
    /// </summary>
    public void Stop()
    {
        _stopped = true;
        _peer?.End();
        _arrival.Announce();
        _room.Announce();
    }

    /// <inheritdoc/>
    public PortStatistics GetStatistics()
    {
        PortStatistics sum = _counters.Sum();
        return sum with { DroppedOversize = sum.DroppedOversize + Volatile.Read(ref _oversizeAtSend) };
    }

    /// <summary>The same as <see cref="Stop"/>: the port holds nothing else.</summary>
    public void Dispose() => Stop();

    private static FrameWire[] MakeWires(int count, int capacity)
    {
        FrameWire[] wires = new FrameWire[count];
        for (int i = 0; i < count; i++)
            wires[i] = new FrameWire(capacity);
        return wires;
    }

    // Nanoseconds since 1970.
    private static long Now(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * (1_000_000 / TimeSpan.TicksPerMillisecond);

    private static int Write(FrameWire wire, ReadOnlySpan<PacketDescriptor> burst, PacketPool pool, out long bytes)
    {
        bytes = 0;
        for (int i = 0; i < burst.Length; i++)
        {
            PacketDescriptor descriptor = burst[i];
            ReadOnlySpan<byte> data = pool.Open(ref descriptor).Data;
            if (!wire.TryWrite(data, 0, NotStamped))
                return i;
            bytes += data.Length;
        }

        return burst.Length;
    }

    // Puts a burst of the other port of a pair on the wires of this one. The other port's transmit queues share the gate, once a burst.
    private int Arrive(ReadOnlySpan<PacketDescriptor> burst, PacketPool pool, out long bytes)
    {
        bytes = 0;
        int accepted = 0;
        ulong idle = 0;
        lock (_sendGate)
        {
            if (_stopped)
                return 0;
            for (; accepted < burst.Length; accepted++)
            {
                PacketDescriptor descriptor = burst[accepted];
                ReadOnlySpan<byte> data = pool.Open(ref descriptor).Data;
                if (!TryWrite(data, NotStamped, out _))
                    break;
                bytes += data.Length;
            }

            for (int queue = 0; queue < _receive.Length; queue++)
                idle |= _receive[queue].Publish() ? 1UL << queue : 0;
        }

        Notify(idle);
        return accepted;
    }

    private bool TryWrite(ReadOnlySpan<byte> frame, long timestamp, out int queue)
    {
        uint hash = _hashes ? RssHash.Of(frame) : 0;
        queue = (int)(hash % (uint)_receive.Length);
        return _receive[queue].TryWrite(frame, hash, timestamp);
    }

    private void Notify(ulong queues)
    {
        if (queues == 0 || Volatile.Read(ref _context) is not { } context)
            return;
        for (int queue = 0; queue < _receive.Length; queue++)
        {
            if ((queues & (1UL << queue)) != 0)
                context.NotifyReceivable(queue);
        }
    }

    // Nothing more will come. Workers that sleep are woken to find that out.
    private void End()
    {
        _completed = true;
        Notify(ulong.MaxValue);
    }
}

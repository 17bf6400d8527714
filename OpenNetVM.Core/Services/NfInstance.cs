using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Services;

/// <summary>
/// One running instance of a service as the data path sees it: its rings, its state, its counters. The instance's own code is in
/// its <see cref="NfRunner"/>.
/// </summary>
[DebuggerDisplay("{Id} of {Service.Id}: {State}, {ReceiveDepth} waiting")]
internal sealed class NfInstance
{
    private readonly Lock _gate = new();
    private readonly CongestionGauge _congestion;
    private InstanceLane?[] _lanes = [];
    private int _state = (int)InstanceState.Starting;
    private int _congested;

    /// <param name="id">Its id.</param>
    /// <param name="service">What it provides.</param>
    /// <param name="ringCapacity">Descriptors that each of its rings holds.</param>
    /// <param name="congestion">Told when it is congested.</param>
    /// <param name="memory">Its rings, if another process has their other ends; null for rings of this process.</param>
    internal NfInstance(InstanceId id, Service service, int ringCapacity, CongestionGauge congestion, InstanceMemory? memory = null)
    {
        Id = id;
        Service = service;
        RingCapacity = ringCapacity;
        _congestion = congestion;
        Transmit = memory?.Transmit ?? new SpscRing<PacketDescriptor>(ringCapacity);
        if (memory is not null)
            _lanes = Array.ConvertAll(memory.Lanes, static ring => new InstanceLane(ring));
    }

    internal InstanceId Id { get; }

    internal Service Service { get; }

    internal int RingCapacity { get; }

    /// <summary>What the pool's owner words say for packets that this instance holds.</summary>
    internal uint OwnerId => Id.Value;

    /// <summary>From the instance to the worker that takes what it has handled.</summary>
    internal SpscRing<PacketDescriptor> Transmit { get; }

    /// <summary>What was dropped of the packets that this instance had: at its own wish, or for want of somewhere to go.</summary>
    internal DropCounters Drops { get; } = new();

    /// <summary>Packets that the instance's worker has gathered for it and not handed over yet; that worker's alone.</summary>
    internal FusedBatch? Gathered { get; set; }

    /// <summary>Packets ever handed to the instance past its receive lanes.</summary>
    internal long FusedPackets;

    /// <summary>What runs the function; set before the first packet can come.</summary>
    internal InstanceRunner? Runner
    {
        get;
        set
        {
            field = value;
            Local = value as NfRunner;
            Remote = value as RemoteRunner;
        }
    }

    /// <summary>What runs the function, if that is in this process.</summary>
    internal NfRunner? Local { get; private set; }

    /// <summary>What watches the function, if it runs in another process.</summary>
    internal RemoteRunner? Remote { get; private set; }

    /// <summary>Number of the security domain whose memory its packets are in.</summary>
    internal int Domain => Service.Domain;

    /// <summary>The worker that runs the function, or watches its process.</summary>
    internal Worker? Worker => Runner?.Worker;

    /// <summary>Descriptors on the transmit ring that were not the instance's to send: out of range, duplicated, not its own. Never followed.</summary>
    internal long RejectedDescriptors;

    /// <summary>Packets whose action the steering policy refused.</summary>
    internal long VetoedActions;

    internal InstanceState State
    {
        get => (InstanceState)Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, (int)value);
    }

    /// <summary>A lane of this instance holds so much that new work for it is shed on arrival.</summary>
    internal bool IsCongested => Volatile.Read(ref _congested) != 0;

    /// <summary>The lanes by number of the producing worker; null where that worker has sent nothing yet.</summary>
    internal InstanceLane?[] Lanes => Volatile.Read(ref _lanes);

    /// <summary>Packets that wait to be handled.</summary>
    internal int ReceiveDepth
    {
        get
        {
            int depth = 0;
            foreach (InstanceLane? lane in Lanes)
                depth += lane?.Ring.Count ?? 0;
            return depth;
        }
    }

    /// <summary>Packets ever handed to the instance, through its receive lanes or past them.</summary>
    internal long EnqueuedPackets
    {
        get
        {
            if (Remote is { } remote)
                return remote.DeliveredPackets;
            long sum = Volatile.Read(ref FusedPackets);
            foreach (InstanceLane? lane in Lanes)
                sum += lane?.Ring.Enqueued ?? 0;
            return sum;
        }
    }

    /// <summary>Nothing is on the rings, as far as the instance's own worker can see.</summary>
    internal bool HasEmptyRings
    {
        get
        {
            if (!Transmit.IsEmpty)
                return false;
            foreach (InstanceLane? lane in Lanes)
            {
                if (lane is not null && (lane.HasUnpublished || !lane.Ring.IsEmpty))
                    return false;
            }

            return true;
        }
    }

    /// <summary>The lane of worker number <paramref name="producer"/>, made at its first use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal InstanceLane LaneFrom(int producer)
    {
        InstanceLane?[] lanes = _lanes;
        return (uint)producer < (uint)lanes.Length && lanes[producer] is { } lane ? lane : AddLane(producer);
    }

    /// <summary>Called by a producer that found a lane three quarters full.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void MarkCongested()
    {
        if (!IsNotWaitedFor && Interlocked.Exchange(ref _congested, 1) == 0)
            _congestion.Add(1);
    }

    /// <summary>Called by the instance when its lanes are no more than half full, and when it stops.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void ClearCongested()
    {
        if (Interlocked.Exchange(ref _congested, 0) == 1)
            _congestion.Add(-1);
    }

    /// <summary>Whether nobody waits for this instance any more, however full its lanes are: it is another process, and too slow.</summary>
    internal bool IsNotWaitedFor { get; set; }

    /// <summary>From here on it is never congested: what it has no room for is dropped.</summary>
    internal void StopWaitingFor()
    {
        IsNotWaitedFor = true;
        Interlocked.MemoryBarrier();
        ClearCongested();
    }

    /// <summary>Packets dropped on the way to this instance and by it.</summary>
    internal long DroppedPackets => Drops.Total + Lanes.Sum(static lane => lane?.Drops.Total ?? 0);

    /// <summary>Adds what was dropped on the way to and from this instance to <paramref name="sums"/>, by reason.</summary>
    internal void AddDropsTo(Span<long> sums)
    {
        Drops.AddTo(sums);
        foreach (InstanceLane? lane in Lanes)
            lane?.Drops.AddTo(sums);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private InstanceLane AddLane(int producer)
    {
        lock (_gate)
        {
            InstanceLane?[] lanes = _lanes;
            if (producer >= lanes.Length)
                Array.Resize(ref lanes, producer + 1);
            else
                lanes = [.. lanes];
            InstanceLane lane = lanes[producer] ??= new InstanceLane(new SpscRing<PacketDescriptor>(RingCapacity));

            // Release: whoever sees the array sees the lane whole.
            Volatile.Write(ref _lanes, lanes);
            return lane;
        }
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Core.Services;

// What is believed of a function in another process: nothing.
//
// 1. Which packets it holds is told by the pool's owner words, which it cannot write: they are set when a descriptor is put on one of its lanes, and checked when
//    one comes back. What else a descriptor says (hash, chain, hop, version) is kept here when it goes out (Given), and taken from here when it comes back; of what
//    came back only the number of the buffer and the wish are read, each once, into memory of the manager.
// 2. Its rings' cursors are clamped by the rings, and looked at for what cannot be.
// 3. Which packets it made itself is told by the owner words as well: an empty buffer that it was given has a mark there.
// 4. The header and the frame of a packet lie where it can write; whoever reads them checks what was read (PacketPool.FrameOf).
namespace OpenNetVM.Core.Processes;

/// <summary>
/// Watches one instance in another process: takes what it has handled, gives it buffers, wakes it, notices its end and takes back what it held. Polled by the worker that takes
/// what the instance has handled.
/// </summary>
internal sealed unsafe partial class RemoteRunner : InstanceRunner
{
    // Empty buffers are given so many at a time: each time costs a look at the other process's lines.
    private const int FewestBuffers = 32;
    private const int MostBuffers = 64;

    private static readonly ulong WishMask = new PacketDescriptor { Action = (PacketActionKind)byte.MaxValue, Destination = ushort.MaxValue }.Steering;

    private readonly DataplaneState _plane;
    private readonly NfInstance _instance;
    private readonly InstanceMemory _memory;
    private readonly InstanceBlock* _block;
    private readonly RemotePeer _peer;
    private readonly RemoteLimits _limits;
    private readonly BurstBuffer _returned;
    private readonly long _tick;
    private long _handledPackets;
    private long _returnedPackets;
    private long _createdPackets;
    private int _emptyBuffers;
    private bool _bellWanted;

    internal RemoteRunner(DataplaneState plane, TxPoller transmitter, NfInstance instance, InstanceMemory memory, RemotePeer peer, RemoteLimits limits)
        : base(instance, transmitter)
    {
        _plane = plane;
        _instance = instance;
        _memory = memory;
        _block = memory.Block;
        _peer = peer;
        _limits = limits;
        _returned = new BurstBuffer(plane.BurstSize);
        _tick = plane.Time.TimestampFrequency / 1_000;
        _lastLook = plane.Time.GetTimestamp();
        _block->ManagerNeverSleeps = Worker.CanSleep ? 0u : 1u;
        Name = $"NF {instance.Service.Name} {instance.Id.Value} (process {peer.ProcessId})";
    }

    public override string Name { get; }

    internal override Worker Worker => Executor.Worker;

    internal override long HandledPackets => Volatile.Read(ref _handledPackets);

    /// <summary>As the function says, as far as that is possible.</summary>
    internal override int HeldPackets => Volatile.Read(ref _held);

    internal override long CreatedPackets => Volatile.Read(ref _createdPackets);

    /// <summary>Packets ever put on the instance's lanes.</summary>
    internal long DeliveredPackets
    {
        get
        {
            long sum = 0;
            foreach (InstanceLane? lane in _instance.Lanes)
                sum += Volatile.Read(ref lane!.Delivered);
            return sum;
        }
    }

    internal RemotePeer Peer => _peer;

    internal InstanceMemory Memory => _memory;

    internal ViolationCounters Violations { get; } = new();

    private ChainExecutor Executor => Transmitter.Executor;

    public override int Poll() => _instance.State switch
    {
        InstanceState.Running or InstanceState.Paused => Tend(),
        InstanceState.Draining => Drain(),
        InstanceState.Faulted => Recover(),
        _ => 0,
    };

    /// <summary>By the producing worker, of packets that are on a lane and not published yet: what their descriptors are to say when they come back.</summary>
    internal void Remember(ReadOnlySpan<PacketDescriptor> placed, ulong steering, InstanceLane lane)
    {
        PacketDescriptor* given = _plane.Given;
        foreach (ref readonly PacketDescriptor descriptor in placed)
        {
            ref PacketDescriptor kept = ref given[descriptor.BufferIndex];
            kept.BufferAndHash = descriptor.BufferAndHash;
            kept.Steering = steering;
        }

        Volatile.Write(ref lane.Delivered, lane.Delivered + placed.Length);
    }

    /// <summary>Whether producing workers have to look whether the function sleeps. Only itself is harmed by a function that says the wrong thing.</summary>
    internal bool CanSleep => Volatile.Read(ref _block->FunctionNeverSleeps) == 0;

    /// <summary>By a producing worker, after a full fence behind the publication.</summary>
    internal void WakeIfWaiting()
    {
        if (Volatile.Read(ref _block->Waiting) != 0 && Interlocked.Exchange(ref _block->Waiting, 0) != 0)
            Futex.Wake(&_block->Waiting, 1);
        GC.KeepAlive(this);
    }

    /// <summary>Takes a burst that the function has handled, and sends it on.</summary>
    /// <returns>Descriptors that were taken.</returns>
    internal int TakeReturned()
    {
        Span<PacketDescriptor> theirs = _instance.Transmit.Peek(_plane.BurstSize);
        if (theirs.IsEmpty)
            return 0;
        Span<PacketDescriptor> ours = _returned.Span;
        int count = Check(theirs, ours);
        _instance.Transmit.Advance(theirs.Length);
        Executor.RouteInTransit(ours[..count], _instance);
        return theirs.Length;
    }

    // Copies what a burst may say into the manager's memory.
    private int Check(ReadOnlySpan<PacketDescriptor> theirs, Span<PacketDescriptor> ours)
    {
        uint* owners = _plane.Pool.Owners;
        uint limit = _plane.Pool.IndexLimit;
        PacketDescriptor* given = _plane.Given;
        uint id = _instance.OwnerId;
        ulong wishMask = WishMask;
        int count = 0;
        int forged = 0;
        int unknown = 0;
        int made = 0;
        foreach (ref readonly PacketDescriptor descriptor in theirs)
        {
            // Each half once: the other process may write them meanwhile.
            ulong bufferAndHash = Volatile.Read(in descriptor.BufferAndHash);
            ulong steering = Volatile.Read(in descriptor.Steering);
            uint index = (uint)bufferAndHash;
            uint word = index < limit ? owners[index] : 0;
            if (BufferOwner.Owner(word) != id)
                continue;

            // From here on it is not the instance's: naming it a second time is of no use, in this burst or later.
            ref PacketDescriptor our = ref ours[count++];
            owners[index] = (word & ~BufferOwner.OwnerMask) | BufferOwner.Transit;
            if (word >> BufferOwner.HopShift == BufferOwner.EmptyHops)
            {
                owners[index] = BufferOwner.Transit;
                our = new PacketDescriptor { BufferIndex = index };
                _plane.LeaveUnclassified(ref our);
                made++;
            }
            else
            {
                our = given[index];
                forged += (((our.Steering ^ steering) & ~wishMask) | (our.BufferAndHash ^ bufferAndHash)) != 0 ? 1 : 0;
            }

            // Used once: who names the buffer while it is given out again finds nothing to follow.
            given[index] = default;
            our.Steering = (our.Steering & ~wishMask) | (steering & wishMask);
            unknown += our.Action is PacketActionKind.Hold or > PacketActionKind.ToChain ? 1 : 0;
        }

        if (made > 0)
            CountMade(made);
        Volatile.Write(ref _handledPackets, _handledPackets + count - made);
        _returnedPackets += count - made;
        if ((theirs.Length - count | forged | unknown) != 0)
        {
            Executor.Reject(theirs.Length - count, _instance);
            Count(NfViolation.ForeignDescriptor, theirs.Length - count);
            Count(NfViolation.ForgedDescriptor, forged);
            Count(NfViolation.UnknownAction, unknown);
        }

        return count;
    }

    private void CountMade(int packets)
    {
        _emptyBuffers -= packets;
        _plane.Pool.CountGranted(-packets);
        Executor.Admitted.Add(packets);
        Executor.Created.Add(packets);
        Volatile.Write(ref _createdPackets, _createdPackets + packets);
    }

    private int Tend()
    {
        int work = AnswerBell();
        if (Volatile.Read(ref _block->WantsBuffers) != 0 && _emptyBuffers <= _limits.EmptyBuffers - FewestBuffers)
            work += GiveBuffers();
        if (_instance.IsCongested && NfRunner.IsHalfEmpty(_instance.Lanes))
            _instance.ClearCongested();
        if (Worker.Now >= _nextLook)
            Look();
        return work;
    }

    // A worker that is about to sleep asks for the bell, and looks once more at what came before the function could know that.
    private int AnswerBell()
    {
        bool wanted = Worker.IsFallingAsleep;
        if (wanted != _bellWanted)
        {
            _bellWanted = wanted;
            Volatile.Write(ref _block->BellWanted, wanted ? 1u : 0u);
            Interlocked.MemoryBarrier();
        }

        return wanted && !_instance.Transmit.IsEmpty ? 1 : 0;
    }

    private int GiveBuffers()
    {
        Span<PacketDescriptor> fresh = stackalloc PacketDescriptor[MostBuffers];
        int wanted = Math.Min(fresh.Length, Math.Min(_limits.EmptyBuffers - _emptyBuffers, _memory.Buffers.FreeFor(fresh.Length)));
        if (wanted <= 0)
            return 0;
        fresh = fresh[..Executor.CacheOf(_instance.Domain).Allocate(fresh[..wanted])];
        foreach (ref readonly PacketDescriptor descriptor in fresh)
        {
            _plane.Pool.Owners[descriptor.BufferIndex] = (BufferOwner.EmptyHops << BufferOwner.HopShift) | _instance.OwnerId;
            _memory.Buffers.TryEnqueue(descriptor.BufferIndex);
        }

        _emptyBuffers += fresh.Length;
        _plane.Pool.CountGranted(fresh.Length);
        if (!fresh.IsEmpty)
        {
            Interlocked.MemoryBarrier();
            WakeIfWaiting();
        }

        return fresh.Length;
    }
}

using System.Runtime.CompilerServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

// Fused hops. An instance whose function and whose transmit ring are both served by this worker takes packets past its rings: its function is
// called with them where they are, and what comes back is routed on at once. Everything is as through the rings, but for the copies:
//
// 1. Only an instance whose rings are empty, that runs, and that has no message or timer to handle first takes packets this way (CanFuse);
//    else they queue up behind what is there.
// 2. A burst that goes as a whole to one instance stays where it lies (in the receiver's burst, on a ring) and is handed from function to
//    function by the loop of RouteOn. What is spread over several instances is gathered for each, in order, and handed over when the burst
//    that it comes from is routed. Nothing recurses: a packet that goes in circles goes round the loop of RunGathered.
// 3. On the way the owner word says Transit, so a descriptor that comes twice or is somebody else's is found where the way begins, and one
//    that a function puts in a batch is found by comparing the batch with what was given. A function that holds, sends or drops
//    packets of its own, or throws, is made the owner of the batch first, and from there on all goes through its rings (NfRunner.Fused.cs).
// 4. Hops in place are counted in the owner words where the way in place ends, and after _inPlaceHops at the latest. The limit is met exactly:
//    a packet that is that near to it does not go in place, but is gathered, and counted at every hop.
//
// A burst that is handed on in place lies in memory that only this process writes: what lies where another can write is to be copied first.
namespace OpenNetVM.Core.Chains;

/// <content>Handing packets to instances of the same worker past their rings.</content>
internal sealed unsafe partial class ChainExecutor
{
    private readonly Queue<FusedBatch> _gathered = new();
    private readonly Stack<FusedBatch> _spare = new();
    private readonly BurstBuffer _given;
    private readonly uint _inPlaceHops;

    /// <summary>A copy of what the function that is being called past its rings was given, where no function can write.</summary>
    internal Span<PacketDescriptor> Given => _given.Span;

    private bool CanFuse(NfInstance to) => to.Local is { } runner && runner.Executor == this && runner.TakesPacketsDirectly;

    // Sends a burst on. As long as all of it goes to one instance of this worker, it is handed on in place.
    private void RouteOn(Span<PacketDescriptor> burst, Sender from, bool sameSteering, ushort version)
    {
        if (!sameSteering || NextInPlace(burst[0], version, out ulong steering) is not { } to)
        {
            RouteBurst(burst, from, version, sameSteering);
            return;
        }

        int placed = Enter(burst, from, steering);
        if (placed < burst.Length)
        {
            Append(burst[..placed], to);
            HandOver(burst[placed..], to, steering, from, fuse: true);
            return;
        }

        uint uncounted = 0;
        while (to.Local!.HandleInTransit(burst, uncounted))
        {
            from = Sender.InTransit(to, uncounted);
            version = _plane.Director.ShortVersion;
            if (burst[0].Steering == steering && NextInPlace(burst[0], version, out ulong next) is { } following && uncounted < _inPlaceHops && SteeringWords.TryAdvance(burst, Given, steering, next))
            {
                to = following;
                steering = next;
                uncounted++;
                continue;
            }

            if (AreReturned(burst, from))
                RouteBurst(burst, from, version, SteeringWords.AreEqual(burst));
            return;
        }
    }

    // A function that handles bursts itself can put other descriptors in the batch: then all go through its transmit ring, where those are refused.
    private bool AreReturned(ReadOnlySpan<PacketDescriptor> burst, in Sender from)
    {
        if (SteeringWords.AreGiven(burst, Given))
            return true;
        from.Instance!.Local!.EmitInTransit(burst, from.Hops);
        return false;
    }

    private void RouteBurst(Span<PacketDescriptor> burst, in Sender from, ushort version, bool sameSteering)
    {
        if (sameSteering)
            RouteRun(burst, from, version);
        else
            Route(burst, from, version);
    }

    // The instance that packets with this steering can be handed to as they lie; null if they need a closer look.
    private NfInstance? NextInPlace(PacketDescriptor first, ushort version, out ulong steering)
    {
        first.Hop = unchecked((byte)(first.Hop + 1));
        steering = first.Steering;
        // With several security domains every hop looks at each packet's memory.
        if (_plane.HasDomains || first.Action != PacketActionKind.Next || first.DirectorVersion != version || _plane.Chains.Revision(first.Chain) is not { } chain || first.Hop >= chain.Steps.Length)
            return null;
        Service? service = chain.Steps[first.Hop].Service;
        return service is { Pinning: null, Routing.Single: { Gathered: null } to } && CanFuse(to) ? to : null;
    }

    // Makes a burst's owner Transit, in place; stops at a descriptor that is not the sender's own or near its hop limit.
    private int Enter(Span<PacketDescriptor> burst, in Sender from, ulong steering)
    {
        OwnerChange change = new(_pool, from.Owner, BufferOwner.Transit, _hopLimit - _inPlaceHops - from.Hops, from.Hops + 1);
        int placed = change.Place(burst, burst, steering);
        burst[..placed].CopyTo(Given);
        return placed;
    }

    // Keeps a run for an instance until the burst that it comes from is routed.
    private void Gather(Span<PacketDescriptor> run, NfInstance to, ulong steering, in Sender from)
    {
        OwnerChange change = new(_pool, from.Owner, BufferOwner.Transit, _hopLimit - from.Hops, from.Hops + 1);
        while (!run.IsEmpty)
        {
            FusedBatch batch = BatchFor(to);
            int count = Math.Min(run.Length, batch.Room.Length);
            int placed = change.Place(run[..count], batch.Room, steering);
            batch.Added(placed);
            if (placed < count)
                Refuse(run[placed++], from);
            run = run[placed..];
        }
    }

    // Keeps packets that are in transit to an instance already.
    private void Append(ReadOnlySpan<PacketDescriptor> run, NfInstance to)
    {
        while (!run.IsEmpty)
        {
            FusedBatch batch = BatchFor(to);
            int count = Math.Min(run.Length, batch.Room.Length);
            run[..count].CopyTo(batch.Room);
            batch.Added(count);
            run = run[count..];
        }
    }

    private FusedBatch BatchFor(NfInstance to)
    {
        if (to.Gathered is { Room.IsEmpty: false } open)
            return open;
        if (!_spare.TryPop(out FusedBatch? batch))
            batch = new FusedBatch(_plane.BurstSize);
        batch.Reset(to);
        to.Gathered = batch;
        _gathered.Enqueue(batch);
        return batch;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunGathered()
    {
        while (_gathered.TryDequeue(out FusedBatch? batch))
        {
            NfInstance to = batch.Instance!;
            if (to.Gathered == batch)
                to.Gathered = null;
            Span<PacketDescriptor> packets = batch.Packets;
            packets.CopyTo(Given);
            if (!CanFuse(to))
                QueueUp(packets, to);
            else if (to.Local!.HandleInTransit(packets, 0) && Sender.InTransit(to, 0) is var from && AreReturned(packets, from))
                RouteOn(packets, from, SteeringWords.AreEqual(packets), _plane.Director.ShortVersion);

            batch.Reset(null);
            _spare.Push(batch);
        }
    }

    // The instance cannot take what was gathered for it after all; the hop to it is counted already.
    private void QueueUp(Span<PacketDescriptor> packets, NfInstance to)
    {
        Sender from = Sender.InTransit(to, 0);
        while (!packets.IsEmpty)
        {
            ulong steering = packets[0].Steering;
            int end = EndOfRun(packets, 0);
            PutOnLane(packets[..end], to, steering, from, new OwnerChange(_pool, BufferOwner.Transit, to.OwnerId, ushort.MaxValue + 1, step: 0));
            packets = packets[end..];
        }
    }
}

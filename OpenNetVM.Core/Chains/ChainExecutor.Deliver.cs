using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <content>Handing packets over, and the check of every descriptor that goes with it.</content>
internal sealed unsafe partial class ChainExecutor
{
    /// <summary>Sends packets that an instance could not handle to others of its service, as they came to it.</summary>
    internal void Reroute(Span<PacketDescriptor> burst, NfInstance from)
    {
        foreach (ref PacketDescriptor descriptor in burst)
        {
            descriptor.Action = PacketActionKind.Next;
            descriptor.Destination = 0;
        }

        for (int start = 0; start < burst.Length;)
        {
            int end = EndOfRun(burst, start);
            HandOver(burst[start..end], from.Service, burst[start].Steering, new Sender(from), fuse: false);
            start = end;
        }
    }

    /// <summary>Drops packets and counts them; a descriptor that is not its sender's own is rejected instead.</summary>
    /// <param name="run">The packets.</param>
    /// <param name="from">Who holds them.</param>
    /// <param name="reason">Why.</param>
    /// <param name="place">Where it is counted beside the worker's own counters; null for at <paramref name="from"/>.</param>
    /// <returns>How many packets were dropped.</returns>
    internal int Drop(ReadOnlySpan<PacketDescriptor> run, in Sender from, DropReason reason, DropCounters? place = null)
    {
        uint owner = from.Owner;
        int dropped = 0;
        foreach (ref readonly PacketDescriptor descriptor in run)
        {
            if (!_pool.IsOwnedBy(descriptor.BufferIndex, owner))
                continue;
            Cache.Free(descriptor);
            dropped++;
        }

        CountDrops(dropped, reason, place ?? from.Instance?.Drops);
        if (dropped < run.Length)
            Reject(run.Length - dropped, from.Instance);
        return dropped;
    }

    /// <summary>Takes back what the owner words still say is an instance's: packets are dropped and counted, empty buffers freed. Nobody uses them any more.</summary>
    /// <returns>How many packets were dropped.</returns>
    internal int Reclaim(NfInstance from)
    {
        int dropped = 0;
        for (uint i = 0; i < _pool.IndexLimit; i++)
        {
            if (!_pool.IsOwnedBy(i, from.OwnerId) || _pool.TryTakeBackEmpty(i))
                continue;
            PacketDescriptor descriptor = new() { BufferIndex = i };
            dropped += Drop(new ReadOnlySpan<PacketDescriptor>(in descriptor), new Sender(from), DropReason.InstanceStopped);
        }

        return dropped;
    }

    /// <summary>Drops a packet that is left over when the platform has stopped, whoever held it.</summary>
    internal void Discard(in PacketDescriptor descriptor)
    {
        Cache.Free(descriptor);
        CountDrops(1, DropReason.PlatformStopped, null);
    }

    /// <summary>Counts descriptors that were not their sender's own.</summary>
    internal void Reject(int descriptors, NfInstance? from)
    {
        if (descriptors == 0)
            return;
        Interlocked.Add(ref _plane.RejectedDescriptors, descriptors);
        if (from is not null)
            Interlocked.Add(ref from.RejectedDescriptors, descriptors);
    }

    private void CountDrops(int packets, DropReason reason, DropCounters? place)
    {
        if (packets == 0)
            return;
        Drops.Add(reason, packets);
        place?.Add(reason, packets);
        Completed.Add(packets);
    }

    // Spreads a run over a service's instances.
    private void HandOver(Span<PacketDescriptor> run, Service service, ulong steering, in Sender from, bool fuse)
    {
        InstanceSet instances = service.Routing;
        if (instances.IsEmpty)
        {
            service.AddNoInstanceDrops(Drop(run, from, DropReason.NoInstance));
            return;
        }

        if (service.Pinning is { } pinning)
        {
            uint owner = from.Owner;
            for (int i = 0; i < run.Length; i++)
            {
                // A descriptor that is not its sender's own is not followed to a packet; which instance refuses it does not matter.
                NfInstance pinned = _pool.IsOwnedBy(run[i].BufferIndex, owner)
                    ? pinning.Select(_pool.Open(ref run[i]), instances, (uint)(Worker.Now >> PinningClockShift))
                    : instances.Select(0);
                HandOver(run.Slice(i, 1), pinned, steering, from, fuse);
            }

            return;
        }

        if (instances.Single is { } only)
        {
            HandOver(run, only, steering, from, fuse);
            return;
        }

        // Neighbours for one instance stay together.
        for (int start = 0; start < run.Length;)
        {
            NfInstance to = instances.Select(run[start].RssHash);
            int end = start + 1;
            while (end < run.Length && instances.Select(run[end].RssHash) == to)
                end++;
            HandOver(run[start..end], to, steering, from, fuse);
            start = end;
        }
    }

    private void HandOver(Span<PacketDescriptor> run, NfInstance to, ulong steering, in Sender from, bool fuse)
    {
        if (_plane.HasDomains)
            run = MoveTo(run, to.Domain, from);
        if (fuse && (to.Gathered is not null || CanFuse(to)))
            Gather(run, to, steering, from);
        else
            PutOnLane(run, to, steering, from, new OwnerChange(_pool, from.Owner, to.OwnerId, _hopLimit - from.Hops, from.Hops + 1));
    }

    private void PutOnLane(Span<PacketDescriptor> run, NfInstance to, ulong steering, in Sender from, OwnerChange change)
    {
        InstanceLane lane = to.LaneFrom(_number);
        bool placedAny = false;
        while (!run.IsEmpty)
        {
            Span<PacketDescriptor> room = lane.Ring.Reserve(run.Length);
            if (room.IsEmpty)
                break;

            int placed = change.Place(run[..room.Length], room, steering);
            to.Remote?.Remember(run[..placed], steering, lane);
            lane.Ring.Stage(placed);
            placedAny |= placed > 0;
            if (placed < room.Length)
                Refuse(run[placed++], from);
            run = run[placed..];
        }

        if (placedAny && !lane.HasUnpublished)
        {
            lane.HasUnpublished = true;
            _unpublished.Add(to);
        }

        if (!run.IsEmpty)
        {
            to.MarkCongested();
            Drop(run, from, DropReason.RingFull, lane.Drops);
        }
    }

    // Not the sender's own, or too far travelled.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refuse(in PacketDescriptor descriptor, in Sender from)
    {
        if (_pool.IsOwnedBy(descriptor.BufferIndex, from.Owner))
            Drop(new ReadOnlySpan<PacketDescriptor>(in descriptor), from, DropReason.HopLimit);
        else
            Reject(1, from.Instance);
    }

    private void Transmit(Span<PacketDescriptor> run, PortId port, in Sender from)
    {
        PortOutput output = OutputTo(port);
        if (output.Entry.IsRemoved)
        {
            // Named by packets that follow an old revision of their chain.
            Drop(run, from, DropReason.UnknownDestination);
            return;
        }

        // Ports belong to the first domain.
        if (_plane.HasDomains)
            run = MoveTo(run, 0, from);

        // The hop limit is no matter at the end of the way.
        OwnerChange change = new(_pool, from.Owner, BufferOwner.Manager, ushort.MaxValue + 1, from.Hops + 1);
        while (!run.IsEmpty)
        {
            Span<PacketDescriptor> room = output.Room;
            if (room.IsEmpty)
            {
                MakeRoom(output);
                room = output.Room;
                if (room.IsEmpty)
                    break;
            }

            int count = Math.Min(room.Length, run.Length);
            int placed = change.Place(run[..count], room, 0);
            if (placed > 0 && output.Count == 0 && !_portsToFlush.Contains(output))
                _portsToFlush.Add(output);
            output.Added(placed);
            if (placed < count)
                Refuse(run[placed++], from);
            run = run[placed..];
        }

        if (!run.IsEmpty)
            Drop(run, from, DropReason.PortFull, output.Drops);
    }

    /// <summary>On the worker's thread, when a port was removed: offers it once more what waits for it, and drops the rest.</summary>
    internal void Close(PortEntry port)
    {
        if (port.Id.Value >= _outputs.Length || _outputs[port.Id.Value] is not { } output)
            return;
        MakeRoom(output);
        _portsToFlush.Remove(output);
        Drop(output.TakeAll(), new Sender(null), DropReason.PortFull, output.Drops);
    }

    // In the middle of a burst: a port that throws is as one that takes nothing, until the burst is routed.
    private void MakeRoom(PortOutput output)
    {
        try
        {
            Completed.Add(output.Flush(Cache));
        }
        catch (Exception exception)
        {
            _portFault ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    private PortOutput OutputTo(PortId port)
    {
        PortOutput?[] outputs = _outputs;
        if (port.Value < outputs.Length && outputs[port.Value] is { } output)
            return output;
        Array.Resize(ref _outputs, Math.Max(port.Value + 1, outputs.Length));
        return _outputs[port.Value] = _plane.AddOutput(port);
    }

    private void Publish()
    {
        foreach (NfInstance instance in _unpublished)
        {
            InstanceLane lane = instance.LaneFrom(_number);
            lane.Ring.Publish();
            lane.HasUnpublished = false;

            // The producer's own view of the free slots is enough unless it is low.
            int reserve = lane.Ring.Capacity - lane.CongestedDepth;
            if (lane.Ring.FreeFor(reserve) < reserve)
                instance.MarkCongested();
            if (instance.Remote is { } remote)
            {
                if (remote.CanSleep)
                    _toRing.Add(remote);
            }
            else if (instance.Worker is { CanSleep: true } receiver && receiver != Worker)
                _toWake.Add(receiver);
        }

        _unpublished.Clear();
    }

    // What was published must be visible before the sleeping flags are read: the sleeper sets its flag, then looks once more.
    private void WakeReceivers()
    {
        Interlocked.MemoryBarrier();
        foreach (Worker worker in _toWake)
            worker.Wake();
        _toWake.Clear();
        foreach (RemoteRunner remote in _toRing)
            remote.WakeIfWaiting();
        _toRing.Clear();
    }

    // Drops, of fresh packets, those whose way leads to a congested instance, before any work is spent on them. Returns the others.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Span<PacketDescriptor> Shed(Span<PacketDescriptor> burst)
    {
        int kept = 0;
        for (int i = 0; i < burst.Length; i++)
        {
            if (CongestedOnTheWay(burst[i]) is { } congested)
                Drop(burst.Slice(i, 1), new Sender(null), DropReason.BackPressure, congested.LaneFrom(_number).Drops);
            else
                burst[kept++] = burst[i];
        }

        return burst[..kept];
    }

    private NfInstance? CongestedOnTheWay(in PacketDescriptor descriptor)
    {
        if (_plane.Chains.Revision(descriptor.Chain) is not { } chain)
            return null;
        foreach (ref readonly CompiledStep step in chain.Steps)
        {
            if (step.Service?.Routing is not { IsEmpty: false } instances)
                continue;
            NfInstance instance = instances.Select(descriptor.RssHash);
            if (instance.IsCongested)
                return instance;
        }

        return null;
    }
}

using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <content>
/// The end of an instance, wanted or not. An instance that has ended leaves its service's routing at once, on whatever thread notices it; workers that are in the middle of a burst may
/// still send to it, so nothing is taken back before every worker has ended the round it was in. Then, in this order: what it had put on its transmit ring is sent on, what it had not
/// taken from its lanes goes to others of its service, and what the owner words still say is its own is dropped and counted.
/// </content>
internal sealed unsafe partial class RemoteRunner
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GracePeriod _grace = GracePeriod.Over;
    private RemoteEnd? _end;
    private bool _graceBegun;
    private bool _toldToStop;
    private bool _isOver;
    private long _stoppingSince;

    /// <summary>Ends when nothing of the instance is left.</summary>
    internal Task Gone => _gone.Task;

    /// <summary>How the instance ended; null while it has not.</summary>
    internal RemoteEnd? End => Volatile.Read(ref _end);

    internal override bool TryPost(in NfMessage message) =>
        End is null && _instance.State != InstanceState.Stopped && _peer.TrySend(ControlMessageType.Message, new InstanceMessage(message.Sender.Value, message.Kind, message.Body));

    internal override void SetPaused(bool paused) => _peer.TrySend(ControlMessageType.Command, new CommandMessage(paused ? ControlCommand.Pause : ControlCommand.Resume));

    internal override Task BeginStop()
    {
        if (_instance.State is InstanceState.Running or InstanceState.Paused or InstanceState.Starting)
        {
            _plane.Services.SetState(_instance, InstanceState.Draining);
            SetPaused(false);
            BeginGrace();
        }

        return _gone.Task;
    }

    /// <summary>Any thread: the instance has ended. Only the first call counts.</summary>
    internal void Ended(RemoteEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
            return;

        // Its flows go to others from here on.
        if (_instance.State is not (InstanceState.Draining or InstanceState.Stopped))
            _plane.Services.SetState(_instance, InstanceState.Faulted);
        _instance.ClearCongested();
        Interlocked.MemoryBarrier();
        Worker.Wake();
    }

    // The worker's own decision that the instance is to end: whoever made it runs no longer, if that can be had.
    private void Expel(RemoteEndKind kind, string reason)
    {
        Ended(new RemoteEnd(kind, reason));
        _peer.Kill(reason);
    }

    private void Count(NfViolation violation, long count)
    {
        if (count > 0 && Violations.Add(violation, count) >= _limits.Violations && End is null)
            Expel(RemoteEndKind.Expelled, $"it broke the rules {Violations.Total} times; the last was: {violation}");
    }

    /// <summary>Any thread: counts what the peer did outside the data path.</summary>
    internal void CountViolation(NfViolation violation) => Count(violation, 1);

    private int Drain()
    {
        if (End is not null)
            return Recover();
        int work = Tend();
        Worker.ScheduleWakeup(Worker.Now + _tick);
        if (_toldToStop && _plane.Time.GetElapsedTime(_stoppingSince) > _limits.Hang)
            Expel(RemoteEndKind.Hung, "it was told to stop and has not");
        if (_toldToStop || !_grace.IsOver(Worker))
            return work;

        foreach (InstanceLane? lane in _instance.Lanes)
        {
            if (!lane!.Ring.IsEmpty)
                return work;
        }

        _toldToStop = true;
        _stoppingSince = _plane.Time.GetTimestamp();
        _peer.TrySend(ControlMessageType.Command, new CommandMessage(ControlCommand.Stop));
        return work + 1;
    }

    private int Recover()
    {
        if (_isOver)
            return 0;
        if (!_graceBegun)
            BeginGrace();
        if (!_grace.IsOver(Worker))
        {
            Worker.ScheduleWakeup(Worker.Now + _tick);
            return 0;
        }

        _isOver = true;

        // A ring's worth and no more: a process that is not dead after all could go on for ever.
        int work = 0;
        for (int taken = TakeReturned(); taken > 0 && work < _instance.RingCapacity; taken = TakeReturned())
            work += taken;
        work += RerouteWaiting();
        Executor.Flush();
        work += Executor.Reclaim(_instance);
        CountKept(0, 0);
        _instance.ClearCongested();
        _plane.Services.SetState(_instance, InstanceState.Stopped);
        _gone.TrySetResult();
        return work + 1;
    }

    /// <summary>When no worker runs any more, and what was left has been discarded.</summary>
    internal void Abandon()
    {
        Ended(new RemoteEnd(RemoteEndKind.Abandoned, "the platform has stopped"));
        _gone.TrySetResult();
    }

    private void BeginGrace()
    {
        _graceBegun = true;
        _grace = GracePeriod.Begin(_plane);
    }

    // What the process had not taken goes to others, with the descriptors as they were given.
    private int RerouteWaiting()
    {
        PacketDescriptor[] left = new PacketDescriptor[_instance.RingCapacity];
        int rerouted = 0;
        foreach (InstanceLane? lane in _instance.Lanes)
        {
            Span<PacketDescriptor> burst = left.AsSpan(0, lane!.Ring.CopyLeft(left));
            int own = 0;
            foreach (PacketDescriptor descriptor in burst)
            {
                uint index = descriptor.BufferIndex;
                if (!_plane.Pool.IsOwnedBy(index, _instance.OwnerId) || _plane.Pool.IsEmptyBuffer(index))
                    continue;
                burst[own] = _plane.Given[index];
                own += burst[own].BufferIndex == index ? 1 : 0;
            }

            rerouted += own;
            for (Span<PacketDescriptor> rest = burst[..own]; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, _plane.BurstSize)..])
                Executor.Reroute(rest[..Math.Min(rest.Length, _plane.BurstSize)], _instance);
        }

        return rerouted;
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <content>
/// Starting, stopping, faults and restarts. An instance that stops or faults leaves its service's routing at once, but workers that are in the
/// middle of a burst may still send to it; so it goes on emptying its lanes until every worker has finished the round it was in. From then on
/// nothing more can come, and what the pool's owner table still says is the instance's is taken back.
/// </content>
internal sealed partial class NfRunner
{
    private readonly RestartPolicy _restart;
    private GracePeriod _grace = GracePeriod.Over;
    private TaskCompletionSource? _stopped;
    private bool _functionStarted;
    private bool _reclaimed;
    private int _faults;
    private long _startedAt;
    private long _restartAt = long.MaxValue;

    /// <summary>Makes the function and starts it. The instance gets packets once its state is set to running.</summary>
    internal void Start()
    {
        NetworkFunction function = _factory() ?? throw new InvalidOperationException($"The factory of service \"{_instance.Service.Name}\" returned null instead of a network function.");
        function.Attach(_context);
        function.Start();
        _function = function;
        _functionStarted = true;
        _startedAt = _plane.Time.GetTimestamp();
    }

    internal override Task BeginStop()
    {
        if (_stopped is not null)
            return _stopped.Task;
        _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_instance.State is InstanceState.Faulted)
        {
            _restartAt = long.MaxValue;
        }
        else
        {
            _plane.Services.SetState(_instance, InstanceState.Draining);
            _grace = GracePeriod.Begin(_plane);
        }

        return _stopped.Task;
    }

    /// <summary>Stops a function whose platform does not start after all.</summary>
    internal void Abandon() => StopFunction();

    private int Drain()
    {
        int work = Work();
        if (_instance.State is InstanceState.Draining && work == 0 && IsEmptyForGood())
            Finish();
        return work;
    }

    // Faulted: whatever still comes goes to others, until the time to start again.
    private int Recover()
    {
        int work = 0;
        foreach (InstanceLane? lane in _instance.Lanes)
        {
            if (lane is null)
                continue;
            Span<PacketDescriptor> burst = lane.Ring.Peek(_plane.BurstSize);
            if (burst.IsEmpty)
                continue;
            Executor.Reroute(burst, _instance);
            lane.Ring.Advance(burst.Length);
            work += burst.Length;
        }

        if (work > 0)
        {
            Executor.Flush();
            return work;
        }

        if (!_reclaimed)
        {
            if (!IsEmptyForGood())
                return 0;
            StopFunction();
            Reclaim();
        }

        if (_stopped is not null)
            Finish();
        else if (_restartAt != long.MaxValue)
            TryRestart();
        return 0;
    }

    private void TryRestart()
    {
        if (_plane.Time.GetTimestamp() < _restartAt)
        {
            Worker.ScheduleWakeup(_restartAt);
            return;
        }

        _createdBefore += _context.CreatedPackets;
        _context = new NfContext(new LocalNfHost(_plane, this, _instance));
        _reclaimed = false;
        try
        {
            Start();
        }
        catch (Exception exception)
        {
            _function = null;
            Fault(exception, []);
            return;
        }

        _plane.Services.SetState(_instance, InstanceState.Running);
    }

    private void Finish()
    {
        StopFunction();
        Reclaim();
        _instance.ClearCongested();
        _plane.Services.SetState(_instance, InstanceState.Stopped);
        _stopped!.SetResult();
    }

    private void StopFunction()
    {
        if (!_functionStarted)
            return;
        _functionStarted = false;
        _function!.Stop(_context.Logger);
    }

    // What a function left behind: packets that it held, or whose descriptors it spoiled.
    private void Reclaim()
    {
        _reclaimed = true;
        _context.ForgetHeld();
        Executor.Reclaim(_instance);
    }

    // Nothing is here, and nothing can come any more: every worker that may have seen the old routing has ended the round it was in.
    private bool IsEmptyForGood()
    {
        if (!_grace.IsOver(Worker))
            return false;

        foreach (InstanceLane? lane in _instance.Lanes)
        {
            if (lane is { Ring.IsEmpty: false })
                return false;
        }

        return _instance.Transmit.IsEmpty;
    }

    private void FaultInBurst(Exception exception, Span<PacketDescriptor> burst)
    {
        // The default ProcessBatch says which packet it was. A function that handles bursts itself does not: any of them may be half done.
        int culprit = _function!.CurrentPacket;
        Span<PacketDescriptor> done = culprit < 0 ? [] : burst[..culprit];
        Span<PacketDescriptor> guilty = culprit < 0 ? burst : burst.Slice(culprit, 1);
        Span<PacketDescriptor> rest = culprit < 0 ? [] : burst[(culprit + 1)..];

        List<byte[]> frames = [];
        foreach (ref PacketDescriptor descriptor in guilty)
        {
            if (_plane.Pool.IsOwnedBy(descriptor.BufferIndex, _instance.OwnerId))
                frames.Add(_plane.Pool.Open(ref descriptor).Data.ToArray());
        }

        Volatile.Write(ref _handledPackets, _handledPackets + done.Length);
        Emit(done);
        Executor.Drop(guilty, new Sender(_instance), DropReason.FunctionFault);
        Fault(exception, frames);
        Executor.Reroute(rest, _instance);
    }

    private void Fault(Exception exception, IReadOnlyList<byte[]> frames)
    {
        long now = _plane.Time.GetTimestamp();
        if (_plane.Time.GetElapsedTime(_startedAt, now) >= _restart.HealthyAfter)
            _faults = 0;
        TotalFaults++;
        bool restarts = _stopped is null && _faults < _restart.MaxRestarts;
        TimeSpan backOff = _restart.BackOff(_faults);
        _faults++;
        _restartAt = restarts ? now + (long)(backOff.TotalSeconds * _plane.Time.TimestampFrequency) : long.MaxValue;
        _plane.Services.SetState(_instance, InstanceState.Faulted);
        _instance.ClearCongested();
        _grace = GracePeriod.Begin(_plane);
        Worker.ScheduleWakeup(_restartAt);

        DateTimeOffset time = _plane.Time.GetUtcNow();
        _plane.Report(new NfFault
        {
            Instance = _instance.Id,
            Service = _instance.Service.Id,
            Exception = exception,
            Time = time,
            Frames = frames,
            Count = _faults,
            RestartsAt = restarts ? time + backOff : null,
        });
    }
}

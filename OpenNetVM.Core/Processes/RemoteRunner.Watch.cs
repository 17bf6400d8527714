using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <content>
/// Watching a process that lives: whether it takes what waits for it, what it keeps, and whether sources that can wait are to wait for it.
/// <para>What it owes is what was handed to it, less what was taken back from it and what it holds on purpose: two counts of the manager's own and one that it can only understate. All of
/// that is under way, and counts in the window of the sources (<see cref="DataplaneState.Window"/>): a function that has a burst in hand puts it on the next one's ring at any moment. It
/// stops counting when the process has settled too little of it for too long.</para>
/// <para>Time is what the worker has seen of it: a process is not blamed for a worker that slept, or was itself not run.</para>
/// </content>
internal sealed unsafe partial class RemoteRunner
{
    // Sources wait this long for a process to settle half a ring of what it owes, and so often; a time that is long ago is forgotten.
    private static readonly TimeSpan MostPatience = TimeSpan.FromMilliseconds(500);
    private const int MostTimesSlow = 3;
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);

    // Of the time between two looks so much counts: looks are due every millisecond while a process owes anything.
    private static readonly TimeSpan MostBetweenLooks = TimeSpan.FromMilliseconds(20);

    private long _lastLook;
    private long _nextLook;
    private long _takenBefore;
    private TimeSpan _sinceTaken;
    private long _settledBefore;
    private TimeSpan _sinceSettled;
    private int _timesSlow;
    private long _slowAt;
    private long _bellFloods;
    private long _elsewhere;
    private int _held;

    // Once a millisecond or so.
    private void Look()
    {
        long now = Worker.Now;
        TimeSpan watched = _plane.Time.GetElapsedTime(_lastLook, now);
        watched = watched < MostBetweenLooks ? watched : MostBetweenLooks;
        _lastLook = now;
        _nextLook = now + _tick;
        bool waits = false;
        long taken = 0;
        int implausible = _instance.Transmit.HasPlausibleProducer ? 0 : 1;
        foreach (InstanceLane? lane in _instance.Lanes)
        {
            waits |= !lane!.Ring.IsEmpty;
            taken += lane.Ring.Dequeued;
            implausible += lane.Ring.HasPlausibleConsumer ? 0 : 1;
        }

        Count(NfViolation.ImpossibleCursor, implausible);
        long floods = _peer.BellFloods;
        Count(NfViolation.Flood, floods - _bellFloods);
        _bellFloods = floods;
        long unreturned = DeliveredPackets - _returnedPackets;
        long kept = Math.Max(0, unreturned - _instance.ReceiveDepth - _instance.Transmit.Count);
        int held = (int)Math.Clamp(Volatile.Read(ref _block->Held), 0, Math.Min(kept, int.MaxValue));
        if (kept > _limits.HeldPackets)
        {
            Violations.Add(NfViolation.Hoarding, 1);
            Expel(RemoteEndKind.Expelled, $"it keeps {kept} packets; {_limits.HeldPackets} are allowed");
            return;
        }

        // A pause, or a transmit ring that nobody empties, is not its fault.
        bool excused = _instance.State == InstanceState.Paused || _instance.Transmit.Count > _instance.Transmit.Capacity / 2;
        long owed = unreturned - held;
        JudgePace(watched, now, owed, _returnedPackets + held, excused);
        CountKept(held, _instance.IsNotWaitedFor ? owed : 0);
        _sinceTaken = taken != _takenBefore || excused || !waits ? TimeSpan.Zero : _sinceTaken + watched;
        _takenBefore = taken;
        if (_sinceTaken >= _limits.Hang)
        {
            Expel(RemoteEndKind.Hung, $"{_instance.ReceiveDepth} packets wait for it, and it has taken none for {_limits.Hang.TotalMilliseconds:0} ms");
            return;
        }

        // Another look is due even if nothing else happens.
        if (waits || (owed > 0 && !_instance.IsNotWaitedFor))
            Worker.ScheduleWakeup(_nextLook);
    }

    // Sources that can wait do so for what they have sent to this instance: not for ever, or one process could stop them all. One that keeps pace afterwards is waited for again, but not
    // any number of times.
    private void JudgePace(TimeSpan watched, long now, long owed, long settled, bool excused)
    {
        bool longAgo = _plane.Time.GetElapsedTime(_slowAt, now) > Forgotten;
        if (owed <= 0 || settled - _settledBefore >= _instance.RingCapacity / 2)
        {
            _sinceSettled = TimeSpan.Zero;
            _settledBefore = settled;
            if (_timesSlow < MostTimesSlow || longAgo)
                _instance.IsNotWaitedFor = false;
            return;
        }

        if (excused || (_sinceSettled += watched) < MostPatience)
            return;
        _sinceSettled = TimeSpan.Zero;
        _settledBefore = settled;
        if (_instance.IsNotWaitedFor)
            return;
        _timesSlow = longAgo ? 1 : _timesSlow + 1;
        _slowAt = now;
        _instance.StopWaitingFor();
    }

    // Those that it holds on purpose, and those that it owes and is not waited for to settle.
    private void CountKept(int held, long elsewhere)
    {
        Interlocked.Add(ref _plane.HeldPackets, held - _held);
        Volatile.Write(ref _held, held);
        Interlocked.Add(ref _plane.PacketsElsewhere, elsewhere - _elsewhere);
        _elsewhere = elsewhere;
    }
}

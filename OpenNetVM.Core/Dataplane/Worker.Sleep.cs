namespace OpenNetVM.Core.Dataplane;

// Sleeping without losing a wake-up.
//
// The worker (on its thread):
//   1. finds no work in a round, and its idle strategy says sleep;
//   2. sets Sleeping to 1;
//   3. full fence;
//   4. polls everything once more and looks at the attention flag; if there is something, clears Sleeping and goes on working;
//   5. takes the lock; if Sleeping is still 1, waits on it (releasing the lock) until pulsed or the time is up;
//   6. clears Sleeping, releases the lock, polls.
// A producer (any thread):
//   A. publishes its work (a ring's tail, a flag);
//   B. full fence, only if CanSleep;
//   C. Wake(): reads Sleeping; 0 means awake, done (the usual case: one load);
//   D. else takes the lock; if Sleeping is still 1, clears it and pulses.
//
// Why nothing is lost: fences 3 and B order (2 before 4) and (A before C). So either the worker's look in 4 sees what A
// published, or the producer's read in C sees Sleeping = 1: both missing each other would need each fence to come before the
// other. In the second case D clears Sleeping under the lock: before 5, and the worker does not wait; or after, and it is pulsed.
// Without fence B a processor may do the load of C before the store of A is visible (x86-64 too), and the work would lie until
// the time is up.
public sealed partial class Worker
{
    private readonly object _sleepLock = new();

    /// <summary>True if the worker may sleep, so that producers have to <see cref="Wake"/> it. Constant.</summary>
    public bool CanSleep => _cells.CanSleep;

    /// <summary>On the worker's thread: whether this round is the last look before it sleeps (step 4). Who can be announced only by another process asks for that now.</summary>
    internal bool IsFallingAsleep => _cells.Sleeping != 0;

    /// <summary>
    /// Wakes the worker if it sleeps or is about to; one load if it is awake. Call it after publishing work, with a full fence
    /// between the two if <see cref="CanSleep"/>: <c>if (worker.CanSleep) { Interlocked.MemoryBarrier(); worker.Wake(); }</c>.
    /// One fence serves any number of workers.
    /// </summary>
    public void Wake()
    {
        if (Volatile.Read(ref _cells.Sleeping) != 0)
            WakeSleeper();
    }

    /// <summary>
    /// Asks that the sleep which may follow the current round ends at a time; of several requests the earliest counts. It is good
    /// for that one sleep: a pollable that waits for a time repeats it in every <see cref="IPollable.Poll"/> until then.
    /// To be called from <see cref="IPollable.Poll"/> only.
    /// </summary>
    /// <param name="timestamp">A timestamp of <see cref="Time"/>; sleeping is rounded up to whole milliseconds.</param>
    public void ScheduleWakeup(long timestamp)
    {
        if (timestamp < _cells.Wakeup)
            _cells.Wakeup = timestamp;
    }

    private void WakeAfterPublishing()
    {
        Interlocked.MemoryBarrier();
        Wake();
    }

    private void WakeSleeper()
    {
        lock (_sleepLock)
        {
            if (_cells.Sleeping == 0)
                return;
            Volatile.Write(ref _cells.Sleeping, 0);
            Monitor.Pulse(_sleepLock);
        }
    }

    /// <summary>Does what the idle strategy says. Returns what a last look at the pollables found: 0 if there was none.</summary>
    private int Rest(int idleRounds)
    {
        IdleStep step = _idle.Next(idleRounds);
        if (step.Kind == IdleStepKind.Sleep)
            return Sleep(step.Amount);
        step.Pause();
        return 0;
    }

    private void RestBlocked(int blockedRounds)
    {
        // Nobody wakes a worker whose work waits for room, so it stays awake; but if room has not come for long, the other side
        // is paused or dead, and a nap between looks costs nothing that is not lost already.
        if (blockedRounds < BlockedRoundsBeforeNap || !CanSleep)
        {
            Thread.Yield();
            return;
        }

        // Without a last look (step 4) new work may lie for as long as the nap; the attention flag must not.
        Volatile.Write(ref _cells.Sleeping, 1);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _cells.Attention) != 0)
            Volatile.Write(ref _cells.Sleeping, 0);
        WaitForWake(BlockedNapMilliseconds);
    }

    private int Sleep(int milliseconds)
    {
        Volatile.Write(ref _cells.Sleeping, 1);
        Interlocked.MemoryBarrier();
        int done = Round();
        if (done == 0 && Volatile.Read(ref _cells.Attention) == 0)
        {
            milliseconds = Math.Min(milliseconds, MillisecondsToWakeup());
            if (milliseconds > 0)
            {
                WaitForWake(milliseconds);
                return 0;
            }
        }

        Volatile.Write(ref _cells.Sleeping, 0);
        return done;
    }

    /// <summary>Steps 5 and 6.</summary>
    private void WaitForWake(int milliseconds)
    {
        lock (_sleepLock)
        {
            if (_cells.Sleeping != 0)
            {
                _cells.Sleeps++;
                Monitor.Wait(_sleepLock, milliseconds);
            }

            Volatile.Write(ref _cells.Sleeping, 0);
        }
    }

    private int MillisecondsToWakeup()
    {
        if (_cells.Wakeup == long.MaxValue)
            return int.MaxValue;
        // Doubles: a time provider's timestamps may have any frequency, and a far time must not overflow.
        double milliseconds = Math.Ceiling(((double)_cells.Wakeup - _cells.Now) * 1000 / _time.TimestampFrequency);
        return (int)Math.Clamp(milliseconds, 0, int.MaxValue);
    }
}

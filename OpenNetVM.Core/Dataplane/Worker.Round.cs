using Microsoft.Extensions.Logging;

namespace OpenNetVM.Core.Dataplane;

// Rounds: polling everything once, the clock, and what happens to a pollable that throws.
public sealed partial class Worker
{
    // The clock costs as much as a small burst: while there is work, every fourth round reads it.
    private const int BusyRoundsPerClockRead = 4;

    // A fault may be the fault of one packet: the first few in a row are retried at once, then ever more slowly.
    private const int FaultsWithoutPause = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FaultLogInterval = TimeSpan.FromSeconds(1);

    private Slot[] _slots = [];

    // The array that the current round goes through; null between rounds.
    private Slot[]? _roundSlots;
    private long? _lastFaultLog;
    private long _unloggedFaults;

    /// <summary>
    /// Polls every pollable once on the calling thread: for tests, and for applications with their own loop. Actions given to
    /// <see cref="InvokeAsync"/> from within the round run at its end.
    /// </summary>
    /// <returns>The sum of the work done; <see cref="IPollable.Blocked"/> if none was done but some waits for somebody else; else 0.</returns>
    /// <exception cref="InvalidOperationException">The worker has a thread, or the caller is within a round of this worker.</exception>
    public int PollOnce()
    {
        EnterRoleByHand();
        try
        {
            // Whoever drives by hand may have moved the clock by hand.
            _cells.ClockCountdown = 0;
            int done = Round();
            if (_cells.BusySinceClock)
                ReadClock();
            RunInvocations(TakeInvocations(out _));
            return done;
        }
        finally
        {
            _role.Exit();
        }
    }

    private int Round()
    {
        if (_cells.ClockCountdown-- <= 0)
            ReadClock();
        _cells.Wakeup = long.MaxValue;
        // Adding and removing replaces the array: this round keeps to the one it began with.
        Slot[] slots = _slots;
        _roundSlots = slots;
        int work = 0;
        bool blocked = false;
        for (int i = 0; i < slots.Length; i++)
        {
            ref Slot slot = ref slots[i];
            IPollable? pollable = slot.Pollable;
            if (pollable is null || (slot.Faults > FaultsWithoutPause && IsPaused(in slot)))
                continue;
            int done;
            try
            {
                done = pollable.Poll();
            }
            catch (Exception exception)
            {
                // One faulty function must not take down those that share its worker.
                OnFault(ref slot, pollable, exception);
                continue;
            }

            if (slot.Faults != 0)
                slot.Faults = 0;
            if (done > 0)
                work = AddSaturated(work, done);
            else
                blocked |= done < 0;
        }

        _roundSlots = null;
        // A release: whoever sees the new number may free what this round has read.
        Volatile.Write(ref _cells.Rounds, _cells.Rounds + 1);
        if (work > 0)
        {
            _cells.BusyRounds++;
            _cells.BusySinceClock = true;
            return work;
        }

        // The end of a busy period is noted before the worker rests, or its rest would count as work.
        if (_cells.BusySinceClock)
            ReadClock();
        _cells.ClockCountdown = 0;
        return blocked ? IPollable.Blocked : 0;
    }

    private static int AddSaturated(int sum, int done)
    {
        sum = unchecked(sum + done);
        return sum < 0 ? int.MaxValue : sum;
    }

    private void ReadClock()
    {
        long now = _time.GetTimestamp();
        if (_cells.BusySinceClock)
            Volatile.Write(ref _cells.BusyTicks, _cells.BusyTicks + (now - _cells.Now));
        _cells.BusySinceClock = false;
        _cells.ClockCountdown = BusyRoundsPerClockRead - 1;
        Volatile.Write(ref _cells.Now, now);
    }

    private bool IsPaused(in Slot slot)
    {
        if (_cells.Now >= slot.NotBefore)
            return false;
        ScheduleWakeup(slot.NotBefore);
        return true;
    }

    private void OnFault(ref Slot slot, IPollable pollable, Exception exception)
    {
        _cells.Faults++;
        slot.Faults++;
        TimeSpan pause = TimeSpan.Zero;
        if (slot.Faults > FaultsWithoutPause)
        {
            // 2^10 ms reach the longest pause.
            int doublings = Math.Min(slot.Faults - FaultsWithoutPause - 1, 10);
            pause = FirstPause * (1 << doublings);
            if (pause > LongestPause)
                pause = LongestPause;
            slot.NotBefore = After(pause);
        }

        // It may have had work: the worker must not sleep longer than until it is asked again.
        ScheduleWakeup(After(pause));
        _unloggedFaults++;
        if (_lastFaultLog is long last && _time.GetElapsedTime(last, _cells.Now) < FaultLogInterval)
            return;
        try
        {
            _logger.LogError(
                exception,
                "Worker {Worker}: {Pollable} threw while being polled ({Faults} faults in a row, {New} on this worker since the last such message); it is polled again after {Pause}",
                Name,
                pollable.Name,
                slot.Faults,
                _unloggedFaults,
                pause);
        }
        catch (Exception)
        {
            // A logger that throws has nobody left to tell; the packets go on. The count above stays readable.
        }

        _lastFaultLog = _cells.Now;
        _unloggedFaults = 0;
    }

    private long After(TimeSpan delay) => _cells.Now + (long)(delay.TotalSeconds * _time.TimestampFrequency);

    private void AddSlot(IPollable pollable)
    {
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (ReferenceEquals(slot.Pollable, pollable))
                throw new ArgumentException($"Worker '{Name}' polls '{pollable.Name}' already; a pollable is added to one worker, once.", nameof(pollable));
        }

        Volatile.Write(ref _slots, [.. _slots, new Slot { Pollable = pollable }]);
    }

    private bool RemoveSlot(IPollable pollable)
    {
        int index = Array.FindIndex(_slots, slot => ReferenceEquals(slot.Pollable, pollable));
        if (index < 0)
            return false;
        Volatile.Write(ref _slots, [.. _slots[..index], .. _slots[(index + 1)..]]);
        // A removal from within a round must hold for the rest of that round too.
        if (_roundSlots is { } current)
        {
            int place = Array.FindIndex(current, slot => ReferenceEquals(slot.Pollable, pollable));
            if (place >= 0)
                current[place].Pollable = null;
        }

        return true;
    }

    private struct Slot
    {
        public IPollable? Pollable;

        // Faults since the last poll that returned.
        public int Faults;

        // The timestamp before which a pollable with too many faults is left alone.
        public long NotBefore;
    }
}

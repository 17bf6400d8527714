namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>The timers of one instance, by due time. Used by one thread.</summary>
internal sealed class TimerQueue
{
    private readonly PriorityQueue<NfTimer, long> _timers = new();

    /// <summary>When the next timer is due, <see cref="long.MaxValue"/> if there is none.</summary>
    internal long NextDue { get; private set; } = long.MaxValue;

    internal NfTimer Add(long due, long period, Action callback)
    {
        NfTimer timer = new(callback, period);
        _timers.Enqueue(timer, due);
        NextDue = Math.Min(NextDue, due);
        return timer;
    }

    /// <summary>Calls what is due. A timer that fell behind by more than a period fires once, not once per period missed.</summary>
    internal int Run(long now)
    {
        int fired = 0;
        while (_timers.TryPeek(out NfTimer? timer, out long due) && due <= now)
        {
            _timers.Dequeue();
            if (!timer.IsActive)
                continue;
            if (timer.Period == 0)
                timer.IsActive = false;
            else
                _timers.Enqueue(timer, Math.Max(due + timer.Period, now + 1));
            fired++;
            timer.Callback();
        }

        NextDue = _timers.TryPeek(out _, out long next) ? next : long.MaxValue;
        return fired;
    }
}

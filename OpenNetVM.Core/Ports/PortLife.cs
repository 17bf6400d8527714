namespace OpenNetVM.Core.Ports;

/// <summary>A port's way through its states. Start and stop are control operations; everything else is safe from any thread.</summary>
internal sealed class PortLife(string name)
{
    public const int MaxQueues = 1_024;

    private readonly Lock _gate = new();
    private PortContext? _context;
    private PortClock _clock;
    private bool _started;
    private bool _stopped;

    /// <summary>What the port was started with, while it runs; null before and after.</summary>
    public PortContext? Running => Volatile.Read(ref _context);

    /// <summary>The clock of a running port.</summary>
    public ref readonly PortClock Clock => ref _clock;

    /// <summary>Begins to run. <paramref name="prepare"/> may refuse by throwing; the port then counts as not started.</summary>
    public void Start(PortContext context, Action<PortContext>? prepare = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        lock (_gate)
        {
            if (_started || _stopped)
                throw new InvalidOperationException($"Port '{name}' was started or stopped before; a port belongs to one platform, once. Make a new port.");
            prepare?.Invoke(context);
            _started = true;
            _clock = new PortClock(context.Time);

            // Published last: who sees the context sees everything it was prepared with.
            Volatile.Write(ref _context, context);
        }
    }

    /// <summary>Ends the run. Returns the context the first time if the port was running, otherwise null.</summary>
    public PortContext? Stop()
    {
        lock (_gate)
        {
            PortContext? context = _context;
            Volatile.Write(ref _context, null);
            Volatile.Write(ref _stopped, true);
            return context;
        }
    }

    /// <summary>The state, given what the port itself knows.</summary>
    public PortStatus Status(bool ended, Exception? error)
    {
        if (Volatile.Read(ref _stopped))
            return new PortStatus(PortState.Stopped, error);
        if (Running is null)
            return new PortStatus(PortState.Created);
        return !ended ? new PortStatus(PortState.Running)
            : error is null ? new PortStatus(PortState.Ended)
            : new PortStatus(PortState.Failed, error);
    }

    /// <summary>Refuses numbers of queues that no port has.</summary>
    public static void CheckQueueCounts(int receive, int transmit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(receive, "ReceiveQueues");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(receive, MaxQueues, "ReceiveQueues");
        ArgumentOutOfRangeException.ThrowIfNegative(transmit, "TransmitQueues");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transmit, MaxQueues, "TransmitQueues");
    }
}

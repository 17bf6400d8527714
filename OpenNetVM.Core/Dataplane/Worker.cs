using Microsoft.Extensions.Logging;

namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// A thread that polls a list of <see cref="IPollable"/>s, or, without a thread, the same driven by hand. All public members are
/// safe to call from any thread, except where they say otherwise; the pollables are only ever polled by one thread at a time.
/// </summary>
/// <remarks>
/// <para>Whoever plays the worker holds its role: its thread from start to stop, or the caller of <see cref="PollOnce"/> or of
/// <see cref="Invoke(Action)"/> while there is no thread. What belongs to a worker (its list of pollables, and whatever they
/// share among themselves) is only touched with the role held, and needs no lock of its own.</para>
/// <para>The parts: rounds in <c>Worker.Round.cs</c>, starting and stopping in <c>Worker.Lifetime.cs</c>, actions from other
/// threads in <c>Worker.Invoke.cs</c>, sleeping and waking in <c>Worker.Sleep.cs</c>.</para>
/// </remarks>
public sealed partial class Worker : IDisposable, IAsyncDisposable
{
    private readonly WorkerOptions _options;
    private readonly IdleStrategy _idle;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private WorkerCells _cells;

    /// <summary>Makes a worker without a thread and without pollables.</summary>
    /// <param name="options">Name, core and idle strategy.</param>
    /// <param name="time">The clock that <see cref="Now"/> reads.</param>
    /// <param name="logger">Told of faults of pollables, of starts and stops.</param>
    /// <exception cref="ArgumentOutOfRangeException">The process has no such core.</exception>
    /// <exception cref="PlatformNotSupportedException">A core was given and the system is not Linux.</exception>
    public Worker(WorkerOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        if (string.IsNullOrWhiteSpace(options.Name))
            throw new ArgumentException($"A worker needs a name, but {nameof(WorkerOptions)}.{nameof(WorkerOptions.Name)} is empty.", nameof(options));
        if (options.Idle is null)
            throw new ArgumentException($"Worker '{options.Name}' needs an idle strategy, for example {nameof(IdleStrategy)}.{nameof(IdleStrategy.Adaptive)}.", nameof(options));
        if (options.Core is int core)
            CoreAffinity.ThrowIfUnavailable(core, nameof(options));
        _options = options;
        _idle = options.Idle;
        _time = time;
        _logger = logger;
        _cells.CanSleep = options.Idle.CanSleep;
        _cells.Now = time.GetTimestamp();
    }

    /// <summary>The worker's name.</summary>
    public string Name => _options.Name;

    /// <summary>What the worker was made with.</summary>
    public WorkerOptions Options => _options;

    /// <summary>The clock that the worker was made with; <see cref="Now"/> and <see cref="ScheduleWakeup"/> are its timestamps.</summary>
    public TimeProvider Time => _time;

    /// <summary>
    /// The worker's coarse clock: a timestamp of <see cref="Time"/>, read before every round, or before every fourth while there
    /// is work. Costs a load; never runs backwards unless <see cref="Time"/> does.
    /// </summary>
    public long Now => Volatile.Read(ref _cells.Now);

    /// <summary>
    /// Rounds so far: in each, every pollable was polled once. Counted at the end of a round, so that the round which was under way
    /// when the number was read is over once it has changed. Who replaces something that rounds read, and cannot wait with
    /// <see cref="WaitForRound"/>, publishes the new, makes a full fence, reads the number, and wakes the worker if it may sleep.
    /// </summary>
    public long Rounds => Volatile.Read(ref _cells.Rounds);

    /// <summary>Rounds so far in which some pollable did work.</summary>
    public long BusyRounds => Volatile.Read(ref _cells.BusyRounds);

    /// <summary>Exceptions that pollables threw so far.</summary>
    public long Faults => Volatile.Read(ref _cells.Faults);

    /// <summary>How often the thread went to sleep so far.</summary>
    public long Sleeps => Volatile.Read(ref _cells.Sleeps);

    /// <summary>The time spent in rounds that did work, so far: an estimate, exact to a few rounds at each change between busy and idle.</summary>
    public TimeSpan BusyTime => _time.GetElapsedTime(0, Volatile.Read(ref _cells.BusyTicks));

    /// <summary>The pollables at this moment, in the order in which they are polled.</summary>
    public IReadOnlyList<IPollable> Pollables
    {
        get
        {
            List<IPollable> list = [];
            foreach (ref readonly Slot slot in Volatile.Read(ref _slots).AsSpan())
            {
                // Read once: a removal within a round empties the slot.
                if (slot.Pollable is { } pollable)
                    list.Add(pollable);
            }

            return list;
        }
    }

    /// <summary>Adds a pollable at the end of the list; it is first polled in the next round. Waits for the current round to end (see <see cref="Invoke(Action)"/>).</summary>
    /// <exception cref="ArgumentException">The worker polls it already.</exception>
    public void Add(IPollable pollable)
    {
        ArgumentNullException.ThrowIfNull(pollable);
        Invoke(() => AddSlot(pollable));
    }

    /// <summary>
    /// Removes a pollable. When this returns it is not being polled and will not be again, and it may be disposed of; if a
    /// pollable removes itself, that is from its return on.
    /// </summary>
    /// <returns>False if the worker does not poll it.</returns>
    public bool Remove(IPollable pollable)
    {
        ArgumentNullException.ThrowIfNull(pollable);
        return Invoke(() => RemoveSlot(pollable));
    }

    /// <summary>For example "worker 'tx' (Running, 3 pollables)".</summary>
    public override string ToString() => $"worker '{Name}' ({State}, {Pollables.Count} pollables)";
}

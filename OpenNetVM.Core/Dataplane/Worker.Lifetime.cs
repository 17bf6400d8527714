using Microsoft.Extensions.Logging;

namespace OpenNetVM.Core.Dataplane;

// Starting, the thread's loop, stopping.
public sealed partial class Worker
{
    // How long a thread that wants the role waits before it looks again whether the worker has got a thread meanwhile.
    private static readonly TimeSpan RoleRetry = TimeSpan.FromMilliseconds(10);

    // Blocked work is worth burning the core for only as long as the other side may be just about to make room.
    private const int BlockedRoundsBeforeNap = 10_000;
    private const int BlockedNapMilliseconds = 1;

    // Held by whoever plays the worker. Guards everything that only the worker may touch.
    private readonly Lock _role = new();

    // Guards the state and the queue of invocations. Held for a few instructions only.
    private readonly Lock _gate = new();
    private WorkerState _state;
    private TaskCompletionSource _ended = CompletedSource();

    /// <summary>Whether the worker has a thread.</summary>
    public WorkerState State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    /// <summary>True on the worker's own thread, and within <see cref="PollOnce"/> and actions that run inline.</summary>
    public bool IsCurrentThread => _role.IsHeldByCurrentThread;

    /// <summary>Starts the thread (a background thread: it does not keep the process alive) and returns once it is pinned. A stopped worker can be started again.</summary>
    /// <exception cref="InvalidOperationException">The worker has a thread already, or the thread could not be pinned.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_state != WorkerState.Stopped)
                throw new InvalidOperationException($"Worker '{Name}' is {_state}; it can be started when it is {WorkerState.Stopped} (await {nameof(StopAsync)} first).");
            _state = WorkerState.Running;
            _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        TaskCompletionSource pinned = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            new Thread(() => Run(pinned)) { Name = Name, IsBackground = true }.Start();
        }
        catch (Exception exception)
        {
            FailStart(pinned, exception);
        }

        pinned.Task.GetAwaiter().GetResult();
        _logger.LogDebug("Worker {Worker} started; core: {Core}; idle strategy: {Idle}", Name, _options.Core, _idle);
    }

    /// <summary>
    /// Asks the thread to stop after its current round and waits until it has. Actions that were invoked before are run first.
    /// Does nothing if there is no thread.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called on the worker's own thread, or by a worker that this one waits for.</exception>
    public void Stop()
    {
        if (IsCurrentThread && State != WorkerState.Stopped)
            throw new InvalidOperationException($"Worker '{Name}' cannot wait on its own thread for its own end; call {nameof(StopAsync)} there and do not wait for it.");
        WaitFor(StopAsync());
    }

    /// <summary>Asks the thread to stop after its current round; the task ends when it has. The call itself does not wait.</summary>
    public Task StopAsync()
    {
        Task ended;
        lock (_gate)
        {
            ended = _ended.Task;
            if (_state != WorkerState.Running)
                return ended;
            _state = WorkerState.Stopping;
            CallAttention();
        }

        WakeAfterPublishing();
        return ended;
    }

    /// <summary>Same as <see cref="Stop"/>. The pollables are not disposed of: they belong to whoever added them.</summary>
    public void Dispose() => Stop();

    /// <summary>Same as <see cref="StopAsync"/>.</summary>
    public ValueTask DisposeAsync() => new(StopAsync());

    private static TaskCompletionSource CompletedSource()
    {
        TaskCompletionSource source = new();
        source.SetResult();
        return source;
    }

    private void Run(TaskCompletionSource pinned)
    {
        try
        {
            if (_options.Core is int core)
                CoreAffinity.PinCurrentThread(core);
            if (_idle.Naps)
                ShortSleep.BeOnTime();
        }
        catch (Exception exception)
        {
            FailStart(pinned, exception);
            return;
        }

        // Before the role is taken: the thread that starts the worker may hold it.
        pinned.SetResult();
        _current = this;
        TaskCompletionSource ended;
        lock (_role)
        {
            try
            {
                Loop();
            }
            finally
            {
                ended = Detach(out Invocation? invocations);
                RunInvocations(invocations);
            }
        }

        ended.SetResult();
    }

    /// <summary>Takes a start back. What was invoked meanwhile must not wait for a thread that never polls.</summary>
    private void FailStart(TaskCompletionSource pinned, Exception exception)
    {
        TaskCompletionSource ended = Detach(out Invocation? invocations);
        pinned.SetException(exception);
        lock (_role)
            RunInvocations(invocations);
        ended.SetResult();
    }

    /// <summary>From here on there is no thread to invoke anything on; what is in the queue is still run by the caller.</summary>
    private TaskCompletionSource Detach(out Invocation? invocations)
    {
        lock (_gate)
        {
            invocations = TakeInvocations(out _);
            _state = WorkerState.Stopped;
            return _ended;
        }
    }

    private void Loop()
    {
        int idle = 0;
        int blocked = 0;
        while (Volatile.Read(ref _cells.Attention) == 0 || Attend())
        {
            int done = Round();
            // Resting may include one more round, the last look before sleep: its outcome counts like any other's.
            while (done <= 0)
            {
                if (done < 0)
                {
                    idle = 0;
                    blocked = Math.Min(blocked + 1, BlockedRoundsBeforeNap);
                    RestBlocked(blocked);
                    break;
                }

                blocked = 0;
                // Saturates: an idle worker may go round for years.
                idle = idle == int.MaxValue ? idle : idle + 1;
                done = Rest(idle);
                if (done == 0)
                    break;
            }

            if (done > 0)
                idle = blocked = 0;
        }
    }

    /// <summary>Runs the actions that are waiting; false if the worker has to stop.</summary>
    private bool Attend()
    {
        Invocation? invocations = TakeInvocations(out bool stop);
        RunInvocations(invocations);
        // An action may have taken long.
        _cells.ClockCountdown = 0;
        return !stop;
    }

    /// <summary>Takes the role for a round by hand, or says why it cannot be had.</summary>
    private void EnterRoleByHand()
    {
        if (IsCurrentThread && _roundSlots is not null)
            throw new InvalidOperationException($"Worker '{Name}' is within a round on this thread already; a pollable must not drive the worker that polls it.");
        do
        {
            ThrowIfThreaded();
        }
        while (!_role.TryEnter(RoleRetry));

        try
        {
            // The worker may have been started meanwhile; then its thread is waiting for the role.
            ThrowIfThreaded();
        }
        catch
        {
            _role.Exit();
            throw;
        }
    }

    private void ThrowIfThreaded()
    {
        if (State is var state && state != WorkerState.Stopped)
            throw new InvalidOperationException($"Worker '{Name}' is {state}: its own thread polls. Stop it before driving it by hand.");
    }
}

namespace OpenNetVM.Core.Dataplane;

// Actions that other threads have run on the worker's thread, between two rounds.
//
//   1. The caller puts the action into the queue, under the gate, if the worker has a thread; it raises the attention flag
//      and wakes the thread.
//   2. The thread looks at the flag before every round (one load); if it is up, it takes the whole queue under the gate,
//      lowers the flag, and runs the actions with the gate released.
//   3. The thread ends by setting the state to stopped and taking the queue in one hold of the gate: an action is either in
//      the queue by then and is run, or finds the state stopped and goes on to step 4. None is lost.
//   4. Without a thread, the caller takes the role itself and runs the action on its own thread.
public sealed partial class Worker
{
    private const int InvocationFlag = 1;

    // More workers than this do not wait for each other in one chain.
    private const int LongestWaitChain = 10_000;

    // The worker whose thread this is, and what that thread waits for: only to refuse waits that could never end.
    [ThreadStatic]
    private static Worker? _current;
    private volatile Waiting? _waiting;

    private List<Invocation>? _queue;

    /// <summary>
    /// Runs an action on the worker's thread between two rounds, and returns when it has ended. This is how everything that
    /// belongs to a worker is changed while it runs. On the worker's own thread the action runs at once; without a thread it
    /// runs on the caller's, while nobody else plays the worker.
    /// </summary>
    /// <remarks>
    /// Never call it with a lock held that a pollable of this worker takes: each would wait for the other. Two workers that invoke
    /// on each other at the same time are noticed, and refused.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The caller is a worker's thread for which this worker waits already.</exception>
    /// <exception cref="Exception">Whatever the action throws comes back to the caller.</exception>
    public void Invoke(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (IsCurrentThread)
        {
            action();
            return;
        }

        Invocation invocation = new(action);
        while (true)
        {
            if (IsThreaded)
            {
                // Refused before it is queued, so that an action that was refused is never run.
                using (BeginWait(invocation.Ended.Task))
                {
                    if (TryPost(invocation))
                    {
                        invocation.Ended.Task.GetAwaiter().GetResult();
                        return;
                    }
                }
            }

            if (_role.TryEnter(RoleRetry))
            {
                try
                {
                    action();
                    return;
                }
                finally
                {
                    _role.Exit();
                }
            }
        }
    }

    /// <summary>Like <see cref="Invoke(Action)"/>, for a function with a result.</summary>
    /// <exception cref="InvalidOperationException">The caller is a worker's thread for which this worker waits already.</exception>
    /// <exception cref="Exception">Whatever the function throws comes back to the caller.</exception>
    public T Invoke<T>(Func<T> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        T result = default!;
        Invoke(() => { result = function(); });
        return result;
    }

    /// <summary>
    /// Like <see cref="Invoke(Action)"/>, but does not wait for the worker's thread; called within a round of this worker, the
    /// action runs after the round. Exceptions of the action are the task's.
    /// </summary>
    public Task InvokeAsync(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Invocation invocation = new(action);
        if (IsCurrentThread)
        {
            if (_roundSlots is null)
                invocation.Run();
            else
                Post(invocation);
            return invocation.Ended.Task;
        }

        while (!TryPost(invocation))
        {
            if (!_role.TryEnter(RoleRetry))
                continue;
            try
            {
                invocation.Run();
                break;
            }
            finally
            {
                _role.Exit();
            }
        }

        return invocation.Ended.Task;
    }

    /// <summary>
    /// Waits until the worker was between two rounds at least once since the call: what its pollables had read before, they hold
    /// no more (a grace period: publish the new, wait for a round of every worker, free the old). At once if there is no thread.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called within a round of this worker, which cannot end before the call returns.</exception>
    public void WaitForRound()
    {
        if (IsCurrentThread && _roundSlots is not null)
            throw new InvalidOperationException($"Worker '{Name}' cannot wait within a round for the end of that round; use {nameof(WaitForRoundAsync)} and continue when its task ends.");
        Invoke(static () => { });
    }

    /// <summary>Like <see cref="WaitForRound"/>, and also possible within a round: the task ends after it.</summary>
    public Task WaitForRoundAsync() => InvokeAsync(static () => { });

    private bool IsThreaded => State != WorkerState.Stopped;

    private bool TryPost(Invocation invocation)
    {
        lock (_gate)
        {
            if (_state == WorkerState.Stopped)
                return false;
            Post(invocation);
        }

        WakeAfterPublishing();
        return true;
    }

    private void Post(Invocation invocation)
    {
        lock (_gate)
        {
            (_queue ??= []).Add(invocation);
            CallAttention();
        }
    }

    private void CallAttention() => Volatile.Write(ref _cells.Attention, InvocationFlag);

    private List<Invocation>? TakeInvocations(out bool stop)
    {
        lock (_gate)
        {
            List<Invocation>? taken = _queue;
            _queue = null;
            stop = _state == WorkerState.Stopping;
            Volatile.Write(ref _cells.Attention, 0);
            return taken;
        }
    }

    private static void RunInvocations(List<Invocation>? invocations)
    {
        if (invocations is null)
            return;
        foreach (Invocation invocation in invocations)
            invocation.Run();
    }

    private void WaitFor(Task task)
    {
        using (BeginWait(task))
            task.GetAwaiter().GetResult();
    }

    /// <summary>Notes that this thread, if it is a worker's, is about to wait for this worker; refuses if that closes a circle.</summary>
    private WaitScope BeginWait(Task task)
    {
        if (_current is not { } waiter)
            return default;
        waiter._waiting = new Waiting(this, task);
        // Of two threads that begin to wait for each other at the same time, at least one must see the other's note.
        Interlocked.MemoryBarrier();
        Worker? next = this;
        for (int hop = 0; next is not null && hop < LongestWaitChain; hop++)
        {
            if (ReferenceEquals(next, waiter))
            {
                waiter._waiting = null;
                throw new InvalidOperationException($"Worker '{waiter.Name}' cannot wait for worker '{Name}', which waits (itself or through others) for worker '{waiter.Name}'. Use {nameof(InvokeAsync)}, or make the call from a thread that is no worker's.");
            }

            next = next._waiting is { Task.IsCompleted: false } waiting ? waiting.Target : null;
        }

        return new WaitScope(waiter);
    }

    private readonly ref struct WaitScope(Worker? waiter) : IDisposable
    {
        public void Dispose()
        {
            if (waiter is not null)
                waiter._waiting = null;
        }
    }

    private sealed record Waiting(Worker Target, Task Task);

    private sealed class Invocation(Action action)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run()
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                Ended.SetException(exception);
                return;
            }

            Ended.SetResult();
        }
    }
}

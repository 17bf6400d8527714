using System.Runtime.ExceptionServices;
using Microsoft.Extensions.ObjectPool;

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
//
// The queue is a list through the invocations themselves. Those that a thread waits for come from a pool and go back to it, so
// that an application may invoke as often as it likes; one whose wait was interrupted is still in the queue, and does not go back.
public sealed partial class Worker
{
    private const int InvocationFlag = 1;

    // More workers than this do not wait for each other in one chain.
    private const int LongestWaitChain = 10_000;

    // The worker whose thread this is, and what that thread waits for: only to refuse waits that could never end.
    [ThreadStatic]
    private static Worker? _current;
    private volatile Waiting? _waiting;

    // As many as there are threads that invoke on one worker at the same time; with more, some are made anew.
    private const int InvocationsKept = 8;

    private readonly DefaultObjectPool<WaitInvocation> _invocations = new(new DefaultPooledObjectPolicy<WaitInvocation>(), InvocationsKept);
    private Invocation? _firstInvocation;
    private Invocation? _lastInvocation;

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

        // A worker may be started or stopped between the two looks at it.
        while (!TryInvokeOnThread(action) && !TryInvokeHere(action))
            continue;
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
        TaskInvocation invocation = new(action);
        if (IsCurrentThread)
        {
            if (_roundSlots is null)
                invocation.Run();
            else
                Post(invocation);
            return invocation.Ended;
        }

        while (!TryPost(invocation) && !TryInvokeHere(invocation.Run))
            continue;
        return invocation.Ended;
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

    private bool TryInvokeOnThread(Action action)
    {
        if (!IsThreaded)
            return false;

        // Refused before it is queued, so that an action that was refused is never run.
        using WaitScope wait = BeginWait(stop: null);
        WaitInvocation invocation = _invocations.Get();
        invocation.Prepare(action, wait.Note);
        if (!TryPost(invocation))
            return false;
        ExceptionDispatchInfo? error = invocation.WaitForEnd();
        _invocations.Return(invocation);
        error?.Throw();
        return true;
    }

    private bool TryInvokeHere(Action action)
    {
        if (!_role.TryEnter(RoleRetry))
            return false;
        try
        {
            action();
            return true;
        }
        finally
        {
            _role.Exit();
        }
    }

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
            if (_lastInvocation is null)
                _firstInvocation = invocation;
            else
                _lastInvocation.Next = invocation;
            _lastInvocation = invocation;
            CallAttention();
        }
    }

    private void CallAttention() => Volatile.Write(ref _cells.Attention, InvocationFlag);

    private Invocation? TakeInvocations(out bool stop)
    {
        lock (_gate)
        {
            Invocation? taken = _firstInvocation;
            _firstInvocation = _lastInvocation = null;
            stop = _state == WorkerState.Stopping;
            Volatile.Write(ref _cells.Attention, 0);
            return taken;
        }
    }

    private static void RunInvocations(Invocation? invocation)
    {
        while (invocation is not null)
        {
            // Read before it is run: afterwards it may be in use again.
            Invocation? next = invocation.Next;
            invocation.Next = null;
            invocation.Run();
            invocation = next;
        }
    }

    private void WaitFor(Task task)
    {
        using (BeginWait(task))
            task.GetAwaiter().GetResult();
    }

    /// <summary>Notes that this thread, if it is a worker's, is about to wait for this worker; refuses if that closes a circle.</summary>
    /// <param name="stop">The task that is waited for; null for an invocation, which says itself when it has ended.</param>
    private WaitScope BeginWait(Task? stop)
    {
        if (_current is not { } waiter)
            return default;
        Waiting note = new(this, stop);
        waiter._waiting = note;
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

            next = next._waiting is { IsOver: false } waiting ? waiting.Target : null;
        }

        return new WaitScope(waiter, note);
    }

    private readonly ref struct WaitScope(Worker? waiter, Waiting? note) : IDisposable
    {
        public Waiting? Note => note;

        public void Dispose()
        {
            if (waiter is not null)
                waiter._waiting = null;
        }
    }

    /// <summary>What a worker's thread waits for. It may be over although the thread has not gone on yet.</summary>
    private sealed class Waiting(Worker target, Task? stop)
    {
        private volatile bool _ended;

        public Worker Target => target;

        public bool IsOver => _ended || stop is { IsCompleted: true };

        public void End() => _ended = true;
    }
}

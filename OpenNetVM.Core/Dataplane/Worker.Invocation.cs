using System.Runtime.ExceptionServices;
using Microsoft.Extensions.ObjectPool;

namespace OpenNetVM.Core.Dataplane;

// What waits in a worker's queue of actions.
public sealed partial class Worker
{
    private abstract class Invocation
    {
        /// <summary>What was queued after it. Belongs to whoever has the queue.</summary>
        public Invocation? Next;

        /// <summary>Runs the action, then tells whoever asked for it. From then on the object is the asker's again.</summary>
        public abstract void Run();
    }

    /// <summary>An action whose end is a task: the task is the caller's for good, so this is used once.</summary>
    private sealed class TaskInvocation(Action action) : Invocation
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public override void Run()
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                _ended.SetException(exception);
                return;
            }

            _ended.SetResult();
        }
    }

    /// <summary>
    /// An action that a thread waits for, and used again after it. One thread asks (<see cref="Prepare"/>, <see cref="WaitForEnd"/>), another runs it, once.
    /// </summary>
    private sealed class WaitInvocation : Invocation, IResettable
    {
        private readonly object _gate = new();
        private Action? _action;
        private Waiting? _waiting;
        private ExceptionDispatchInfo? _error;
        private volatile bool _ended;

        public void Prepare(Action action, Waiting? waiting)
        {
            _action = action;
            _waiting = waiting;
        }

        public override void Run()
        {
            try
            {
                _action!();
            }
            catch (Exception exception)
            {
                _error = ExceptionDispatchInfo.Capture(exception);
            }

            // Before the asker can go on: what this thread does next may lead back to it, and is no circle any more.
            _waiting?.End();
            lock (_gate)
            {
                _ended = true;
                Monitor.Pulse(_gate);
            }
        }

        /// <summary>Returns what the action threw.</summary>
        public ExceptionDispatchInfo? WaitForEnd()
        {
            // No longer than until a spin would give the core away: a thread that yields to a worker which polls gets it back when the system takes it from that one, milliseconds later.
            // One that waits in the kernel is woken on a core that is free.
            SpinWait spin = default;
            while (!_ended && !spin.NextSpinWillYield)
                spin.SpinOnce();

            // In any case through the gate: then the other thread has left it, and has nothing to do with this object any more.
            lock (_gate)
            {
                while (!_ended)
                    Monitor.Wait(_gate);
            }

            return _error;
        }

        /// <summary>By the pool. What has not ended may still be run, and is never used again.</summary>
        public bool TryReset()
        {
            if (!_ended)
                return false;
            _ended = false;
            _action = null;
            _waiting = null;
            _error = null;
            return true;
        }
    }
}

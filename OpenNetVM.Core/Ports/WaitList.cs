namespace OpenNetVM.Core.Ports;

/// <summary>
/// Lets tasks wait for something that a poller does, at the cost of a fence and a read to the poller while nobody waits. Thread-safe.
/// </summary>
/// <remarks>Waiter: take <see cref="Next"/>, look again, then await. Poller: do it, then <see cref="Announce"/>. The fences on both sides let neither miss the other.</remarks>
internal sealed class WaitList
{
    private TaskCompletionSource? _waiters;

    /// <summary>A task that the next <see cref="Announce"/> completes.</summary>
    public Task Next
    {
        get
        {
            TaskCompletionSource fresh = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _waiters, fresh, null) ?? fresh).Task;
        }
    }

    /// <summary>Wakes everybody who waits.</summary>
    public void Announce()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiters) is not null)
            Interlocked.Exchange(ref _waiters, null)?.SetResult();
    }
}

namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// The time until every worker has ended the round that it was in: what was taken away before it began is used by none of them afterwards.
/// </summary>
internal readonly struct GracePeriod
{
    private readonly (Worker Worker, long Rounds)[] _rounds;

    private GracePeriod((Worker Worker, long Rounds)[] rounds) => _rounds = rounds;

    /// <summary>One that is over.</summary>
    internal static GracePeriod Over { get; } = new([]);

    internal static GracePeriod Begin(DataplaneState plane)
    {
        // What was taken away must be visible before the rounds are read, or a round that began with it could look finished.
        Interlocked.MemoryBarrier();
        GracePeriod grace = new([.. plane.Executors.Select(static executor => (executor.Worker, executor.Worker.Rounds))]);
        foreach ((Worker worker, _) in grace._rounds)
            worker.Wake();
        return grace;
    }

    /// <summary>Asked by a worker between its own rounds' parts: what it did before counts as done.</summary>
    internal bool IsOver(Worker asking)
    {
        foreach ((Worker worker, long rounds) in _rounds)
        {
            if (worker == asking || worker.State != WorkerState.Running || worker.Rounds != rounds)
                continue;
            worker.Wake();
            return false;
        }

        return true;
    }
}

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>What the supervisor does with an instance whose function threw an exception.</summary>
public sealed record RestartPolicy
{
    /// <summary>Restart after 100 ms, each further time twice as long, at most 30 s; the count starts again after 60 s without a fault.</summary>
    public static RestartPolicy Default { get; } = new();

    /// <summary>Leave it faulted.</summary>
    public static RestartPolicy Never { get; } = new() { MaxRestarts = 0 };

    /// <summary>How many times in a row it is restarted before it is left faulted. Default: without limit.</summary>
    public int MaxRestarts { get; init; } = int.MaxValue;

    /// <summary>Wait before the first restart.</summary>
    public TimeSpan InitialBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Running without a fault for this long starts the count again.</summary>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The wait before restart number <paramref name="restart"/>, counted from 0.</summary>
    internal TimeSpan BackOff(int restart)
    {
        double factor = Math.Pow(2, Math.Min(restart, 62));
        double ticks = Math.Min(InitialBackOff.Ticks * factor, MaxBackOff.Ticks);
        return TimeSpan.FromTicks((long)ticks);
    }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxRestarts);
        ArgumentOutOfRangeException.ThrowIfLessThan(InitialBackOff, TimeSpan.Zero);
        if (MaxBackOff < InitialBackOff)
            throw new ArgumentException($"RestartPolicy.MaxBackOff is {MaxBackOff}, which is shorter than InitialBackOff, {InitialBackOff}.");
    }
}

namespace OpenNetVM.Core.Dataplane;

/// <summary>What a worker does once, after one round without work. Immutable.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Amount">Iterations of <see cref="Thread.SpinWait"/>, microseconds of a nap, or most milliseconds of a sleep.</param>
internal readonly record struct IdleStep(IdleStepKind Kind, int Amount)
{
    /// <summary>Gives the core to another thread that is ready to run, if there is one.</summary>
    public static IdleStep Yield => new(IdleStepKind.Yield, 0);

    public static IdleStep Spin(int iterations) => new(IdleStepKind.Spin, iterations);

    public static IdleStep Nap(int microseconds) => new(IdleStepKind.Nap, microseconds);

    public static IdleStep Sleep(int milliseconds) => new(IdleStepKind.Sleep, milliseconds);

    /// <summary>Does it, where it is not a sleep: to everybody else the worker is awake meanwhile, and looks in a moment.</summary>
    public void Pause()
    {
        switch (Kind)
        {
            case IdleStepKind.Spin:
                Thread.SpinWait(Amount);
                break;
            case IdleStepKind.Nap:
                ShortSleep.Sleep(Amount);
                break;
            default:
                Thread.Yield();
                break;
        }
    }
}

/// <summary>See <see cref="IdleStep"/>.</summary>
internal enum IdleStepKind
{
    Yield,
    Spin,

    /// <summary>Sleeps for a time; nobody wakes it.</summary>
    Nap,

    /// <summary>Sleeps until it is woken.</summary>
    Sleep,
}

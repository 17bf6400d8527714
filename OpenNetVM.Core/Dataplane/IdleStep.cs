namespace OpenNetVM.Core.Dataplane;

/// <summary>What a worker does once, after one round without work. Immutable.</summary>
internal readonly record struct IdleStep
{
    // Positive: spin that many times; zero: yield; negative: sleep that many milliseconds.
    private readonly int _code;

    private IdleStep(int code) => _code = code;

    /// <summary>Gives the core to another thread that is ready to run, if there is one.</summary>
    public static IdleStep Yield => default;

    public bool IsSpin => _code > 0;

    public bool IsSleep => _code < 0;

    /// <summary>Iterations of <see cref="Thread.SpinWait"/>; 0 unless <see cref="IsSpin"/>.</summary>
    public int Iterations => Math.Max(_code, 0);

    /// <summary>The longest sleep; 0 unless <see cref="IsSleep"/>.</summary>
    public int Milliseconds => Math.Max(-_code, 0);

    public static IdleStep Spin(int iterations) => new(Math.Max(iterations, 1));

    public static IdleStep Sleep(int milliseconds) => new(-Math.Max(milliseconds, 1));
}

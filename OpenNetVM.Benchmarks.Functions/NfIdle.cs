using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Benchmarks.Functions;

/// <summary>Idle strategies by name, as they stand on the command line of a function's process.</summary>
internal static class NfIdle
{
    /// <summary>Polls all the time: for a core of its own.</summary>
    internal const string Spin = "spin";

    /// <summary>Sleeps at once until it is woken: several share a core.</summary>
    internal const string Wait = "wait";

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    internal static IdleStrategy Of(string name) => name switch
    {
        Spin => IdleStrategy.Spin,
        Wait => IdleStrategy.Wait(),
        _ => throw new ArgumentException($"There is no idle strategy '{name}': {Spin} or {Wait}."),
    };
}

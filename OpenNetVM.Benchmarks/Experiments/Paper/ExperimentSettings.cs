using OpenNetVM.Benchmarks.Processes;
using OpenNetVM.Benchmarks.Reference;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>How long and where the experiments measure.</summary>
internal sealed record ExperimentSettings
{
    /// <summary>True to see only whether everything works: few points, short windows, one round. Such figures mean nothing.</summary>
    internal bool Quick { get; init; }

    /// <summary>Figures of each contender at each point.</summary>
    internal required int Rounds { get; init; }

    /// <summary>The core of RX and TX, or of everything.</summary>
    internal int Core { get; init; } = Environment.ProcessorCount - 1;

    /// <summary>The core of the functions, where they have one of their own.</summary>
    internal int FunctionCore { get; init; }

    /// <summary>Length of one window.</summary>
    internal TimeSpan Window => TimeSpan.FromMilliseconds(Quick ? 2 : 10);

    /// <summary>Windows in a measurement, the shortest of which counts: what disturbs a window only ever makes it longer.</summary>
    internal int Windows { get => field > 0 ? field : Quick ? 2 : 8; init; }

    /// <summary>Time for the compiler to replace its first code, and for caches to fill.</summary>
    internal TimeSpan WarmUp => TimeSpan.FromMilliseconds(Quick ? 10 : 80);

    /// <summary>The same done in C, null where DPDK or a compiler is missing.</summary>
    internal ChainReference? Reference { get; init; }

    /// <summary>Why there is no <see cref="Reference"/>.</summary>
    internal string MissingReference { get; init; } = "";

    /// <summary>True where two pollers have a core each.</summary>
    internal bool HasTwoCores => Core != FunctionCore;

    /// <summary>Measures what a cache line's way from one core to the other costs; null where there is but one.</summary>
    internal Func<double>? MeasureLine => HasTwoCores ? () => LineTransfer.Measure(Core, FunctionCore) : null;

    /// <summary>
    /// Forms of functions outside of this process that take part, with their names. The quick ones are what was built with this program, since publishing native ones takes longer than all else.
    /// </summary>
    internal IReadOnlyList<(string Name, NfForm Form)> IsolatedForms => Quick ? [("process", NfForm.Managed)]
        : NfPrograms.MissingContainers is null ? [("process", NfForm.Native), ("container", NfForm.Container)]
        : [("process", NfForm.Native)];

    /// <summary>Why one of them is missing; empty if none is.</summary>
    internal IReadOnlyList<string> MissingForms => !Quick && NfPrograms.MissingContainers is { } missing ? [missing] : [];
}

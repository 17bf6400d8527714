namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>One round at one chain length.</summary>
/// <param name="Times">Nanoseconds per packet, by contender.</param>
/// <param name="Lines">Nanoseconds for a cache line from core to core, before, between and after the contenders; empty on one core.</param>
internal sealed record ChainFigures(IReadOnlyList<double> Times, IReadOnlyList<double> Lines);

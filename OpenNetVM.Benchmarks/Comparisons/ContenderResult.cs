namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>What a comparison found out about one contender.</summary>
/// <param name="Name">The contender's name.</param>
/// <param name="Nanoseconds">Nanoseconds per operation, one figure a round.</param>
/// <param name="Ratios">Those figures divided by the baseline's of the same round, or null without a baseline. Less than 1 is faster than it.</param>
internal sealed record ContenderResult(string Name, Summary Nanoseconds, Summary? Ratios);

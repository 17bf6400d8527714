namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>Something that takes part in a comparison.</summary>
/// <param name="Name">Its name in the table; unique in the comparison.</param>
/// <param name="Operations">How many operations one call of <paramref name="Run"/> does.</param>
/// <param name="Run">Does the operations. It is called again and again, so it has to leave things as it finds them.</param>
/// <param name="Baseline">The name of the contender that it is compared with, or null for none.</param>
internal sealed record Contender(string Name, int Operations, Action Run, string? Baseline);

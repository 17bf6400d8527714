namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Something drawn beside what was measured: the paper's figure, or a model's.</summary>
/// <param name="Name">What it is, for the legend and the table.</param>
/// <param name="Unit">Unit of <paramref name="Values"/>.</param>
/// <param name="X">Positions.</param>
/// <param name="Values">Values at these positions.</param>
internal sealed record ReferenceLine(string Name, string Unit, IReadOnlyList<double> X, IReadOnlyList<double> Values);

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>A way of moving packets that takes part in an experiment.</summary>
/// <param name="Name">Its name in tables and pictures.</param>
/// <param name="Measure">Takes one figure at a position of the horizontal axis.</param>
internal sealed record LoadContender(string Name, Func<double, Task<LoadFigure>> Measure);

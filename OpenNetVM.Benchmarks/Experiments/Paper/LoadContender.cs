namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>A way of moving packets that takes part in an experiment.</summary>
/// <param name="Name">Its name in tables and pictures.</param>
/// <param name="Measure">Takes one figure at a position of the horizontal axis.</param>
/// <param name="TwoCores">True where packets go from one core to another, so that the figure depends on what that costs at the moment.</param>
internal sealed record LoadContender(string Name, Func<double, Task<LoadFigure>> Measure, bool TwoCores = false);

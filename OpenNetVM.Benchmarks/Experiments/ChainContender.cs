namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>A way of moving packets through a chain.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Measure">Nanoseconds per packet for a chain of so many functions.</param>
internal sealed record ChainContender(string Name, Func<int, Task<double>> Measure);

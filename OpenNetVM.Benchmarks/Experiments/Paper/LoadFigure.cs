namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>What one measurement of a chain under load gave.</summary>
/// <param name="Nanoseconds">Nanoseconds per packet, the least of several windows.</param>
/// <param name="Collections">Garbage collections of all generations from the first window to the last; null for C.</param>
/// <param name="BytesPerPacket">Bytes that threads other than the measuring one allocated meanwhile, per packet; null for C.</param>
internal sealed record LoadFigure(double Nanoseconds, int? Collections = null, double? BytesPerPacket = null);

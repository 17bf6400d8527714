namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>What one measurement of a chain under load gave.</summary>
/// <param name="Nanoseconds">Nanoseconds per packet, the least of several windows.</param>
/// <param name="Collections">Garbage collections of all generations from the first window to the last; null for C.</param>
/// <param name="BytesPerPacket">Bytes that threads other than the measuring one allocated meanwhile, per packet; null for C.</param>
/// <param name="Seconds">How long that was, all windows together; 0 for C.</param>
internal sealed record LoadFigure(double Nanoseconds, int? Collections = null, double? BytesPerPacket = null, double Seconds = 0)
{
    // Between figures that changed more than this, the host has given the cores other places.
    private const double SameMachine = 1.4;

    /// <summary>Nanoseconds for a cache line from core to core, just before and just after; empty for one core.</summary>
    internal IReadOnlyList<double> Lines { get; init; } = [];

    /// <summary>Whether two figures of one round were taken while a cache line's way from core to core cost the same; always so for one core.</summary>
    internal bool IsComparableWith(LoadFigure other)
    {
        double[] lines = [.. Lines, .. other.Lines];
        return lines.Length == 0 || lines.Max() <= SameMachine * lines.Min();
    }
}

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>The median and the extremes of some figures.</summary>
internal readonly record struct Summary(double Median, double Minimum, double Maximum)
{
    /// <summary>Sums up one or more figures.</summary>
    internal static Summary Of(IReadOnlyCollection<double> figures)
    {
        double[] ordered = [.. figures.Order()];
        return new Summary((ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2, ordered[0], ordered[^1]);
    }
}

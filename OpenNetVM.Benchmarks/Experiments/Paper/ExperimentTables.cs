using System.Globalization;
using System.Text;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Figures as Markdown tables, for pages and for terminals.</summary>
internal static class ExperimentTables
{
    /// <summary>Appends the table of one unit: a row for each position, a column for each series.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="xLabel">What the positions are.</param>
    /// <param name="unit">Which points.</param>
    /// <param name="all">Points of this unit and perhaps of others.</param>
    /// <param name="allLines">What stands beside them.</param>
    /// <param name="names">Labels of positions 0, 1, 2...; null for their numbers.</param>
    internal static void Append(StringBuilder text, string xLabel, string unit, IReadOnlyList<ExperimentPoint> all, IReadOnlyList<ReferenceLine> allLines, IReadOnlyList<string>? names = null)
    {
        ExperimentPoint[] points = [.. all.Where(point => point.Unit == unit)];
        ReferenceLine[] lines = [.. allLines.Where(line => line.Unit == unit)];
        string[] series = [.. points.Select(static point => point.Series).Distinct()];
        text.Append(CultureInfo.InvariantCulture, $"{unit}, median (min-max):\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| {xLabel} | {string.Join(" | ", series.Concat(lines.Select(static line => line.Name)))} |\n");
        text.Append("|---").Insert(text.Length, "|---", series.Length + lines.Length).Append("|\n");
        foreach (double x in points.Select(static point => point.X).Distinct().Order())
        {
            string name = names is not null ? names[(int)x] : x.ToString("0.##", CultureInfo.InvariantCulture);
            IEnumerable<string> cells = series.Select(one => Cell(points.FirstOrDefault(point => point.Series == one && point.X == x)))
                .Concat(lines.Select(line => Cell(line, x)));
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", cells)} |\n");
        }

        text.Append('\n');
    }

    /// <summary>Appends what the garbage collector did.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="points">Points of any units.</param>
    /// <param name="onePerSeries">True where all points of a series are of one measurement, as percentiles are, and share its collections.</param>
    internal static void AppendCollector(StringBuilder text, IReadOnlyList<ExperimentPoint> points, bool onePerSeries)
    {
        ExperimentPoint[] own = [.. points.Where(static point => point.Collections is not null).DistinctBy(static point => (point.Series, point.X))];
        if (own.Length == 0)
            return;
        if (onePerSeries)
            own = [.. own.DistinctBy(static point => point.Series)];
        double seconds = own.Sum(static point => point.Seconds);
        string time = seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $", {seconds:F0} seconds together") : "";
        text.Append(CultureInfo.InvariantCulture, $"Garbage collections within the measured windows of ours{time}: {own.Sum(static point => point.Collections!.Value)}. Bytes allocated per packet, at most: {own.Max(static point => point.BytesPerPacket):0.####}.\n\n");
    }

    private static string Cell(ExperimentPoint? point) => point is null
        ? ""
        : $"{Number(point.Value.Median)} ({Number(point.Value.Minimum)}-{Number(point.Value.Maximum)}{(point.Rounds is { } rounds ? $", {rounds} rounds" : "")})";

    private static string Cell(ReferenceLine line, double x)
    {
        for (int i = 0; i < line.X.Count; i++)
        {
            if (line.X[i] == x)
                return Number(line.Values[i]);
        }

        return "";
    }

    // Three digits or more, whatever the unit.
    private static string Number(double value) => value.ToString(value switch { < 10 => "F2", < 100 => "F1", _ => "N0" }, CultureInfo.InvariantCulture);
}

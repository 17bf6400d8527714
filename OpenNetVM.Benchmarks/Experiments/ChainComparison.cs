using System.Globalization;
using OpenNetVM.Benchmarks.Comparisons;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// Measures contenders by chain length, one after the other at each length, round after round, so that the machine's moods meet all of them. The order
/// of the contenders is turned round from round to round, and ratios are taken within a round.
/// </summary>
/// <param name="lengths">Chain lengths.</param>
/// <param name="contenders">The first is the one whose ratios to the others are of interest.</param>
/// <param name="lineTransfer">Where several cores work together: measures what a cache line's way between them costs. Else null.</param>
internal sealed class ChainComparison(IReadOnlyList<int> lengths, IReadOnlyList<ChainContender> contenders, Func<double>? lineTransfer = null)
{
    // Contenders between which the cost of a line changed by more than this were not on the same machine.
    private const double SameMachine = 1.4;

    /// <summary>
    /// Measures, and writes a Markdown table: a column of times for each contender, one of ratios of the first to each other one, and the cost of a line
    /// with the number of rounds whose ratios it lets count.
    /// </summary>
    /// <param name="rounds">Figures of each contender at each length.</param>
    /// <param name="withRatios">False for a table of times alone.</param>
    /// <param name="output">Where to write.</param>
    internal async Task RunAsync(int rounds, bool withRatios, TextWriter output)
    {
        ChainFigures[][] figures = [.. lengths.Select(_ => new ChainFigures[rounds])];

        // The round before the first compiles.
        for (int round = -1; round < rounds; round++)
        {
            for (int length = 0; length < lengths.Count; length++)
            {
                ChainFigures measured = await MeasureAsync(lengths[length], backwards: round % 2 != 0);
                if (round >= 0)
                    figures[length][round] = measured;
            }
        }

        IEnumerable<ChainContender> others = withRatios ? contenders.Skip(1) : [];
        IEnumerable<string> line = lineTransfer is null ? [] : ["ns for a line between the cores", "rounds compared"];
        string[] headings = ["functions", .. contenders.Select(static contender => contender.Name), .. others.Select(other => $"{contenders[0].Name} / {other.Name}"), .. line];
        output.WriteLine($"| {string.Join(" | ", headings)} |");
        output.WriteLine(string.Concat(headings.Select(static _ => "|---")) + "|");
        for (int length = 0; length < lengths.Count; length++)
            output.WriteLine($"| {lengths[length]} | {string.Join(" | ", Cells(figures[length], withRatios))} |");
    }

    private async Task<ChainFigures> MeasureAsync(int length, bool backwards)
    {
        double[] times = new double[contenders.Count];
        List<double> lines = [];
        MeasureLine();
        for (int turn = 0; turn < contenders.Count; turn++)
        {
            int contender = backwards ? contenders.Count - 1 - turn : turn;
            times[contender] = await contenders[contender].Measure(length);
            MeasureLine();
        }

        return new ChainFigures(times, lines);

        void MeasureLine()
        {
            if (lineTransfer is not null)
                lines.Add(lineTransfer());
        }
    }

    private IEnumerable<string> Cells(ChainFigures[] rounds, bool withRatios)
    {
        ChainFigures[] compared = lineTransfer is null ? rounds : [.. rounds.Where(static round => round.Lines.Max() <= SameMachine * round.Lines.Min())];
        for (int i = 0; i < contenders.Count; i++)
            yield return Describe(rounds.Select(round => round.Times[i]), "F1");
        for (int i = 1; i < contenders.Count && withRatios; i++)
            yield return Describe(compared.Select(round => round.Times[0] / round.Times[i]), "F2");
        if (lineTransfer is not null)
        {
            yield return Describe(rounds.SelectMany(static round => round.Lines), "F0");
            yield return compared.Length.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string Describe(IEnumerable<double> figures, string format)
    {
        double[] all = [.. figures];
        if (all.Length == 0)
            return "-";
        Summary summary = Summary.Of(all);
        return $"{Number(summary.Median)} ({Number(summary.Minimum)}-{Number(summary.Maximum)})";

        string Number(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}

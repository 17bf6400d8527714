using System.Globalization;
using System.Text;
using OpenNetVM.Benchmarks.Comparisons;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>Figures of contenders over rounds, as a Markdown table: a row for each contender, in the order in which they come, and a column for each figure.</summary>
internal sealed class FigureTable(string unit, params string[] columns)
{
    private readonly List<(string Contender, double[] Figures)> _rounds = [];

    /// <summary>Adds one round of a contender.</summary>
    internal void Add(string contender, params double[] figures) => _rounds.Add((contender, figures));

    /// <summary>Appends the table.</summary>
    internal void Append(StringBuilder text, string title)
    {
        text.Append(CultureInfo.InvariantCulture, $"{title}; {unit}, median of the rounds (least-greatest):\n\n| | {string.Join(" | ", columns)} |\n|---");
        foreach (string _ in columns)
            text.Append("|---");
        text.Append("|\n");
        foreach (IGrouping<string, double[]> contender in _rounds.GroupBy(static round => round.Contender, static round => round.Figures))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {contender.Key} |");
            for (int column = 0; column < columns.Length; column++)
            {
                Summary summary = Summary.Of([.. contender.Select(figures => figures[column])]);
                text.Append(CultureInfo.InvariantCulture, $" {Number(summary.Median)} ({Number(summary.Minimum)}-{Number(summary.Maximum)}) |");
            }

            text.Append('\n');
        }

        text.Append('\n');
    }

    private static string Number(double value) => value.ToString(value switch { < 10 => "F2", < 100 => "F1", _ => "N0" }, CultureInfo.InvariantCulture);
}

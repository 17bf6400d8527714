using System.Globalization;
using System.Text.RegularExpressions;

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>
/// Reads the times out of the Markdown tables that the commands of this program print, and printed at earlier commits: the tables are what all of them
/// have in common. Everything else on the page is passed over, ratios and extremes included.
/// </summary>
internal static partial class FigureTables
{
    /// <summary>The times by name, in nanoseconds. Where a name comes twice, the first counts.</summary>
    /// <param name="text">What a command printed.</param>
    internal static IReadOnlyDictionary<string, double> Parse(string text)
    {
        OrderedDictionary<string, double> figures = [];
        string title = "";
        string[]? headings = null;
        foreach (string line in text.Split('\n').Select(static line => line.Trim()))
        {
            if (!line.StartsWith('|'))
            {
                headings = null;
                if (line.Length > 0)
                    title = line;
            }
            else if (headings is null)
            {
                headings = Cells(line);
            }
            else if (!line.StartsWith("|---", StringComparison.Ordinal))
            {
                Read(title, headings, Cells(line), figures);
            }
        }

        return figures;
    }

    private static void Read(string title, string[] headings, string[] row, OrderedDictionary<string, double> figures)
    {
        // Two forms: one with a contender to a row and its time, extremes and ratios in columns; one with a column for each contender.
        bool oneFigure = headings.Any(static heading => heading.StartsWith("ns per ", StringComparison.Ordinal));
        if (!oneFigure && IsOfOtherUnit(title))
            return;
        for (int i = 1; i < Math.Min(headings.Length, row.Length); i++)
        {
            bool isTime = oneFigure
                ? headings[i].StartsWith("ns per ", StringComparison.Ordinal)
                : !headings[i].Contains(" / ") && headings[i] is not ("ns for a line between the cores" or "rounds compared");
            if (isTime && double.TryParse(row[i].Split(' ')[0], NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out double time) && time > 0)
                figures.TryAdd(oneFigure ? Subject(title) + row[0] : $"{headings[i]}, {row[0]} {headings[0]}", time);
        }
    }

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(static cell => cell.Trim())];

    private static bool IsOfOtherUnit(string title) => title.EndsWith(", median (min-max):", StringComparison.Ordinal) && !title.StartsWith("ns per ", StringComparison.Ordinal);

    // "1,000 entries, beside a writer (812 in all):" is the same table as one with another number in brackets.
    private static string Subject(string title) => title.EndsWith(':') ? Bracketed().Replace(title[..^1], "") + ": " : "";

    [GeneratedRegex(@"\s*\([^)]*\)")]
    private static partial Regex Bracketed();
}

using System.Globalization;

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>What to compare, and how often.</summary>
internal sealed record RegressionOptions
{
    /// <summary>How to call it.</summary>
    internal const string Usage = """
        Usage: bench --against COMMIT [--rounds N] [--measure "ARGUMENTS"]... [--filter PATTERN]... [--fail-above X%]
          --rounds      how often each side is measured, in turn; default 7, and fewer than 5 decide nothing
          --measure     what to measure: arguments of bench, for example "chain two-cores 1"; default: "chain 1" and "flow-table 1 65536"
          --filter      the same for microbenchmarks: a pattern of BenchmarkDotNet
          --fail-above  exit with code 1 if a figure is slower than at COMMIT, outside the noise, by more than so many per cent
        """;

    /// <summary>The commit to compare with, as git understands it.</summary>
    internal required string Commit { get; init; }

    /// <summary>Measurements of each side.</summary>
    internal int Rounds { get; init; } = 7;

    /// <summary>Command lines of the benchmarks' program.</summary>
    internal IReadOnlyList<string> Measurements { get; init; } = [];

    /// <summary>Per cent from which on a slower figure is a failure; null for never.</summary>
    internal double? FailAbove { get; init; }

    /// <summary>Reads a command line that begins with "--against".</summary>
    /// <returns>Null with <paramref name="fault"/> if it is not understood.</returns>
    internal static RegressionOptions? Parse(IReadOnlyList<string> arguments, out string fault)
    {
        // A commit that looks like an option would be taken for one by git.
        fault = "--against needs a commit";
        if (arguments.Count < 2 || arguments[1].StartsWith('-'))
            return null;
        RegressionOptions options = new() { Commit = arguments[1] };
        List<string> measurements = [];
        for (int i = 2; i < arguments.Count; i += 2)
        {
            string? value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            fault = $"'{arguments[i]}{(value is null ? "" : " " + value)}' is not understood";
            switch (arguments[i])
            {
                case "--rounds" when int.TryParse(value, CultureInfo.InvariantCulture, out int rounds) && rounds > 0:
                    options = options with { Rounds = rounds };
                    break;
                case "--measure" when !string.IsNullOrWhiteSpace(value):
                    measurements.Add(value);
                    break;
                case "--filter" when !string.IsNullOrWhiteSpace(value):
                    measurements.Add($"--filter {value}");
                    break;
                case "--fail-above" when double.TryParse(value?.TrimEnd('%'), CultureInfo.InvariantCulture, out double percent) && percent >= 0:
                    options = options with { FailAbove = percent };
                    break;
                default:
                    return null;
            }
        }

        fault = "";
        return options with { Measurements = measurements.Count > 0 ? measurements : ["chain 1", "flow-table 1 65536"] };
    }
}

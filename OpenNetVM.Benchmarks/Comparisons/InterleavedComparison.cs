using System.Diagnostics;
using System.Globalization;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>
/// Measures several ways of doing the same thing in turn, in one process, many times over: whatever the machine is up to meets all of them, so that
/// their ratios hold even where their times drift.
/// </summary>
/// <remarks>
/// A round goes through the contenders several times. Each runs for a short window whenever it is its turn, and the shortest of its windows is
/// its figure of the round: what disturbs a window only ever makes it longer. A ratio is taken within a round, never across rounds.
/// </remarks>
internal sealed class InterleavedComparison
{
    private const int WindowsPerRound = 5;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(2);

    // Long enough for the compiler to see that a method is hot and to replace its first, unoptimised code.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(150);

    private readonly List<Contender> _contenders = [];

    /// <summary>Adds a contender.</summary>
    /// <param name="name">Its name in the table.</param>
    /// <param name="operations">How many operations one call of <paramref name="run"/> does.</param>
    /// <param name="run">Does the operations; called again and again.</param>
    /// <param name="baseline">The contender, added before or after, that this one is compared with. One that is never added is left out.</param>
    internal void Add(string name, int operations, Action run, string? baseline = null) =>
        _contenders.Add(new Contender(name, operations, run, baseline));

    /// <summary>Measures all contenders, after a warm-up.</summary>
    /// <param name="rounds">Figures to take of each, at least 1.</param>
    /// <returns>The results in the order in which the contenders were added.</returns>
    internal IReadOnlyList<ContenderResult> Run(int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rounds);
        WarmUpAll();
        int[] repeats = [.. _contenders.Select(CallsInWindow)];
        double[][] figures = [.. _contenders.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
            MeasureRound(round, repeats, figures);

        return [.. _contenders.Select((contender, i) => new ContenderResult(contender.Name, Summary.Of(figures[i]), Ratios(contender, figures[i], figures)))];
    }

    /// <summary>Writes results as a Markdown table.</summary>
    /// <param name="results">What <see cref="Run"/> returned.</param>
    /// <param name="operation">What one operation is, for the heading: "tuple", "lookup".</param>
    /// <param name="output">Where to write.</param>
    internal static void WriteMarkdown(IEnumerable<ContenderResult> results, string operation, TextWriter output)
    {
        output.WriteLine($"| form | ns per {operation}, median | min | max | ratio, median | min | max |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (ContenderResult result in results)
        {
            Summary time = result.Nanoseconds;
            string ratio = result.Ratios is { } ratios
                ? string.Create(CultureInfo.InvariantCulture, $"{ratios.Median:F2} | {ratios.Minimum:F2} | {ratios.Maximum:F2}")
                : " | | ";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {result.Name} | {time.Median:F2} | {time.Minimum:F2} | {time.Maximum:F2} | {ratio} |"));
        }
    }

    private void WarmUpAll()
    {
        // Three times: a method is replaced twice, by one that counts and by the optimised one, and each waits until nothing new was compiled for a while.
        for (int pass = 0; pass < 3; pass++)
        {
            foreach (Contender contender in _contenders)
            {
                long begin = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(begin) < WarmUp)
                    contender.Run();
            }
        }
    }

    private static int CallsInWindow(Contender contender)
    {
        int calls = 0;
        long begin = Stopwatch.GetTimestamp();
        do
        {
            contender.Run();
            calls++;
        }
        while (Stopwatch.GetElapsedTime(begin) < Window);
        return calls;
    }

    private void MeasureRound(int round, int[] repeats, double[][] figures)
    {
        for (int window = 0; window < WindowsPerRound; window++)
        {
            for (int i = 0; i < _contenders.Count; i++)
            {
                double nanoseconds = Measure(_contenders[i], repeats[i]);
                figures[i][round] = window == 0 ? nanoseconds : Math.Min(figures[i][round], nanoseconds);
            }
        }
    }

    private static double Measure(Contender contender, int repeats)
    {
        Action run = contender.Run;
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            run();
        return Stopwatch.GetElapsedTime(begin).TotalNanoseconds / ((double)repeats * contender.Operations);
    }

    private Summary? Ratios(Contender contender, double[] own, double[][] figures)
    {
        int baseline = _contenders.FindIndex(other => other.Name == contender.Baseline);
        return baseline < 0 ? null : Summary.Of([.. own.Zip(figures[baseline], static (mine, other) => mine / other)]);
    }
}

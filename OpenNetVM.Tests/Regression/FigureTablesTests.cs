using OpenNetVM.Benchmarks.Regression;

namespace OpenNetVM.Tests.Regression;

/// <summary>What the regression guard reads out of what the benchmarks print.</summary>
public sealed class FigureTablesTests
{
    [Fact]
    public void Times_by_chain_length_are_read_and_ratios_are_not()
    {
        const string Printed = """
            .NET 10.0.12, 2 cores; 2 rounds

            ns per packet, median (min-max):

            | functions | ours | ours, fused | C per packet |
            |---|---|---|---|
            | 0 | 13.6 (13.3-13.9) | 12.6 (11.9-13.2) | 4.74 (4.54-4.94) |
            | 12 | 1,115 (112-118) | 77.6 (76.0-79.2, 2 rounds) |  |

            ratio of times, median (min-max):

            | functions | ours / ours, fused |
            |---|---|
            | 0 | 1.08 (1.05-1.11) |

            Garbage collections within the measured windows of ours, 3 seconds together: 0.
            """;

        IReadOnlyDictionary<string, double> figures = FigureTables.Parse(Printed);

        Assert.Equal(
            [("ours, 0 functions", 13.6), ("ours, fused, 0 functions", 12.6), ("C per packet, 0 functions", 4.74), ("ours, 12 functions", 1115), ("ours, fused, 12 functions", 77.6)],
            figures.Select(static figure => (figure.Key, figure.Value)));
    }

    [Fact]
    public void The_table_of_earlier_commits_with_ratios_and_lines_beside_the_times_gives_the_same_names()
    {
        const string Printed = """
            64-byte packets, bursts of 64, rings of 512; nanoseconds per packet: median (min-max)

            | functions | ours | C per packet | ours / C per packet | ns for a line between the cores | rounds compared |
            |---|---|---|---|---|---|
            | 3 | 26.2 (25.9-55.3) | 20.9 (20.2-33.4) | 1.25 (1.20-1.30) | 61 (60-62) | 3 |
            """;

        Assert.Equal([("ours, 3 functions", 26.2), ("C per packet, 3 functions", 20.9)], FigureTables.Parse(Printed).Select(static figure => (figure.Key, figure.Value)));
    }

    [Fact]
    public void Tables_with_a_contender_to_a_row_are_told_apart_by_their_titles_without_what_changes_from_run_to_run()
    {
        const string Printed = """
            1,000 entries, lookups, none there:

            | form | ns per lookup, median | min | max | ratio, median | min | max |
            |---|---|---|---|---|---|---|
            | flow table, bursts | 5.36 | 5.32 | 5.42 | 0.34 | 0.31 | 0.36 |

            1,000 entries, beside a writer (84,300 in all):

            | form | ns per lookup, median | min | max | ratio, median | min | max |
            |---|---|---|---|---|---|---|
            | flow table, bursts | 12.65 | 12.33 | 14.15 |  | |  |
            """;

        Assert.Equal(
            [("1,000 entries, lookups, none there: flow table, bursts", 5.36), ("1,000 entries, beside a writer: flow table, bursts", 12.65)],
            FigureTables.Parse(Printed).Select(static figure => (figure.Key, figure.Value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Available Benchmarks:\n  #0 RingBenchmarks\n")]
    [InlineData("| functions | ours |\n|---|---|\n| 1 | - |\n| 2 | NaN |\n| 3 | 0 |\n| 4 |\n")]
    [InlineData("|\n|---\n|\n")]
    [InlineData("Gbit/s, median (min-max):\n\n| bytes | ours |\n|---|---|\n| 64 | 19.1 (1.7-19.3) |\n")]
    public void What_holds_no_times_gives_no_figures(string printed) => Assert.Empty(FigureTables.Parse(printed));

    [Fact]
    public void A_report_of_BenchmarkDotNet_gives_medians_of_the_benchmarks_that_ran()
    {
        const string Report = """
            {"Title":"x","Benchmarks":[
              {"FullName":"A.B.C(N: 1)","Statistics":{"Median":7.5,"Mean":8}},
              {"FullName":"A.B.Failed","Statistics":null},
              {"FullName":"A.B.D","Statistics":{"Median":0.25}}]}
            """;

        Assert.Equal([("A.B.C(N: 1)", 7.5), ("A.B.D", 0.25)], BenchmarkDotNetReport.Parse(Report).Select(static figure => (figure.Key, figure.Value)));
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Xml.Linq;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Experiments;

/// <summary>The program that runs the paper's evaluation, in its quick form, as <c>./build.sh experiments</c> runs it. What it measures is not looked at.</summary>
[Collection(SoakCollection.Name)]
public sealed class PaperExperimentsTests : IDisposable
{
    private const string Columns = "series,x,unit,median,min,max,collections,bytes_per_packet";
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-experiments-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("e1", "e1-chain-length")]
    [InlineData("e2", "e2-packet-size")]
    [InlineData("e3", "e3-latency")]
    [InlineData("e4", "e4-http-mix")]
    [InlineData("e5", "e5-steering")]
    public void A_quick_experiment_writes_its_figures_a_page_and_two_pictures(string experiment, string name)
    {
        Run(experiment).ShouldSucceed();

        Assert.Equal(
            [$"{name}.csv", $"{name}.md", $"{name}.png", $"{name}.svg"],
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        CheckCsv(File.ReadAllLines(Path.Combine(_folder, name + ".csv")));
        CheckMarkdown(File.ReadAllLines(Path.Combine(_folder, name + ".md")), name, experiment);
        CheckPng(File.ReadAllBytes(Path.Combine(_folder, name + ".png")));
        CheckSvg(Path.Combine(_folder, name + ".svg"));
    }

    [Fact]
    public void Steering_is_measured_with_a_real_controller_too()
    {
        InstalledPrograms.Require("osken-manager");
        Run("e5").ShouldSucceed();
        string[] rows = File.ReadAllLines(Path.Combine(_folder, "e5-steering.csv"));
        Assert.Contains(rows, static row => row.StartsWith("\"SDN, instance", StringComparison.Ordinal) && row.Contains("os-ken's policy", StringComparison.Ordinal));
        Assert.Matches(@"With os-ken's policy: [1-9][\d,]* packets were sent to the controller, [1-9][\d,]* flows installed", File.ReadAllText(Path.Combine(_folder, "e5-steering.md")));
    }

    [Fact]
    public void An_experiment_that_does_not_exist_is_refused_with_those_that_do()
    {
        ChildProcess program = Run("e9");

        Assert.Equal(2, program.ExitCode);
        Assert.Contains("'e9' is not understood", program.Error, StringComparison.Ordinal);
        Assert.Contains("[e1] [e2] [e3] [e4] [e5]", program.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private static void CheckCsv(string[] lines)
    {
        string[] about = [.. lines.TakeWhile(static line => line.StartsWith("# ", StringComparison.Ordinal))];
        foreach (string name in (string[])["command", "machine", "kernel", ".NET", "DPDK", "date"])
            Assert.Contains(about, line => line.StartsWith($"# {name}: ", StringComparison.Ordinal) && line.Length > name.Length + 4);
        Assert.Equal(Columns, lines[about.Length]);

        string[] rows = lines[(about.Length + 1)..];
        Assert.NotEmpty(rows);
        Assert.All(rows, static row =>
        {
            // The series is quoted, as it may hold commas.
            int end = row.IndexOf("\",", StringComparison.Ordinal);
            string[] cells = row[(end + 2)..].Split(',');
            Assert.True(row[0] == '"' && end > 1 && cells.Length == 7, row);
            double median = Number(cells[2]);
            Assert.True(double.IsFinite(median) && median >= 0, row);
            if (cells[3].Length > 0)
                Assert.True(Number(cells[3]) <= median && median <= Number(cells[4]), row);
            if (cells[6].Length > 0)
                Assert.True(Number(cells[6]) >= 0, row);
        });
    }

    private static void CheckMarkdown(string[] lines, string name, string experiment)
    {
        Assert.StartsWith($"# {experiment.ToUpperInvariant()}: ", lines[0], StringComparison.Ordinal);
        Assert.Contains($"- command: ./build.sh experiments {experiment} --quick", lines);
        Assert.Contains(lines, line => line.Contains($"]({name}.svg)", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("|---", StringComparison.Ordinal));

        // All rows of a table have as many cells as its heading.
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].StartsWith('|') && lines[i - 1].StartsWith('|'))
                Assert.Equal(lines[i - 1].Count(static c => c == '|'), lines[i].Count(static c => c == '|'));
        }
    }

    private static void CheckPng(byte[] png)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8]);
        Assert.Equal("IHDR"u8.ToArray(), png[12..16]);
        Assert.True(BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)) >= 640, "the picture is too narrow to read");
        Assert.Equal("IEND"u8.ToArray(), png[^8..^4]);
    }

    private static void CheckSvg(string file)
    {
        XElement root = XDocument.Load(file).Root!;
        Assert.Equal("svg", root.Name.LocalName);
        Assert.Contains(root.Descendants(), static element => element.Name.LocalName == "path");
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private ChildProcess Run(string experiment)
    {
        // Built as these tests were: bin/Release/net10.0 here is bin/Release/net10.0 there.
        string[] built = AppContext.BaseDirectory.TrimEnd('/').Split('/')[^3..];
        string program = Path.Combine([RepositoryFiles.Root, "OpenNetVM.Benchmarks", .. built, "OpenNetVM.Benchmarks.dll"]);
        return ChildProcess.Run(_folder, ChildProcess.DotNet, program, "experiments", experiment, "--quick", "--output", _folder);
    }
}

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>A built checkout, whose own benchmark program is run: what it cannot measure, it cannot be asked for.</summary>
/// <param name="name">"here" or the commit, for messages.</param>
/// <param name="root">The root of the checkout.</param>
internal sealed class MeasuredSide(string name, string root)
{
    // Far above what a measurement needs: it keeps one that waits for an answer from waiting for ever.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    /// <summary>"here" or the commit.</summary>
    internal string Name => name;

    /// <summary>Measures once.</summary>
    /// <param name="measurement">Arguments of the program.</param>
    /// <param name="fault">Why there are no figures, where there are none.</param>
    /// <returns>Nanoseconds by name; empty where the program does not know the measurement.</returns>
    internal IReadOnlyDictionary<string, double> Measure(string measurement, out string fault)
    {
        string program = Path.Combine(root, "OpenNetVM.Benchmarks", "bin", "Release", "net10.0", "OpenNetVM.Benchmarks.dll");
        string[] arguments = measurement.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool micro = arguments[0].StartsWith('-');
        string reports = Directory.CreateTempSubdirectory("opennetvm-bench-").FullName;
        try
        {
            // From the root, where BenchmarkDotNet looks for the project that it measures.
            ChildProgram run = ChildProgram.Run(
                Environment.ProcessPath!, [program, .. arguments, .. micro ? ["--exporters", "briefjson", "--artifacts", reports] : Array.Empty<string>()], root, Limit);
            IReadOnlyDictionary<string, double> figures = micro ? Reports(reports) : FigureTables.Parse(run.Output);
            string[] said = [.. (run.Error + "\n" + run.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
            fault = run.ExitCode != 0 || figures.Count == 0
                ? $"{name} has no figures of '{measurement}': exit code {run.ExitCode}{(said.Length > 0 ? ", " + said[0] : "")}"
                : "";
            return run.ExitCode == 0 ? figures : new Dictionary<string, double>();
        }
        finally
        {
            Directory.Delete(reports, recursive: true);
        }
    }

    private static Dictionary<string, double> Reports(string folder) => Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .SelectMany(static file => BenchmarkDotNetReport.Parse(File.ReadAllText(file)))
        .DistinctBy(static figure => figure.Key)
        .ToDictionary();
}

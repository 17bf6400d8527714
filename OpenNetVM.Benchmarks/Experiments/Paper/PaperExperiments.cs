using System.Diagnostics;
using OpenNetVM.Benchmarks.Reference;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>The paper's evaluation as a program: experiments e1 to e5 by name, all of them without a name.</summary>
internal static class PaperExperiments
{
    private const int UsualRounds = 5;

    private static readonly (string Name, Func<ExperimentSettings, Task<ExperimentResult>> Run)[] All =
    [
        ("e1", ChainLengthExperiment.RunAsync),
        ("e2", PacketSizeExperiment.RunAsync),
        ("e3", LatencyExperiment.RunAsync),
        ("e4", HttpMixExperiment.RunAsync),
        ("e5", SteeringExperiment.RunAsync),
    ];

    /// <summary>Runs what is asked for and writes the results.</summary>
    /// <param name="arguments">Names; --quick; --rounds N; --output FOLDER (default docs/performance).</param>
    /// <returns>The program's exit code: 0, or 2 for arguments that are not understood.</returns>
    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        bool quick = false;
        int? rounds = null;
        string folder = Path.Combine("docs", "performance");
        List<string> names = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--rounds" when i + 1 < arguments.Count && int.TryParse(arguments[i + 1], out int number) && number > 0:
                    rounds = number;
                    i++;
                    break;
                case "--output" when i + 1 < arguments.Count:
                    folder = arguments[++i];
                    break;
                case string name when All.Any(one => one.Name == name):
                    names.Add(name);
                    break;
                default:
                    Console.Error.WriteLine($"'{arguments[i]}' is not understood. Usage: experiments [{string.Join("] [", All.Select(static one => one.Name))}] [--quick] [--rounds N] [--output FOLDER]");
                    return 2;
            }
        }

        ChainReference? reference = ChainReference.TryLoad(out string missing);
        ExperimentSettings settings = new() { Quick = quick, Rounds = rounds ?? (quick ? 1 : UsualRounds), Reference = reference, MissingReference = missing };
        if (reference is null)
            Console.WriteLine($"Without C: {missing}.");
        if (!ExperimentPlot.HasFonts)
            Console.Error.WriteLine("No font was found: the pictures will have no text. On Debian and Ubuntu: apt-get install fonts-dejavu-core");
        ExperimentWriter writer = new(folder, settings, "./build.sh experiments");
        foreach ((string name, Func<ExperimentSettings, Task<ExperimentResult>> run) in All.Where(one => names.Count == 0 || names.Contains(one.Name)))
        {
            long begin = Stopwatch.GetTimestamp();
            ExperimentResult result = await run(settings);
            writer.Write(result);
            Console.WriteLine(FormattableString.Invariant($"{name}: {result.Title}, {Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} s -> {Path.Combine(folder, result.Name)}.{{csv,md,png,svg}}"));
        }

        return 0;
    }
}

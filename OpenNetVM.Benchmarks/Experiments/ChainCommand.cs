using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>What the commands that measure chains share: their arguments, their contenders, and how results are printed.</summary>
internal static class ChainCommand
{
    /// <summary>The data path with hops past the rings, which is the default.</summary>
    internal static readonly DataplaneOptions Fused = new();

    /// <summary>The data path with every hop through rings.</summary>
    internal static readonly DataplaneOptions Rings = new() { FusedHops = false };

    /// <summary>Chain lengths.</summary>
    internal static readonly double[] Lengths = [0, 1, 2, 3, 4, 5, 6, 12];

    /// <summary>How and where to measure; says what is missing where there is no C reference.</summary>
    /// <param name="numbers">Rounds; the core to use (default: the last); the other core (default: the first).</param>
    /// <param name="rounds">Rounds where none are given.</param>
    internal static ExperimentSettings Settings(IEnumerable<string> numbers, int rounds)
    {
        int[] given = [.. numbers.Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
        ChainReference? reference = ChainReference.TryLoad(out string missing);
        if (reference is null)
            Console.WriteLine($"Without C: {missing}.");
        return new ExperimentSettings
        {
            Rounds = given.ElementAtOrDefault(0) is var first and > 0 ? first : rounds,
            Core = given.Length > 1 ? given[1] : Environment.ProcessorCount - 1,
            FunctionCore = given.ElementAtOrDefault(2),
            Reference = reference,
            MissingReference = missing,
        };
    }

    /// <summary>A chain of ours whose packets all go by the default chain.</summary>
    internal static LoadContender Ours(string name, ExperimentSettings settings, DataplaneOptions options, ChainPlacement placement = ChainPlacement.OneCore) => new(
        name,
        length => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
        {
            Length = (int)length,
            Placement = placement,
            Port = static () => new NullPort(new NullPortOptions { Frame = new byte[64] }),
            Function = static () => new ReadFirstByte(),
            Dataplane = options,
        }),
        placement != ChainPlacement.OneCore);

    /// <summary>A chain in C.</summary>
    internal static LoadContender InC(string name, ExperimentSettings settings, ChainReference library, ReferenceChainOptions options) => new(
        name,
        length => Task.FromResult(ChainLoad.Measure(settings, library, options with { Length = (int)length })),
        options.Layout == ReferenceLayout.TwoCores);

    /// <summary>Measures, and prints times and ratios by chain length.</summary>
    /// <param name="settings">How, and how often.</param>
    /// <param name="what">What is measured, for the first line.</param>
    /// <param name="lengths">Chain lengths.</param>
    /// <param name="contenders">Who takes part.</param>
    /// <param name="ratios">Which times are divided by which; those of contenders that do not take part are left out.</param>
    internal static async Task<LoadSweep> RunAsync(
        ExperimentSettings settings, string what, IReadOnlyList<double> lengths, IReadOnlyList<LoadContender> contenders, params IReadOnlyList<(string Contender, string Baseline)> ratios)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {DateTime.UtcNow:yyyy-MM-dd}; {settings.Rounds} rounds, 64-byte packets, rings of 512, bursts of 64; {what}"));
        LoadSweep sweep = new(lengths, contenders, settings.MeasureLine);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);

        List<ExperimentPoint> points = [.. sweep.Points("ns per packet", static (_, ns) => ns), .. ratios.SelectMany(ratio => sweep.Ratios(ratio.Contender, ratio.Baseline))];
        StringBuilder text = new("\n");
        foreach (string unit in points.Select(static point => point.Unit).Distinct())
            ExperimentTables.Append(text, "functions", unit, points, []);
        ExperimentTables.AppendCollector(text, points, onePerSeries: false);
        if (sweep.Lines is { Count: > 0 } lines)
            text.Append(CultureInfo.InvariantCulture, $"A cache line took {lines.Min():F0} to {lines.Max():F0} ns from one core to the other; ratios of two cores count the rounds in which that was the same for both, within 1.4 times.\n\n");
        Console.Write(text);
        return sweep;
    }
}

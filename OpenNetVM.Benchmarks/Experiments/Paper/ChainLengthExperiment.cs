using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E1, the paper's figure 2: throughput by chain length, 64-byte packets.</summary>
internal static class ChainLengthExperiment
{
    private const string Fused = "ours, fused hops, one core";
    private const string OneCore = "ours, rings, one core";
    private const string TwoCores = "ours, rings, two cores";
    private const string FusedTwoCores = "ours, fused hops, two cores";

    private const string CCalls = "C, no rings, one core";
    private const string CPacket = "C, packet by packet";
    private const string OneCoreSuffix = ", one core";
    private const string TwoCoresSuffix = ", two cores";

    // Forms of ours that differ by placement and options of the data path alone.
    private static readonly (string Name, ChainPlacement Placement, DataplaneOptions Options)[] Forms =
    [
        (Fused, ChainPlacement.OneCore, new DataplaneOptions()),
        (OneCore, ChainPlacement.OneCore, new DataplaneOptions { FusedHops = false }),
        (TwoCores, ChainPlacement.FunctionsApart, new DataplaneOptions { FusedHops = false }),
        (FusedTwoCores, ChainPlacement.Halves, new DataplaneOptions()),
    ];

    /// <summary>Measures.</summary>
    internal static async Task<ExperimentResult> RunAsync(ExperimentSettings settings)
    {
        double[] lengths = settings.Quick ? [1, 2] : [1, 2, 3, 4, 5, 6, 12];
        List<LoadContender> contenders = [.. Forms
            .Where(form => form.Placement == ChainPlacement.OneCore || settings.HasTwoCores)
            .Select(form => new LoadContender(form.Name, length => ChainLoad.MeasureAsync(settings, Ours((int)length, form.Placement, form.Options)), form.Placement != ChainPlacement.OneCore))];
        if (settings.Reference is { } library)
        {
            ReferenceChainOptions oneCore = new();
            ReferenceChainOptions twoCores = new() { Layout = ReferenceLayout.TwoCores };
            contenders.Add(InC(CPacket + OneCoreSuffix, oneCore));
            contenders.Add(InC("C, runs, one core", oneCore with { Runs = true }));
            contenders.Add(InC(CCalls, oneCore with { Layout = ReferenceLayout.Calls }));
            if (settings.HasTwoCores)
            {
                contenders.Add(InC(CPacket + TwoCoresSuffix, twoCores));
                contenders.Add(InC("C, runs, two cores", twoCores with { Runs = true }));
            }

            LoadContender InC(string name, ReferenceChainOptions options) =>
                new(name, length => Task.FromResult(ChainLoad.Measure(settings, library, options with { Length = (int)length })), options.Layout == ReferenceLayout.TwoCores);
        }

        LoadSweep sweep = new(lengths, contenders, settings.MeasureLine);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);

        IReadOnlyList<ExperimentPoint> isolated = settings.HasTwoCores ? await ChainIsolation.MeasureAsync(settings) : [];

        // In the paper every function and TX thread has a core of its own: what it shows is a shape, drawn here from where ours begins.
        string ours = settings.HasTwoCores ? TwoCores : OneCore;
        double first = 1e3 / sweep.Nanoseconds(ours)[0].Median;
        return new ExperimentResult
        {
            Name = "e1-chain-length",
            Title = "E1: throughput by chain length",
            Description = "64-byte packets from a port that never runs dry, through a receive and a transmit ring per network function, and out by the same port; with fused hops, the default for functions of one worker, past the rings between them. Each function reads the first byte. \"One core\" polls everything in turn; with \"two cores\" RX and TX have one and all functions the other, or, with fused hops, the chain is cut once: RX and half of the functions on one, the others and the last TX on the other. \"C\" is the paper's architecture with the least overhead on DPDK's rings and pool, in the same process: decisions packet by packet as in the original, or for runs of neighbours with equal metadata, or calls through pointers without rings.",
            XLabel = "network functions in the chain",
            PlotUnit = "million packets/s",
            Points = [.. sweep.Points("million packets/s", static (_, ns) => 1e3 / ns), .. sweep.Points("ns per packet", static (_, ns) => ns), .. sweep.Ratios(Fused, CCalls), .. sweep.Ratios(OneCore, CPacket + OneCoreSuffix), .. sweep.Ratios(TwoCores, CPacket + TwoCoresSuffix), .. sweep.Ratios(FusedTwoCores, CPacket + TwoCoresSuffix), .. isolated],
            Lines = [new ReferenceLine("paper's figure 2: 4% less at 6", "million packets/s", [1, 6], [first, 0.96 * first])],
            Notes = [$"The line of the paper's figure begins where \"{ours}\" does: the paper says by how much throughput falls, and this is that shape.", .. Notes(sweep.Lines), .. settings.HasTwoCores ? ChainIsolation.Notes(settings) : []],
        };
    }

    private static ChainLoadOptions Ours(int length, ChainPlacement placement, DataplaneOptions options) => new()
    {
        Length = length,
        Placement = placement,
        Port = static () => new NullPort(new NullPortOptions { Frame = GeneratorPort.CreateFrame() }),
        Function = static () => new ReadFirstByte(),
        Dataplane = options,
    };

    private static IEnumerable<string> Notes(IReadOnlyList<double> lines)
    {
        yield return "The paper loses 4% from one to six functions because it adds a core for every function and TX thread. Here the cores are fixed, so every function adds its cost to the same core: the cost of a hop is the slope of \"ns per packet\".";
        if (lines.Count > 0)
        {
            Summary line = Summary.Of(lines);
            yield return FormattableString.Invariant($"A cache line took {line.Median:F0} ns ({line.Minimum:F0}-{line.Maximum:F0}) from one of the two cores to the other. All two-core figures, ours and C's, rise and fall with it; on a virtual machine it changes with the places that the host gives to the cores. It is measured before and after each two-core figure; ratios count the rounds in which it was the same, within 1.4 times, for both.");
        }
    }
}

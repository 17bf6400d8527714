using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E4, the paper's figure 4: packets of the sizes of an HTTP trace through chains of 1, 2 and 5 functions, and what many cores would make of it.</summary>
internal static class HttpMixExperiment
{
    private const string OneCore = "one core";
    private const string TwoCores = "two cores";
    private static readonly double[] Lengths = [1, 2, 5];

    /// <summary>Measures.</summary>
    internal static async Task<ExperimentResult> RunAsync(ExperimentSettings settings)
    {
        List<LoadContender> contenders = [new(OneCore, length => MeasureAsync(settings, (int)length, twoCores: false))];
        if (settings.HasTwoCores)
            contenders.Add(new(TwoCores, length => MeasureAsync(settings, (int)length, twoCores: true), TwoCores: true));
        LoadSweep sweep = new(Lengths, contenders, settings.MeasureLine);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);

        double bits = 8 * FrameSizes.HttpMix.Mean;
        List<ReferenceLine> lines = [new("paper's figure 4 (its cores)", "Gbit/s", Lengths, [48, 68, 40])];
        List<string> notes =
        [
            FormattableString.Invariant($"The mix is {FrameSizes.HttpMix.Mean:F0} bytes on average, of 1,024 flows. Hops are packets handed to a function; the paper's TX threads steered 34 million a second together in the chain of five."),
            "The paper's three figures are for 1 RX, 1 TX and 1 NF; two of each, which stands at 2 here; and 2 RX and 5 TX for a chain of 5. It had a core for every thread and NICs that filled the buffers; here one or two cores do everything, the copying of every frame into its buffer included.",
        ];
        if (settings.HasTwoCores)
        {
            ManyCoreModel model = ManyCoreModel.Fit(Lengths, Least(OneCore), Least(TwoCores));
            double[] predicted = [.. ManyCoreModel.PaperLayouts.Select(layout => bits / model.Predict(layout))];
            lines.Add(new("model of a host with the paper's cores", "Gbit/s", Lengths, predicted));
            notes.AddRange(model.Describe(FrameSizes.HttpMix.Mean));
        }

        double[] Least(string contender) => [.. sweep.Nanoseconds(contender).Select(static ns => ns.Minimum)];

        return new ExperimentResult
        {
            Name = "e4-http-mix",
            Title = "E4: the HTTP trace's packet sizes",
            Description = "Sizes of the paper's HTTP trace (44.3% of 64 bytes, 18.5% of 65-1,023, 37.2% of 1,024-1,518) from a generator that never runs dry, through 1, 2 and 5 functions in a row, and out, each hop through rings and TX as in the paper. With \"two cores\" RX and TX have one and the functions the other.",
            XLabel = "network functions in the chain",
            PlotUnit = "Gbit/s",
            Points =
            [
                .. sweep.Points("Gbit/s", (_, ns) => bits / ns),
                .. sweep.Points("million packets/s", static (_, ns) => 1e3 / ns),
                .. sweep.Points("million hops/s", static (length, ns) => 1e3 * length / ns),
                .. sweep.Points("ns per packet", static (_, ns) => ns),
            ],
            Lines = lines,
            Notes = notes,
        };
    }

    private static Task<LoadFigure> MeasureAsync(ExperimentSettings settings, int length, bool twoCores) => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
    {
        Length = length,
        Placement = twoCores ? ChainPlacement.FunctionsApart : ChainPlacement.OneCore,
        Port = static () => new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.HttpMix, StampTime = false }),
        Function = static () => new ReadFirstByte(),

        // As in the paper, and as the model has it: every hop through rings and TX.
        Dataplane = new DataplaneOptions { FusedHops = false },
    });
}

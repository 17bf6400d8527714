using System.Diagnostics;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Processes;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E1's question to isolation: the same chain with each function on a thread, in a process, and in a container of its own, in turn.</summary>
internal static class ChainIsolation
{
    private const string Threads = "ours, a thread each, two cores";
    private const string OneThread = "ours, one thread for all, two cores";

    /// <summary>Measures; threads and processes of one chain length one after the other, in every round.</summary>
    internal static async Task<IReadOnlyList<ExperimentPoint>> MeasureAsync(ExperimentSettings settings)
    {
        using NfPrograms programs = new();
        List<LoadContender> contenders =
        [
            new LoadContender(OneThread, length => MeasureAsync(settings, (int)length, ChainPlacement.FunctionsApart, null), TwoCores: true),
            new LoadContender(Threads, length => MeasureAsync(settings, (int)length, ChainPlacement.FunctionEach, null), TwoCores: true),
        ];
        foreach ((string name, NfForm form) in settings.IsolatedForms)
        {
            contenders.Add(new LoadContender(
                NameOf(name),
                length => MeasureAsync(settings, (int)length, ChainPlacement.FunctionEach, programs.Launch(form, nameof(ReadFirstByte), ChainLoad.IdleOf((int)length), settings.FunctionCore)),
                TwoCores: true));
        }

        LoadSweep sweep = new(settings.Quick ? [1, 2] : [1, 2, 3, 6], contenders, settings.MeasureLine);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);
        return
        [
            .. sweep.Points("million packets/s", static (_, ns) => 1e3 / ns),
            .. sweep.Points("ns per packet", static (_, ns) => ns),
            .. settings.IsolatedForms.SelectMany(form => sweep.Ratios(NameOf(form.Name), Threads)),
            .. settings.IsolatedForms.SelectMany(form => sweep.Ratios(NameOf(form.Name), OneThread)),
        ];
    }

    /// <summary>What has to be known to read the figures.</summary>
    internal static IEnumerable<string> Notes(ExperimentSettings settings)
    {
        yield return "\"Each\" is the paper's comparison of threads, processes and containers, with RX and TX on one core and all functions on the other, which is fewer cores than the paper's: one function polls; several share their core by sleeping until they are woken, so that the system's scheduler decides who runs, for threads and processes alike. Those figures are taken in rounds of their own, and their ratios within these. \"One thread for all\" is what only threads can do: one worker polls all functions in turn, and nobody is switched.";
        foreach (string missing in settings.MissingForms)
            yield return $"Without containers: {missing}.";
    }

    private static string NameOf(string form) => $"ours, a {form} each, two cores";

    private static Task<LoadFigure> MeasureAsync(ExperimentSettings settings, int length, ChainPlacement placement, Func<NfLaunch, ProcessStartInfo>? launch) => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
    {
        Length = length,
        Placement = placement,
        Launch = launch,
        Port = static () => new NullPort(new NullPortOptions { Frame = GeneratorPort.CreateFrame() }),
        Function = static () => new ReadFirstByte(),
        Dataplane = new DataplaneOptions { FusedHops = false },
    });
}

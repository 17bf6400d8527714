using System.Globalization;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;
using static OpenNetVM.Benchmarks.Experiments.ChainCommand;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// Throughput by chain length (the paper's figure 2): 64-byte packets from a port, through a receive and a transmit ring per network function or, past
/// them (fused hops), and out. Each function reads the packet's first byte. Where DPDK is installed, the same in C beside it (Reference/README.md).
/// </summary>
internal static class ChainThroughput
{
    private const int UsualRounds = 15;
    private const int FlowCount = 65_536;
    private const string OverRings = "ours";
    private const string PastRings = "ours, fused";
    private const string CPerPacket = "C per packet";
    private const string CRuns = "C runs";

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">
    /// What: nothing for one core and the default chain; "two-cores"; "director" for 65,536 flows by the default chain and by the flow director; "minute" for
    /// what the garbage collector does in a minute under load. Then the number of rounds (default 15, minutes 1), the core to use (default: the last), and
    /// the other core (default: the first).
    /// </param>
    internal static Task RunAsync(IReadOnlyList<string> arguments) => arguments switch
    {
        ["two-cores", ..] => TwoCoresAsync(Settings(arguments.Skip(1), UsualRounds)),
        ["director", ..] => DirectorAsync(Settings(arguments.Skip(1), UsualRounds)),
        ["minute", ..] => MinuteAsync(Settings(arguments.Skip(1), 1)),
        _ => OneCoreAsync(Settings(arguments, UsualRounds)),
    };

    private static Task OneCoreAsync(ExperimentSettings settings)
    {
        ReferenceChainOptions reference = new();
        List<LoadContender> contenders = [Ours(OverRings, settings, Rings), Ours(PastRings, settings, Fused)];
        if (settings.Reference is { } library)
        {
            contenders.Add(InC(CPerPacket, settings, library, reference));
            contenders.Add(InC(CRuns, settings, library, reference with { Runs = true }));
            contenders.Add(InC("C runs, TX after each", settings, library, reference with { Runs = true, Layout = ReferenceLayout.TransmitAfterEach }));
            contenders.Add(InC("C no rings", settings, library, reference with { Layout = ReferenceLayout.Calls }));
        }

        return ChainCommand.RunAsync(settings, $"one core ({settings.Core})", Lengths, contenders, [.. contenders.Skip(1).Select(static other => (OverRings, other.Name))]);
    }

    private static async Task TwoCoresAsync(ExperimentSettings settings)
    {
        const string Cut = "ours, fused, chain cut once";
        ReferenceChainOptions reference = new() { Layout = ReferenceLayout.TwoCores };
        List<LoadContender> contenders =
        [
            Ours(OverRings, settings, Rings, ChainPlacement.FunctionsApart),
            Ours(Cut, settings, Fused, ChainPlacement.Halves),
        ];
        if (settings.Reference is { } library)
        {
            contenders.Add(InC(CPerPacket, settings, library, reference));
            contenders.Add(InC(CRuns, settings, library, reference with { Runs = true }));
        }

        string what = $"RX and TX on core {settings.Core}, functions on core {settings.FunctionCore}, or with the chain cut once RX and the first half of the functions on core {settings.Core}, the others and TX on core {settings.FunctionCore}";
        LoadSweep sweep = await ChainCommand.RunAsync(settings, what, Lengths, contenders, (OverRings, CPerPacket), (OverRings, CRuns), (Cut, CPerPacket), (Cut, CRuns));
        int three = Lengths.IndexOf(3);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"3 functions on 2 cores, million packets/s: {1e3 / sweep.Nanoseconds(OverRings)[three].Median:F1} with the functions apart, {1e3 / sweep.Nanoseconds(Cut)[three].Median:F1} with the chain cut once."));
        Console.WriteLine("The C platform (OpenNetVM 21.10) with 3 functions on 2 such cores, its own speed tester, 2026-11-23: 0.016 with 128 packets under way, 1.05 with 8,192; in its shared-core mode, on one core, 1.9 and 7.2.");
    }

    private static async Task DirectorAsync(ExperimentSettings settings)
    {
        const string RingsDirector = "ours, director";
        const string FusedDirector = "ours, fused, director";
        const string CEachHop = "C, lookup at every hop";
        const string CNaive = "C, naive lookup at every hop";
        const string CClassified = "C, lookup at RX";
        IReadOnlyList<Ipv4FlowKey> keys = GeneratorFlows.Keys(FlowCount);
        List<LoadContender> contenders =
        [
            Steered(OverRings, Rings, []),
            Steered(RingsDirector, Rings, keys),
            Steered(PastRings, Fused, []),
            Steered(FusedDirector, Fused, keys),
        ];
        if (settings.Reference is { } library)
        {
            ReferenceChainOptions reference = new() { Flows = FlowCount };
            contenders.Add(InC(CPerPacket, settings, library, reference));
            contenders.Add(InC(CEachHop, settings, library, reference with { Steering = ReferenceSteering.FlowTable }));
            contenders.Add(InC(CNaive, settings, library, reference with { Steering = ReferenceSteering.Naive }));
            contenders.Add(InC(CClassified, settings, library, reference with { Steering = ReferenceSteering.Classified }));
        }

        string what = string.Create(CultureInfo.InvariantCulture, $"one core ({settings.Core}), {FlowCount:N0} flows at random, with \"director\" a rule for each of them");
        await ChainCommand.RunAsync(
            settings,
            what,
            [1, 2, 3, 5],
            contenders,
            (RingsDirector, OverRings), (FusedDirector, PastRings), (CEachHop, RingsDirector), (CEachHop, FusedDirector), (CNaive, RingsDirector), (CNaive, FusedDirector), (CClassified, RingsDirector));

        LoadContender Steered(string name, DataplaneOptions options, IReadOnlyList<Ipv4FlowKey> rules) => new(name, length => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
        {
            Length = (int)length,
            Port = static () => new GeneratorPort(new GeneratorPortOptions { Flows = FlowCount, StampTime = false, ProvideRssHash = true }),
            Function = static () => new ReadFirstByte(),
            Rules = rules,
            Dataplane = options with { Director = new FlowDirectorOptions { Ipv4Capacity = 2 * FlowCount } },
        }));
    }

    // Without a sweep, whose warm-up would take minutes as well.
    private static async Task MinuteAsync(ExperimentSettings settings)
    {
        const int Length = 5;
        ExperimentSettings minute = settings with { Windows = (int)(TimeSpan.FromMinutes(1) / settings.Window) };
        for (int round = 0; round < settings.Rounds; round++)
        {
            LoadFigure figure = await Ours(PastRings, minute, Fused).Measure(Length);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Length} functions, one core ({settings.Core}): {figure.Seconds:F1} s, garbage collections {figure.Collections}, bytes allocated per packet {figure.BytesPerPacket:0.######}, best window {figure.Nanoseconds:F1} ns per packet"));
        }
    }
}

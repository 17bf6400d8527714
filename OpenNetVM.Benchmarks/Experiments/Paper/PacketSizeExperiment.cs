using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E2, the paper's figure 3: throughput by packet size and by the way in which a flow's chain is found.</summary>
internal static class PacketSizeExperiment
{
    private const int Functions = 2;
    private const string Default = "ours, default chain";
    private const string Director = "ours, flow director at RX";
    private const string EachHop = "ours, lookup at RX and each hop, RSS hash";
    private const string Naive = "ours, naive at RX and each hop";
    private const string CDefault = "C, default chain";
    private const string CClassified = "C, flow table at RX";
    private const string CEachHop = "C, lookup at RX and each hop, RSS hash";
    private const string CNaive = "C, naive at RX and each hop";

    /// <summary>Measures.</summary>
    internal static async Task<ExperimentResult> RunAsync(ExperimentSettings settings)
    {
        int flows = settings.Quick ? 1_024 : 65_536;
        IReadOnlyList<Ipv4FlowKey> keys = GeneratorFlows.Keys(flows);
        using FlowLookup byHash = new(keys, naive: false);
        using FlowLookup naive = new(keys, naive: true);
        List<LoadContender> contenders =
        [
            Ours(Default, [], static () => new ReadFirstByte(), rssHash: true),
            Ours(Director, keys, static () => new ReadFirstByte(), rssHash: true),
            Ours(EachHop, keys, () => new BurstLookupFunction(byHash), rssHash: true),
            Ours(Naive, keys, () => new LookupFunction(naive), rssHash: false),
        ];
        if (settings.Reference is { } library)
        {
            ReferenceChainOptions options = new() { Length = Functions, Flows = flows };
            contenders.Add(InC(CDefault, options));
            contenders.Add(InC(CClassified, options with { Steering = ReferenceSteering.Classified }));
            contenders.Add(InC(CEachHop, options with { Steering = ReferenceSteering.FlowTable }));
            contenders.Add(InC(CNaive, options with { Steering = ReferenceSteering.Naive }));

            LoadContender InC(string name, ReferenceChainOptions reference) =>
                new(name, size => Task.FromResult(ChainLoad.Measure(settings, library, reference with { FrameLength = (int)size })));
        }

        double[] sizes = settings.Quick ? [64, 1518] : [64, 128, 256, 512, 1024, 1518];
        LoadSweep sweep = new(sizes, contenders);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);
        return new ExperimentResult
        {
            Name = "e2-packet-size",
            Title = "E2: throughput by packet size and lookup",
            Description = FormattableString.Invariant($"One core, {Functions} functions, {flows:N0} flows at random. Ours goes through the rings, as C does. Ours looks a flow up once, when RX classifies the packet; later hops compare a version. To stand beside the paper's lookup at every hop, two more forms have a table in every function: with the RSS hash that came with the packet and a burst at a time, and naive, where RX and each function compute the hash in software, and the functions parse the header and look up packet by packet."),
            XLabel = "bytes per packet",
            PlotUnit = "Gbit/s",
            Points = [.. sweep.Points("Gbit/s", static (size, ns) => 8 * size / ns), .. sweep.Points("million packets/s", static (_, ns) => 1e3 / ns), .. sweep.Ratios(Naive, Default), .. sweep.Ratios(Default, CDefault), .. sweep.Ratios(Director, CClassified), .. sweep.Ratios(EachHop, CEachHop), .. sweep.Ratios(Naive, CNaive)],
            Lines = [new ReferenceLine("paper's figure 3: naive below this, half of our default chain", "Gbit/s", sizes, [.. sweep.Nanoseconds(Default).Zip(sizes, static (ns, size) => 4 * size / ns.Median)])],
            Notes =
            [
                "The whole frame is copied into the buffer once, as a NIC would by DMA, and freed at the end; ours writes checksums and flow fields of each packet besides, C a source address. That part grows with the size and is common to all forms.",
                "The functions of ours look up in a table beside the director's, so that twice as much memory is touched as by C, whose RX and hops share one table.",
                "Sizes are bytes in memory, without FCS, preamble and gap. The naive form of ours computes a Toeplitz hash with vector instructions where the processor has them; C's a CRC.",
            ],
        };

        LoadContender Ours(string name, IReadOnlyList<Ipv4FlowKey> rules, Func<NetworkFunction> function, bool rssHash) => new(name, size => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
        {
            Length = Functions,
            Port = () => new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.Fixed((int)size), Flows = flows, StampTime = false, ProvideRssHash = rssHash }),
            Function = function,
            Rules = rules,
            Dataplane = new DataplaneOptions { FusedHops = false, Director = new FlowDirectorOptions { Ipv4Capacity = 2 * flows } },
        }));
    }
}

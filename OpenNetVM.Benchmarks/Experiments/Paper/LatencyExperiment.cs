using HdrHistogram;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E3, the paper's section on latency: one packet at a time from a function through TX to the next function.</summary>
internal static class LatencyExperiment
{
    private const int Flows = 1_024;
    private const double PacketsPerSecond = 100_000;
    private const int Bucket = 10;
    private const string OursDefault = "ours, default chain";
    private const string CDefault = "C, default chain";
    private static readonly string[] Names = ["50%", "99%", "99.9%", "maximum"];
    private static readonly double[] Percentiles = [50, 99, 99.9, 100];

    /// <summary>Measures.</summary>
    internal static async Task<ExperimentResult> RunAsync(ExperimentSettings settings)
    {
        int samples = settings.Quick ? 2_000 : 100_000;
        IReadOnlyList<Ipv4FlowKey> keys = GeneratorFlows.Keys(Flows);
        using FlowLookup byHash = new(keys, naive: false);
        using FlowLookup naive = new(keys, naive: true);
        List<(string Name, Func<Task<Measured>> Measure)> contenders =
        [
            (OursDefault, () => OursAsync(settings, samples, null, [])),
            ("ours, flow director", () => OursAsync(settings, samples, null, keys)),
            ("ours, lookup at the hop, RSS hash", () => OursAsync(settings, samples, byHash, [])),
            ("ours, naive lookup at the hop", () => OursAsync(settings, samples, naive, [])),
        ];
        if (settings.Reference is { } library && settings.HasTwoCores)
        {
            contenders.Add((CDefault, () => InC(settings, library, samples, ReferenceSteering.DefaultChain)));
            contenders.Add(("C, flow table at the hop, RSS hash", () => InC(settings, library, samples, ReferenceSteering.FlowTable)));
            contenders.Add(("C, naive lookup at the hop", () => InC(settings, library, samples, ReferenceSteering.Naive)));
        }

        List<Measured>[] figures = [.. contenders.Select(static _ => new List<Measured>())];
        List<double> lines = [];

        // The round before the first is not counted: it compiles.
        for (int round = -1; round < settings.Rounds; round++)
        {
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                int i = round % 2 == 0 ? turn : contenders.Count - 1 - turn;
                Measured figure = await contenders[i].Measure();
                if (round >= 0)
                    figures[i].Add(figure);
            }

            if (settings.HasTwoCores)
                lines.Add(LineTransfer.Measure(settings.Core, settings.FunctionCore));
        }

        List<ExperimentPoint> points = [];
        for (int i = 0; i < contenders.Count; i++)
        {
            for (int p = 0; p < Percentiles.Length; p++)
            {
                points.Add(new ExperimentPoint(contenders[i].Name, p, "ns", Summary.Of([.. figures[i].Select(one => one.Nanoseconds[p])]))
                {
                    Collections = figures[i][0].Collections is null ? null : figures[i].Sum(static one => one.Collections ?? 0),
                    BytesPerPacket = figures[i].Max(static one => one.BytesPerPacket),
                });
            }
        }

        return new ExperimentResult
        {
            Name = "e3-latency",
            Title = "E3: latency from function to TX to function",
            Description = FormattableString.Invariant($"Both functions on one core, RX and TX on the other, {samples:N0} packets of 64 bytes a round, {PacketsPerSecond:N0} a second so that one is under way at a time. The first function takes the time, and for the lookup forms looks the flow up; TX finds the next hop and hands the packet on; the second function takes the time again. C does the same with its own clock, a microsecond after each packet, in buckets of {Bucket} ns up to 1 ms, where all that took longer counts too; its TX does the lookup. The paper gives means, drawn across."),
            XLabel = "percentile",
            XNames = Names,
            PlotUnit = "ns",
            Logarithmic = true,
            Points = points,
            Lines =
            [
                new ReferenceLine("paper, default chain (mean)", "ns", [0, 1, 2, 3], [.. Enumerable.Repeat(4_400.0, Names.Length)]),
                new ReferenceLine("paper, lookup with RSS hash (mean)", "ns", [0, 1, 2, 3], [.. Enumerable.Repeat(6_900.0, Names.Length)]),
                new ReferenceLine("paper, naive lookup (mean)", "ns", [0, 1, 2, 3], [.. Enumerable.Repeat(4_400 * 5.68, Names.Length)]),
            ],
            Notes = [.. Notes(points, lines)],
        };
    }

    private static IEnumerable<string> Notes(List<ExperimentPoint> points, List<double> lines)
    {
        yield return FormattableString.Invariant($"The clock (Stopwatch) costs {LatencyProbe.ClockCost():F0} ns a reading here; each figure of ours contains that once, and it is not taken off. The flow director's rules are looked up at RX, before the stamp: at the hop only a version is compared.");
        yield return "The maximum is the machine's, for ours and C's alike: whatever else runs on its two cores, and on a virtual machine the host.";
        if (Tail(OursDefault) is { } ours && Tail(CDefault) is { } its)
            yield return FormattableString.Invariant($"At 99.9% ours takes {ours / its:F1} times as long as C's with the default chain, which has not been explained. It is not the garbage collector, whose collections are counted above; ours takes a packet every ten microseconds, though, and C the next one a microsecond after the last, so that C's samples span a shorter time.");
        if (lines.Count > 0)
        {
            Summary line = Summary.Of(lines);
            yield return FormattableString.Invariant($"A cache line took {line.Median:F0} ns ({line.Minimum:F0}-{line.Maximum:F0}) from one core to the other; a hop moves a descriptor and the cursors of two rings there and back.");
        }

        double? Tail(string series) => points.FirstOrDefault(point => point.Series == series && Percentiles[(int)point.X] == 99.9)?.Value.Median;
    }

    private static async Task<Measured> OursAsync(ExperimentSettings settings, int samples, FlowLookup? lookup, IReadOnlyList<Ipv4FlowKey> rules)
    {
        // The first tenth compiles and warms the caches up.
        int skipped = samples / 10;
        LatencyProbe probe = new(lookup);
        probe.Skip(skipped);
        // What is timed is the way through the rings and TX, which functions of one worker would be spared.
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Dataplane = new DataplaneOptions { FusedHops = false } } };
        builder.AddWorker("io", settings.Core, settings.HasTwoCores ? IdleStrategy.Spin : null);
        if (settings.HasTwoCores)
            builder.AddWorker("functions", settings.FunctionCore, IdleStrategy.Spin);
        ServiceOptions placed = new() { Workers = settings.HasTwoCores ? ["functions"] : [] };
        PortId port = builder.AddPort(new RampPort(new GeneratorPortOptions { Flows = Flows, StampTime = false }, mostAtOnce: 1)
        {
            PacketsPerSecond = PacketsPerSecond,
        });
        ServiceId first = builder.AddService("first", probe.Sender, placed);
        ServiceId second = builder.AddService("second", probe.Receiver, placed);
        builder.DefaultChain = ServiceChain.Through(first, second).To(port);
        builder.AddChain(ServiceChain.Through(first, second).To(port));
        await using NfManager manager = builder.Build();
        foreach (Ipv4FlowKey rule in rules)
            manager.Director.TrySet(rule, new ChainId(1));

        manager.Start();
        Wait(() => probe.Recorded >= skipped);
        AllocationWatch allocations = AllocationWatch.Start();
        long before = probe.Recorded;
        Wait(() => probe.Recorded >= samples + skipped);
        int collections = allocations.Collections();
        double bytes = (double)allocations.Bytes() / Math.Max(1, probe.Recorded - before);
        await manager.StopAsync();
        if (manager.GetStatistics() is { } end && (end.Unaccounted != 0 || end.Dropped != 0))
            throw new InvalidOperationException($"Packets were lost while latency was measured: {end.ConservationLine}.");
        LongHistogram histogram = probe.Histogram;
        return new Measured([.. Percentiles.Select(percentile => (double)histogram.GetValueAtPercentile(percentile))], collections, bytes);
    }

    private static Task<Measured> InC(ExperimentSettings settings, ChainReference library, int samples, ReferenceSteering steering)
    {
        uint[] counts = new uint[100_000];
        using ReferenceChain chain = new(library, new ReferenceChainOptions
        {
            Layout = ReferenceLayout.TwoCores,
            Length = 2,
            Flows = Flows,
            Steering = steering,
            Core = settings.Core,
            FunctionCore = settings.FunctionCore,
        });
        chain.MeasureLatency(samples, gap: TimeSpan.FromMicroseconds(1), Bucket, counts);
        return Task.FromResult(new Measured([.. Percentiles.Select(Value)], null, null));

        double Value(double percentile)
        {
            long wanted = Math.Max(1, (long)Math.Ceiling(percentile / 100 * samples));
            long seen = 0;
            int i = 0;
            while (i < counts.Length - 1 && (seen += counts[i]) < wanted)
                i++;
            return (i + 0.5) * Bucket;
        }
    }

    private static void Wait(Func<bool> done)
    {
        while (!done())
            Thread.Sleep(5);
    }

    private sealed record Measured(IReadOnlyList<double> Nanoseconds, int? Collections, double? BytesPerPacket);
}

using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Reference;
using static OpenNetVM.Benchmarks.Experiments.ChainCommand;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>All that the C reference can do, without ours.</summary>
internal static class ChainReferenceThroughput
{
    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">Number of rounds (default 5); the core to use (default: the last); the other core (default: the first).</param>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        ExperimentSettings settings = Settings(arguments, 5);
        if (settings.Reference is not { } library)
            return;

        ReferenceChainOptions options = new();
        ReferenceChainOptions twoCores = options with { Layout = ReferenceLayout.TwoCores };
        ReferenceChainOptions flows = options with { Flows = 65_536 };
        await ChainCommand.RunAsync(
            settings,
            $"C on DPDK, core {settings.Core}, with two cores the functions on core {settings.FunctionCore}; other bursts where named",
            Lengths,
            [
                InC("per packet", settings, library, options),
                InC("per packet, bursts of 32", settings, library, options with { Burst = 32 }),
                InC("per packet, TX after each", settings, library, options with { Layout = ReferenceLayout.TransmitAfterEach }),
                InC("runs", settings, library, options with { Runs = true }),
                InC("runs, bursts of 32", settings, library, options with { Runs = true, Burst = 32 }),
                InC("runs, TX after each", settings, library, options with { Runs = true, Layout = ReferenceLayout.TransmitAfterEach }),
                InC("no rings", settings, library, options with { Layout = ReferenceLayout.Calls }),
                InC("flow table, 64 k flows", settings, library, flows with { Steering = ReferenceSteering.FlowTable }),
                InC("naive, 64 k flows", settings, library, flows with { Steering = ReferenceSteering.Naive }),
                InC("looked up once, 64 k flows", settings, library, flows with { Steering = ReferenceSteering.Classified }),
                InC("two cores", settings, library, twoCores),
                InC("two cores, bursts of 32", settings, library, twoCores with { Burst = 32 }),
                InC("two cores, runs", settings, library, twoCores with { Runs = true }),
                InC("two cores, flow table, 1 k flows", settings, library, twoCores with { Flows = 1_024, Steering = ReferenceSteering.FlowTable }),
            ]);

        Console.WriteLine("One packet at a time from function to TX to function, two cores, nanoseconds in steps of 10:");
        foreach (ReferenceSteering steering in (ReferenceSteering[])[ReferenceSteering.DefaultChain, ReferenceSteering.FlowTable, ReferenceSteering.Naive])
            WriteLatency(library, twoCores with { Core = settings.Core, FunctionCore = settings.FunctionCore, Steering = steering, Length = 2, Flows = 1_024 });
    }

    private static void WriteLatency(ChainReference library, ReferenceChainOptions options)
    {
        const int Samples = 100_000;
        const int Bucket = 10;
        uint[] counts = new uint[4_096];
        using ReferenceChain chain = new(library, options);
        chain.MeasureLatency(Samples, gap: TimeSpan.FromMicroseconds(1), Bucket, counts);
        Console.WriteLine($"{options.Steering}: median {Percentile(0.5)}, 99% {Percentile(0.99)}, 99.9% {Percentile(0.999)}, least {Percentile(0)}");

        int Percentile(double part)
        {
            long below = 0;
            int i = 0;
            while (i < counts.Length - 1 && (below += counts[i]) <= part * (Samples - 1))
                i++;
            return i * Bucket;
        }
    }
}

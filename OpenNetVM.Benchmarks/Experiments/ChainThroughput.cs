using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// Throughput by chain length (the paper's figure 2): 64-byte packets from a port, through a receive and a transmit ring per network function or,
/// on one core, past them (fused hops), default chain, and out. Each function reads the packet's first byte. Where DPDK is installed, the same in C beside it (Reference/README.md).
/// </summary>
internal static class ChainThroughput
{
    private const int Windows = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ReferenceWarmUp = TimeSpan.FromMilliseconds(20);
    private static readonly int[] Lengths = [0, 1, 2, 3, 4, 5, 6, 12];

    /// <summary>Everything on one core, or RX and TX on one and the functions on another.</summary>
    /// <param name="arguments">"two-cores" for that; number of rounds (default 15); the core to use (default: the last); the other core (default: the first).</param>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        bool twoCores = arguments is ["two-cores", ..];
        string[] numbers = [.. arguments.Skip(twoCores ? 1 : 0)];
        int rounds = Number(numbers, 0, 15);
        int core = Number(numbers, 1, Environment.ProcessorCount - 1);
        int functionCore = Number(numbers, 2, 0);
        ReferenceChainOptions reference = new() { Layout = twoCores ? ReferenceLayout.TwoCores : ReferenceLayout.OneCore, Core = core, FunctionCore = functionCore };

        List<ChainContender> contenders = [new("ours", length => MeasureAsync(length, core, twoCores ? functionCore : null, fusedHops: false))];
        if (!twoCores)
            contenders.Add(new ChainContender("ours, fused", length => MeasureAsync(length, core, null, fusedHops: true)));
        if (ChainReference.TryLoad(out string missing) is { } library)
        {
            contenders.Add(InC(library, "C per packet", reference));
            contenders.Add(InC(library, "C runs", reference with { Runs = true }));
            if (!twoCores)
            {
                contenders.Add(InC(library, "C runs, TX after each", reference with { Runs = true, Layout = ReferenceLayout.TransmitAfterEach }));
                contenders.Add(InC(library, "C no rings", reference with { Layout = ReferenceLayout.Calls }));
            }
        }
        else
        {
            Console.WriteLine($"Ours alone, without the C reference: {missing}.");
        }

        WriteMachine(rounds, twoCores ? $"RX and TX on core {core}, functions on core {functionCore}" : $"one core ({core})");
        Console.WriteLine("64-byte packets, bursts of 64, rings of 512; nanoseconds per packet: median (min-max)");
        Console.WriteLine();
        Func<double>? lineTransfer = twoCores ? () => LineTransfer.Measure(core, functionCore) : null;
        await new ChainComparison(Lengths, contenders, lineTransfer).RunAsync(rounds, withRatios: true, Console.Out);
    }

    /// <summary>All that the C reference can do, without ours.</summary>
    /// <param name="arguments">Number of rounds (default 5); the core to use (default: the last); the other core (default: the first).</param>
    internal static async Task RunReferenceAsync(IReadOnlyList<string> arguments)
    {
        int rounds = Number(arguments, 0, 5);
        ReferenceChainOptions options = new() { Core = Number(arguments, 1, Environment.ProcessorCount - 1), FunctionCore = Number(arguments, 2, 0) };
        if (ChainReference.TryLoad(out string missing) is not { } library)
        {
            Console.WriteLine($"No C reference: {missing}.");
            return;
        }

        WriteMachine(rounds, $"C on DPDK, core {options.Core}, with two cores the functions on core {options.FunctionCore}");
        Console.WriteLine("64-byte packets, rings of 512, bursts of 64 unless another is named; nanoseconds per packet: median (min-max)");
        Console.WriteLine();
        ReferenceChainOptions twoCores = options with { Layout = ReferenceLayout.TwoCores };
        ReferenceChainOptions flows = options with { Flows = 65_536 };
        await new ChainComparison(
            Lengths,
            [
                InC(library, "per packet", options),
                InC(library, "per packet, bursts of 32", options with { Burst = 32 }),
                InC(library, "per packet, TX after each", options with { Layout = ReferenceLayout.TransmitAfterEach }),
                InC(library, "runs", options with { Runs = true }),
                InC(library, "runs, bursts of 32", options with { Runs = true, Burst = 32 }),
                InC(library, "runs, TX after each", options with { Runs = true, Layout = ReferenceLayout.TransmitAfterEach }),
                InC(library, "no rings", options with { Layout = ReferenceLayout.Calls }),
                InC(library, "flow table, 64 k flows", flows with { Steering = ReferenceSteering.FlowTable }),
                InC(library, "naive, 64 k flows", flows with { Steering = ReferenceSteering.Naive }),
                InC(library, "looked up once, 64 k flows", flows with { Steering = ReferenceSteering.Classified }),
                InC(library, "two cores", twoCores),
                InC(library, "two cores, bursts of 32", twoCores with { Burst = 32 }),
                InC(library, "two cores, runs", twoCores with { Runs = true }),
                InC(library, "two cores, flow table, 1 k flows", twoCores with { Flows = 1_024, Steering = ReferenceSteering.FlowTable }),
            ]).RunAsync(rounds, withRatios: false, Console.Out);

        Console.WriteLine();
        Console.WriteLine("One packet at a time from function to TX to function, two cores, nanoseconds in steps of 10:");
        foreach (ReferenceSteering steering in (ReferenceSteering[])[ReferenceSteering.DefaultChain, ReferenceSteering.FlowTable, ReferenceSteering.Naive])
            WriteLatency(library, twoCores with { Steering = steering, Length = 2, Flows = 1_024 });
    }

    private static ChainContender InC(ChainReference library, string name, ReferenceChainOptions options) => new(name, length =>
    {
        using ReferenceChain chain = new(library, options with { Length = length });
        chain.Run(ReferenceWarmUp);

        // As for ours: the shortest of several windows.
        return Task.FromResult(Enumerable.Range(0, Windows).Min(_ => chain.Run(Window)));
    });

    private static async Task<double> MeasureAsync(int length, int core, int? functionCore, bool fusedHops)
    {
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Dataplane = new DataplaneOptions { FusedHops = fusedHops } } };
        builder.AddWorker("worker", core, IdleStrategy.Spin);
        if (functionCore is not null)
            builder.AddWorker("functions", functionCore, IdleStrategy.Spin);
        ServiceOptions options = new() { Workers = functionCore is null ? [] : ["functions"] };
        NullPort port = new(new NullPortOptions { Frame = new byte[64] });
        PortId id = builder.AddPort(port);
        ServiceId[] services = [.. Enumerable.Range(0, length).Select(i => builder.AddService($"service {i}", static () => new ReadFirstByte(), options))];
        builder.DefaultChain = ServiceChain.Through(services).To(id);
        await using NfManager manager = builder.Build();
        manager.Start();
        Thread.Sleep(100);

        // The shortest of several windows: what disturbs a window only ever makes it longer.
        double best = double.MaxValue;
        for (int window = 0; window < Windows; window++)
        {
            long begin = Stopwatch.GetTimestamp();
            long packets = port.GetStatistics().TransmittedPackets;
            Thread.Sleep(Window);
            packets = port.GetStatistics().TransmittedPackets - packets;
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / Math.Max(1, packets));
        }

        return best;
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

    private static void WriteMachine(int rounds, string what) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {DateTime.UtcNow:yyyy-MM-dd}; {rounds} rounds, {what}"));

    private static int Number(IReadOnlyList<string> arguments, int index, int otherwise) =>
        arguments.Count > index ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

    private sealed class ReadFirstByte : NetworkFunction
    {
        private int _sum;

        protected override void Process(Packet packet) => _sum += packet.Data[0];
    }
}

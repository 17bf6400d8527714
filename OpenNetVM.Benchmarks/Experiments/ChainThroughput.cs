using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// Throughput of one worker on one core by chain length (the paper's figure 2): 64-byte packets from a port, through a receive and a transmit ring per
/// network function, default chain, and out. Each function reads the packet's first byte. Lengths are measured in turn, several times, so that
/// the machine's moods meet all of them.
/// </summary>
internal static class ChainThroughput
{
    private static readonly int[] Lengths = [0, 1, 2, 3, 4, 5, 6, 12];

    /// <param name="arguments">Number of rounds (default 15), and the core to pin to (default: the last).</param>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        int rounds = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 15;
        int core = arguments.Count > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount - 1;
        Dictionary<int, List<double>> samples = Lengths.ToDictionary(static length => length, static _ => new List<double>());
        for (int round = 0; round <= rounds; round++)
        {
            foreach (int length in Lengths)
            {
                double nanoseconds = await MeasureAsync(length, core);

                // The first round compiles.
                if (round > 0)
                    samples[length].Add(nanoseconds);
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {DateTime.UtcNow:yyyy-MM-dd}; {rounds} rounds, one worker on core {core}, 64-byte packets, default options (bursts of 64, rings of 512)"));
        Console.WriteLine();
        Console.WriteLine("| chain length | ns per packet, median | min | max | Mpps, median | ns per added hop, median |");
        Console.WriteLine("|---|---|---|---|---|---|");
        double none = Median(samples[0]);
        foreach (int length in Lengths)
        {
            double median = Median(samples[length]);
            string perHop = length == 0 ? "" : ((median - none) / length).ToString("F1", CultureInfo.InvariantCulture);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {length} | {median:F1} | {samples[length].Min():F1} | {samples[length].Max():F1} | {1_000 / median:F1} | {perHop} |"));
        }
    }

    private static async Task<double> MeasureAsync(int length, int core)
    {
        NfManagerBuilder builder = new();
        builder.AddWorker("worker", core, IdleStrategy.Spin);
        NullPort port = new(new NullPortOptions { Frame = new byte[64] });
        PortId id = builder.AddPort(port);
        ServiceId[] services = [.. Enumerable.Range(0, length).Select(i => builder.AddService($"service {i}", static () => new ReadFirstByte()))];
        builder.DefaultChain = ServiceChain.Through(services).To(id);
        await using NfManager manager = builder.Build();
        manager.Start();
        Thread.Sleep(100);

        // The shortest of several windows: what disturbs a window only ever makes it longer.
        double best = double.MaxValue;
        for (int window = 0; window < 10; window++)
        {
            long begin = Stopwatch.GetTimestamp();
            long packets = port.GetStatistics().TransmittedPackets;
            Thread.Sleep(10);
            packets = port.GetStatistics().TransmittedPackets - packets;
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / Math.Max(1, packets));
        }

        return best;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed class ReadFirstByte : NetworkFunction
    {
        private int _sum;

        protected override void Process(Packet packet) => _sum += packet.Data[0];
    }
}

using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>How fast a controller sets flows up through the SDN function, and what that costs packets of flows that are known.</summary>
internal static class SetUpCommand
{
    private const int UsualRounds = 5;
    private const int BelowSaturation = 5_000;

    // The compiler replaces its first code several times.
    private const int WarmUpRounds = 2;

    private static readonly (int Io, int Sdn) Cores = (Environment.ProcessorCount - 1, 0);
    // In the place of a rate.
    private const double Counting = -1;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(1000);
    private static readonly TimeSpan KnownWindow = TimeSpan.FromMilliseconds(250);

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">Number of rounds (default 5).</param>
    /// <returns>The program's exit code: 0, or 1 where there is no controller.</returns>
    internal static int Run(IReadOnlyList<string> arguments)
    {
        int rounds = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : UsualRounds;
        if (ControllerProcess.MissingTestController is { } missing)
        {
            Console.Error.WriteLine($"Nothing to measure: {missing}.");
            return 1;
        }

        Console.WriteLine(string.Join("; ", MachineDescription.Describe().Select(static line => $"{line.Name} {line.Value}")) + "\n");
        // Threads that this one brings about stay off the core of RX and TX as it does: those of the channel, and the controller itself.
        Exception? failure = null;
        Thread other = new(() =>
        {
            try
            {
                if (CoreAffinity.IsSupported)
                    CoreAffinity.PinCurrentThread(Cores.Sdn);
                RunAsync(rounds).GetAwaiter().GetResult();
            }
            catch (Exception thrown) when (thrown is InvalidOperationException or TimeoutException)
            {
                failure = thrown;
            }
        });
        other.Start();
        other.Join();
        if (failure is null)
            return 0;
        Console.Error.WriteLine(failure.Message);
        return 1;
    }

    private static async Task RunAsync(int rounds)
    {
        string[] versions = ["OpenFlow13", "OpenFlow10"];
        SetUpFigures[] figures = [.. versions.Select(static _ => new SetUpFigures())];
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            for (int i = 0; i < versions.Length; i++)
            {
                double rate = await SaturateAsync(versions[i]);
                (double[] toArrival, double[] toInstalled) = await DelaysAsync(versions[i]);
                if (round >= 0)
                    figures[i].Add(rate, toArrival, toInstalled);
            }
        }

        for (int i = 0; i < versions.Length; i++)
        {
            Print($"{versions[i]}: {Text(figures[i].Rates, "N0")} new flows a second, at most 256 at once.");
            Print($"{versions[i]}, {BelowSaturation:N0} new flows a second: the first packet has left after {Text(figures[i].Arrival, "N0")} us (median of a round; 99%: {Text(figures[i].ArrivalWorst, "N0")}), its flow is in the director after {Text(figures[i].Installed, "N0")} us (99%: {Text(figures[i].InstalledWorst, "N0")}).");
        }

        IReadOnlyList<Ipv4FlowKey> keys = GeneratorFlows.Keys(ControlledPlatform.KnownFlows);
        await KnownAsync("set in the director by hand", keys, rounds);
        await KnownAsync("installed by the SDN function", [], rounds);
    }

    private static async Task<double> SaturateAsync(string version)
    {
        using ControllerProcess controller = ControllerProcess.Learning(version);
        await using ControlledPlatform platform = new(Cores, controller);
        await platform.StartAsync();
        platform.Clients.PerSecond = 1e6;
        await Task.Delay(Window / 4);
        long before = platform.Statistics.Installed;
        long begin = Stopwatch.GetTimestamp();
        await Task.Delay(Window);
        double rate = (platform.Statistics.Installed - before) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        await platform.StopAsync();
        return rate;
    }

    private static async Task<(double[] ToArrival, double[] ToInstalled)> DelaysAsync(string version)
    {
        using ControllerProcess controller = ControllerProcess.Learning(version);
        await using ControlledPlatform platform = new(Cores, controller);
        await platform.StartAsync();
        platform.Clients.PerSecond = BelowSaturation;
        await Task.Delay(Window / 4);
        long from = platform.Clients.Sent;
        List<double> installed = [];
        for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < Window;)
        {
            // The next flow that comes. Looking for it takes no processor from those that work: 20 us of sleep, and what the system adds.
            long flow = platform.Clients.Sent;
            while (platform.Clients.Sent <= flow)
                Sleep.Microseconds(20);
            Ipv4FlowKey key = FlowNumbers.Key((int)flow);
            while (!platform.Manager.Director.TryGet(key, out _))
                Sleep.Microseconds(20);
            installed.Add(Microseconds(platform.Clients.SentAt(flow), Stopwatch.GetTimestamp()));
        }

        long to = platform.Clients.Sent;
        await platform.StopAsync();
        double[] arrivals = [.. Enumerable.Range((int)from, (int)(to - from)).Select(flow => Microseconds(platform.Clients.SentAt(flow), platform.Server.ArrivedAt(flow)))];
        return (arrivals, [.. installed]);
    }

    // Known flows as fast as they go, in turn without new ones and beside them; and beside a thread that does nothing but count, since two cores of a machine may be one with two threads.
    private static async Task KnownAsync(string how, IReadOnlyList<Ipv4FlowKey> keys, int rounds)
    {
        double[] rates = [0, Counting, 1_000, BelowSaturation, 4 * BelowSaturation];
        double[] pauses = new double[rates.Length];
        string[] came = new string[rates.Length];
        List<double>[] known = [.. rates.Select(static _ => new List<double>())];
        List<double>[] ratios = [.. rates.Select(static _ => new List<double>())];
        string[] rule = keys.Count > 0 ? [] : [$"--with-flows={WriteRule()}"];
        using ControllerProcess controller = ControllerProcess.Learning("OpenFlow13", rule);
        await using ControlledPlatform platform = new(Cores, controller, keys);
        await platform.StartAsync();
        await Task.Delay(Window);
        for (int round = 0; round < 4 * rounds; round++)
        {
            double alone = 0;
            for (int i = 0; i < rates.Length; i++)
            {
                platform.Clients.PerSecond = Math.Max(0, rates[i]);
                await Task.Delay(KnownWindow / 4);
                long before = platform.Known.GetStatistics().TransmittedPackets, newOnes = platform.Clients.Sent;
                TimeSpan paused = GC.GetTotalPauseDuration();
                long begin = Stopwatch.GetTimestamp();
                if (rates[i] == Counting)
                    Count(KnownWindow);
                else
                    await Task.Delay(KnownWindow);
                TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);
                pauses[i] += (GC.GetTotalPauseDuration() - paused) / elapsed / (4 * rounds);
                double rate = (platform.Known.GetStatistics().TransmittedPackets - before) / elapsed.TotalSeconds;
                alone = i == 0 ? rate : alone;
                known[i].Add(rate / 1e6);
                ratios[i].Add(rate / alone);
                platform.Clients.PerSecond = 0;
                await platform.UntilAsync(() => platform.Server.Arrived == platform.Clients.Sent, "the arrival of all flows");
                came[i] = rates[i] == Counting ? "a thread that counts" : string.Create(CultureInfo.InvariantCulture, $"{(platform.Clients.Sent - newOnes) / elapsed.TotalSeconds:N0} new flows a second");
            }
        }

        await platform.StopAsync();
        for (int i = 0; i < rates.Length; i++)
            Print($"Known flows, {how}, beside {came[i]}: {Text(known[i], "F2")} million packets/s, {Text(ratios[i], "F3")} of what it is without; the garbage collector stopped all threads for {100 * pauses[i]:F1}% of the time.");
    }

    // Keeps the core busy with something that touches no memory.
    private static void Count(TimeSpan time)
    {
        Thread thread = new(() =>
        {
            long sum = 0;
            for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < time;)
            {
                for (int i = 0; i < 1000; i++)
                    sum = (sum ^ i) * 31;
            }

            GC.KeepAlive(sum);
        });
        thread.Start();
        thread.Join();
    }

    private static string WriteRule()
    {
        string path = Path.GetTempFileName();
        // The generator's port, and the one where known flows end.
        File.WriteAllText(path, "in_port=3,actions=output:4\n");
        return path;
    }

    private static double Microseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMicroseconds;

    private static string Text(List<double> figures, string format)
    {
        Summary summary = Summary.Of(figures);
        return string.Create(CultureInfo.InvariantCulture, $"{summary.Median.ToString(format, CultureInfo.InvariantCulture)} ({summary.Minimum.ToString(format, CultureInfo.InvariantCulture)}-{summary.Maximum.ToString(format, CultureInfo.InvariantCulture)})");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class SetUpFigures
    {
        public List<double> Rates { get; } = [];

        public List<double> Arrival { get; } = [];

        public List<double> ArrivalWorst { get; } = [];

        public List<double> Installed { get; } = [];

        public List<double> InstalledWorst { get; } = [];

        public void Add(double rate, double[] toArrival, double[] toInstalled)
        {
            Rates.Add(rate);
            Arrival.Add(Percentile(toArrival, 0.5));
            ArrivalWorst.Add(Percentile(toArrival, 0.99));
            Installed.Add(Percentile(toInstalled, 0.5));
            InstalledWorst.Add(Percentile(toInstalled, 0.99));
        }

        private static double Percentile(double[] values, double part) => values.Order().ElementAt((int)(part * (values.Length - 1)));
    }
}

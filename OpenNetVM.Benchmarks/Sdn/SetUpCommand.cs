using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>How fast a controller sets flows up through the SDN function, and what that costs packets of flows that are known.</summary>
internal static class SetUpCommand
{
    private const int UsualRounds = 5;
    private const int BelowSaturation = 5_000;

    // Of a round, beside each number of new flows.
    private const int KnownWindows = 8;

    // The compiler replaces its first code several times.
    private const int WarmUpRounds = 2;

    private static readonly (int Io, int Sdn) Cores = (Environment.ProcessorCount - 1, 0);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(1000);
    private static readonly TimeSpan KnownWindow = TimeSpan.FromMilliseconds(100);

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">Number of rounds (default 5); then, to measure known flows only, the numbers of new flows a second beside them.</param>
    /// <returns>The program's exit code: 0, or 1 where there is no controller.</returns>
    internal static int Run(IReadOnlyList<string> arguments)
    {
        int rounds = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : UsualRounds;
        double[] rates = [.. arguments.Skip(1).Select(static rate => double.Parse(rate, CultureInfo.InvariantCulture))];
        if (ControllerProcess.MissingTestController is { } missing)
        {
            Console.Error.WriteLine($"Nothing to measure: {missing}.");
            return 1;
        }

        Console.WriteLine(string.Join("; ", MachineDescription.Describe().Select(static line => $"{line.Name} {line.Value}")) + "\n");
        // All that is not RX and TX stays off their core: this thread, those that are brought about, and the controller itself.
        Exception? failure = null;
        Thread other = new(() =>
        {
            try
            {
                if (CoreAffinity.IsSupported)
                    Threads.PinAll(Cores.Sdn);
                RunAsync(rounds, rates).GetAwaiter().GetResult();
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

    private static async Task RunAsync(int rounds, double[] rates)
    {
        if (rates.Length == 0)
            await SetUpAsync(rounds);
        Neighbour[] neighbours = [.. Neighbour.Strangers, .. (rates.Length > 0 ? rates : [1_000, BelowSaturation, 4 * BelowSaturation]).SelectMany(static rate => new[] { Neighbour.Packets(rate), new Neighbour(rate) })];
        IReadOnlyList<Ipv4FlowKey> keys = GeneratorFlows.Keys(ControlledPlatform.KnownFlows);
        await KnownAsync("set in the director by hand", keys, neighbours, rounds);
        await KnownAsync("installed by the SDN function", [], neighbours, rounds);
        await CostAsync(keys, rounds);
    }

    private static async Task SetUpAsync(int rounds)
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
                Threads.Sleep(20);
            Ipv4FlowKey key = FlowNumbers.Key((int)flow);
            while (!platform.Manager.Director.TryGet(key, out _))
                Threads.Sleep(20);
            installed.Add(Microseconds(platform.Clients.SentAt(flow), Stopwatch.GetTimestamp()));
        }

        long to = platform.Clients.Sent;
        await platform.StopAsync();
        double[] arrivals = [.. Enumerable.Range((int)from, (int)(to - from)).Select(flow => Microseconds(platform.Clients.SentAt(flow), platform.Server.ArrivedAt(flow)))];
        return (arrivals, [.. installed]);
    }

    // Known flows as fast as they go, in short windows by turns without new ones and beside them, each compared with the ones before and after it: the machine's speed changes within a second.
    private static async Task KnownAsync(string how, IReadOnlyList<Ipv4FlowKey> keys, IReadOnlyList<Neighbour> neighbours, int rounds)
    {
        KnownFigures[] figures = [.. neighbours.Select(static _ => new KnownFigures())];
        string[] rule = keys.Count > 0 ? [] : [$"--with-flows={WriteRule()}"];
        using ControllerProcess controller = ControllerProcess.Learning("OpenFlow13", rule);
        await using ControlledPlatform platform = new(Cores, controller, keys);
        await platform.StartAsync();
        // The one flow is known before its packets come fast.
        platform.Clients.IsOneFlow = true;
        platform.Clients.PerSecond = 100;
        await platform.UntilAsync(() => platform.Manager.Director.TryGet(FlowNumbers.Key(0), out _), "the installation of the one flow");
        platform.Clients.PerSecond = 0;
        await Task.Delay(Window);
        List<double> alone = [];
        for (int round = -WarmUpRounds; round < KnownWindows * rounds; round++)
        {
            double before = await KnownRateAsync(platform, Neighbour.None, new KnownFigures());
            for (int i = 0; i < neighbours.Count; i++)
            {
                KnownFigures measured = round < 0 ? new KnownFigures() : figures[i];
                double rate = await KnownRateAsync(platform, neighbours[i], measured);
                double after = await KnownRateAsync(platform, Neighbour.None, new KnownFigures());
                measured.Ratios.Add(2 * rate / (before + after));
                before = after;
                alone.Add(after);
            }
        }

        await platform.StopAsync();
        Print($"Known flows, {how}, beside nothing: {Text(alone, "F2")} million packets/s.");
        for (int i = 0; i < neighbours.Count; i++)
            Print($"Known flows, {how}, beside {(neighbours[i].Name ?? figures[i].NewFlows.ToString("N0", CultureInfo.InvariantCulture) + " new flows a second")}: {Text(figures[i].Rates, "F2")} million packets/s, {Text(figures[i].Ratios, "F3")} of what it is without, {figures[i].Ratios.Average():F3} on average; the garbage collector stopped all threads for {100 * figures[i].Paused:F1}% of the time.");
    }

    // The same flows on the same platform, by turns set in the director by hand and installed by the SDN function.
    private static async Task CostAsync(IReadOnlyList<Ipv4FlowKey> keys, int rounds)
    {
        using ControllerProcess controller = ControllerProcess.Learning("OpenFlow13", $"--with-flows={WriteRule()}");
        await using ControlledPlatform platform = new(Cores, controller, []);
        await platform.StartAsync();
        await Task.Delay(Window);
        KnownFigures hand = new(), installed = new();
        double before = await ByHandAsync();
        for (int i = 0; i < 4 * KnownWindows * rounds; i++)
        {
            foreach (Ipv4FlowKey key in keys)
                platform.Manager.Director.Remove(key);
            await platform.UntilAsync(() => keys.All(key => platform.Manager.Director.TryGet(key, out FlowRule? rule) && rule!.Tag != 0), "the installation of the generator's flows");
            double rate = await KnownRateAsync(platform, Neighbour.None, installed);
            double after = await ByHandAsync();
            installed.Ratios.Add(2 * rate / (before + after));
            before = after;
        }

        Print($"Known flows by turns: {Text(hand.Rates, "F2")} million packets/s where they are set in the director by hand, {Text(installed.Rates, "F2")} where the SDN function installed them, {Text(installed.Ratios, "F3")} of that.");

        async Task<double> ByHandAsync()
        {
            foreach (Ipv4FlowKey key in keys)
                platform.Manager.Director.TrySet(key, platform.Direct);
            return await KnownRateAsync(platform, Neighbour.None, hand);
        }
    }

    // Million packets a second.
    private static async Task<double> KnownRateAsync(ControlledPlatform platform, Neighbour beside, KnownFigures figures)
    {
        platform.Clients.IsOneFlow = beside.IsOneFlow;
        platform.Clients.PerSecond = beside.NewFlows;
        await Task.Delay(KnownWindow / 4);
        long packets = platform.Known.GetStatistics().TransmittedPackets, newOnes = platform.Clients.Sent;
        TimeSpan paused = GC.GetTotalPauseDuration();
        long begin = Stopwatch.GetTimestamp();
        if (beside.Work is { } work)
            work(KnownWindow);
        else
            await Task.Delay(KnownWindow);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);
        double rate = (platform.Known.GetStatistics().TransmittedPackets - packets) / elapsed.TotalMicroseconds;
        figures.Add(rate, platform.Clients.Sent - newOnes, elapsed, GC.GetTotalPauseDuration() - paused);
        platform.Clients.PerSecond = 0;
        await platform.UntilAsync(() => platform.Server.Arrived == platform.Clients.Sent, "the arrival of all flows");
        return rate;
    }

    private static string WriteRule()
    {
        string path = Path.GetTempFileName();
        // The generator's port, and the one where known flows end.
        File.WriteAllText(path, "in_port=3,actions=output:4\n");
        return path;
    }

    private static double Microseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMicroseconds;

    // The median with the least and the greatest; of many, with the quarters' bounds.
    private static string Text(IReadOnlyCollection<double> figures, string format)
    {
        int margin = figures.Count >= 2 * KnownWindows ? figures.Count / 4 : 0;
        Summary summary = Summary.Of([.. figures.Order().Skip(margin).SkipLast(margin)]);
        return string.Create(CultureInfo.InvariantCulture, $"{summary.Median.ToString(format, CultureInfo.InvariantCulture)} ({summary.Minimum.ToString(format, CultureInfo.InvariantCulture)}-{summary.Maximum.ToString(format, CultureInfo.InvariantCulture)})");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

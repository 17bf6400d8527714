using System.Globalization;
using System.Text;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// Ports of DPDK on interfaces of the kernel, beside dpdk-testpmd on the same ones: the two ends of a veth pair, in a network namespace of its own, between which
/// packets go round. Whoever forwards is its own generator, so nothing but the forwarder limits the rate; one core does everything, the kernel's part included.
/// </summary>
internal static class DpdkInterfaces
{
    private const string First = "veth0";
    private const string Second = "veth1";
    private const string Theirs = "testpmd io";
    private const string Raw = "driver, rx + tx";
    private const string Ports = "port, receive + transmit";
    private const string Whole = "one function";

    // At each end: few enough that no ring of a driver or of the kernel overflows.
    private const int Circulating = 256;

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">"dpdk", "interfaces", number of rounds (default 7), the core to use (default: the last).</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(string[] arguments)
    {
        if (DpdkInstallation.Find() is { IsFound: false } missing)
        {
            Console.WriteLine(missing.Message);
            return 1;
        }

        if (!Environment.IsPrivilegedProcess)
        {
            Console.WriteLine("This needs root: it makes a network namespace and opens packet sockets.");
            return 1;
        }

        if (!PrivateNetwork.IsInside(arguments))
            return PrivateNetwork.Run(arguments);
        int[] numbers = [.. arguments[2..^1].Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
        ExperimentSettings settings = new() { Rounds = numbers.ElementAtOrDefault(0) is var rounds and > 0 ? rounds : 7 };
        if (numbers.Length > 1)
            settings = settings with { Core = numbers[1] };
        PrivateNetwork.Silence();
        PrivateNetwork.AddCable(First, Second);
        Eal.Start();
        Console.WriteLine(string.Join("; ", MachineDescription.Describe().Select(static line => $"{line.Name} {line.Value}")));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{settings.Rounds} rounds, frames of {InterfaceLoad.FrameLength} bytes, {Circulating} going round in each direction; one core ({settings.Core}); a ratio above 1 says that ours is faster.\n"));
        foreach (string driver in (string[])["net_af_packet", "net_af_xdp"])
            await RunAsync(settings, driver);
        return 0;
    }

    private static async Task RunAsync(ExperimentSettings settings, string driver)
    {
        string[] arguments = [$"iface={First}", $"iface={Second}"];
        LoadSweep sweep = new(
            [32, 64],
            [
                new LoadContender(Theirs, burst => Task.FromResult(Testpmd(settings, [$"{driver}0,{arguments[0]}", $"{driver}1,{arguments[1]}"], (int)burst))),
                new LoadContender(Raw, burst => Task.FromResult(InterfaceLoad.Measure(settings, driver, arguments, (int)burst, Circulating, throughPort: false))),
                new LoadContender(Ports, burst => Task.FromResult(InterfaceLoad.Measure(settings, driver, arguments, (int)burst, Circulating, throughPort: true))),
                new LoadContender(Whole, burst => InterfaceLoad.MeasurePlatformAsync(settings, driver, arguments, (int)burst, Circulating)),
            ]);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);
        ExperimentPoint[] points =
        [
            .. sweep.Points("ns per packet", static (_, ns) => ns),
            .. sweep.Points("million packets/s", static (_, ns) => 1e3 / ns).Select(static point => point with { Collections = null }),
            .. sweep.Ratios(Theirs, Raw),
            .. sweep.Ratios(Theirs, Ports),
            .. sweep.Ratios(Theirs, Whole),
        ];
        StringBuilder text = new($"## {driver}\n\n");
        foreach (string unit in points.Select(static point => point.Unit).Distinct())
            ExperimentTables.Append(text, "burst", unit, points, []);
        ExperimentTables.AppendCollector(text, points, onePerSeries: false);
        Console.Write(text);
    }

    private static LoadFigure Testpmd(ExperimentSettings settings, string[] devices, int burst)
    {
        using Testpmd testpmd = Reference.Testpmd.TryStart(settings.Core, devices, out string problem) ?? throw new InvalidOperationException(problem);
        return new LoadFigure(1e9 / testpmd.Measure("io", burst, settings.WarmUp, settings.Window, settings.Windows, Circulating / burst));
    }
}

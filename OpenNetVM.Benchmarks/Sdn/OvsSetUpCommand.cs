using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>
/// How fast Open vSwitch sets flows up, with the controller and the packets of <see cref="SetUpCommand"/>: the rival of that figure. Its data path is the one in user space, on virtual Ethernet
/// interfaces in a network namespace of this program's own.
/// </summary>
internal static class OvsSetUpCommand
{
    private const int UsualRounds = 5;

    // The socket by which Open vSwitch receives has room for 242 of these frames: net.core.rmem_default is 212,992 bytes, and the kernel counts 882 for each. Of more at once it would lose some.
    private const int UsualWindow = 240;

    private const int WarmUpRounds = 2;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(1000);
    private static readonly (string Ours, string Theirs) Clients = ("veth-clients", "port1"), Server = ("veth-server", "port2");

    private static readonly (string Program, string Package)[] Needed =
    [
        ("ovs-vswitchd", "openvswitch-switch"), ("ovs-vsctl", "openvswitch-switch"), ("ovsdb-server", "openvswitch-common"), ("ovsdb-tool", "openvswitch-common"),
        ("ovs-ofctl", "openvswitch-common"), ("ovs-testcontroller", "openvswitch-testcontroller"), ("unshare", "util-linux"), ("ip", "iproute2"), ("ethtool", "ethtool"),
    ];

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">"openflow", "ovs"; number of rounds (default 5); most flows at once (default 240).</param>
    /// <returns>The program's exit code: 0, or 1 where something is missing or flows went another way than they should.</returns>
    internal static async Task<int> RunAsync(string[] arguments)
    {
        if (WhyNot() is { } missing)
        {
            Console.Error.WriteLine($"Nothing to measure: {missing}.");
            return 1;
        }

        if (!PrivateNetwork.IsInside(arguments))
            return RunInside(arguments);
        string folder = arguments[^2];
        int[] numbers = [.. arguments[2..^2].Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
        int rounds = numbers.ElementAtOrDefault(0) is var some and > 0 ? some : UsualRounds;
        int window = numbers.ElementAtOrDefault(1) is var most and > 0 ? most : UsualWindow;
        try
        {
            await RunAsync(folder, rounds, window);
            return 0;
        }
        catch (Exception thrown) when (thrown is InvalidOperationException or DpdkException)
        {
            Console.Error.WriteLine(thrown.Message);
            return 1;
        }
    }

    private static async Task RunAsync(string folder, int rounds, int window)
    {
        PrivateNetwork.Silence();
        PrivateNetwork.Run("ip", "link", "set", "lo", "up");
        PrivateNetwork.AddCable(Clients.Ours, Clients.Theirs);
        PrivateNetwork.AddCable(Server.Ours, Server.Theirs);
        Eal.Start();
        Console.WriteLine($"{string.Join("; ", MachineDescription.Describe().Select(static line => $"{line.Name} {line.Value}"))}; {OvsSetUpSwitch.Describe()}\n");
        string[] versions = ["OpenFlow13", "OpenFlow10"];
        List<double>[] rates = [.. versions.Select(static _ => new List<double>())];
        int[] arrived = new int[versions.Length], lost = new int[versions.Length];
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            for (int i = 0; i < versions.Length; i++)
            {
                (double rate, int came, int never) = await SaturateAsync(folder, versions[i], window);
                if (round < 0)
                    continue;
                rates[i].Add(rate);
                arrived[i] += came;
                lost[i] += never;
            }
        }

        for (int i = 0; i < versions.Length; i++)
        {
            Summary summary = Summary.Of(rates[i]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{versions[i]}: {summary.Median:N0} ({summary.Minimum:N0}-{summary.Maximum:N0}) new flows a second, at most {window} at once; {arrived[i]:N0} arrived, each with a rule of its own, {lost[i]:N0} never did."));
        }
    }

    private static async Task<(double Rate, int Arrived, int Lost)> SaturateAsync(string folder, string version, int window)
    {
        using ControllerProcess controller = ControllerProcess.Learning(version);
        using OvsSetUpSwitch bridge = new(folder, version, controller, [Clients.Theirs, Server.Theirs]);
        await using OvsSetUpTraffic traffic = new(Clients.Ours, Server.Ours, window);
        await traffic.StartAsync();
        traffic.Clients.PerSecond = 1e6;
        await Task.Delay(Window / 4);
        long before = traffic.Server.Arrived;
        long begin = Stopwatch.GetTimestamp();
        await Task.Delay(Window);
        double rate = (traffic.Server.Arrived - before) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        (int arrived, int lost) = await traffic.StopAsync();
        int rules = bridge.CountFlowRules();
        return rules >= arrived && rules <= arrived + lost
            ? (rate, arrived, lost)
            : throw new InvalidOperationException($"{arrived} flows arrived, {lost} did not, and there are {rules} rules: not each that arrived was set up by the controller.");
    }

    // The folder is deleted here, so that it is gone when the run inside was killed.
    private static int RunInside(string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("opennetvm-ovs-").FullName;
        try
        {
            return PrivateNetwork.Run([.. arguments, folder]);
        }
        finally
        {
            Delete(folder);
        }
    }

    // Where the run inside was killed, what it started may write for a moment yet.
    private static void Delete(string folder)
    {
        for (int attempts = 20; ; attempts--)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (attempts > 0)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static string? WhyNot()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        foreach ((string program, string package) in Needed)
        {
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, program))))
                return $"{program} is not installed (Debian: {package})";
        }

        if (DpdkInstallation.Find() is { IsFound: false } missing)
            return missing.Message;
        return Environment.IsPrivilegedProcess ? null : "this needs root: it makes a network namespace and opens packet sockets";
    }
}

using System.Globalization;
using System.Text;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// Ports of DPDK on one core, beside dpdk-testpmd on the same device: net_null, which hands out 64-byte packets and takes them as fast as it is asked. What is
/// measured is what stands around the driver: taking packets over, handing them in, and the platform's whole path.
/// </summary>
internal static class DpdkThroughput
{
    private const string Device = "net_null";
    private const string Arguments = "size=64";
    private const int FrameLength = 64;
    private const string TheirReceive = "testpmd rxonly";
    private const string TheirForward = "testpmd io";
    private const string RawReceive = "driver, rx + free";
    private const string RawForward = "driver, rx + tx";
    private const string PortReceive = "port, receive + free";
    private const string PortForward = "port, receive + transmit";
    private const string Unhashed = "one function, no hash";
    private const string Chain = "one function";
    private const string Director = "director, one function";

    private static int _number;

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">Number of rounds (default 7); the core to use (default: the last).</param>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        int[] numbers = [.. arguments.Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
        ExperimentSettings settings = new() { Rounds = numbers.ElementAtOrDefault(0) is var rounds and > 0 ? rounds : 7 };
        if (numbers.Length > 1)
            settings = settings with { Core = numbers[1] };
        if (DpdkInstallation.Find() is { IsFound: false } missing)
        {
            Console.WriteLine(missing.Message);
            return;
        }

        Eal.Start();
        using Testpmd? testpmd = Testpmd.TryStart(settings.Core, [$"{Device}0,{Arguments}"], out string problem);
        if (testpmd is null)
            Console.WriteLine($"Without testpmd: {problem}.");
        using DpdkBursts bursts = new(NewDevice(), Arguments);
        byte[] frame = GeneratorPort.CreateFrame(new GeneratorPortOptions { Sizes = FrameSizes.Fixed(FrameLength) });
        List<LoadContender> contenders =
        [
            Polled(RawReceive, bursts.RawReceive),
            Polled(PortReceive, bursts.Receive),
            Polled(RawForward, bursts.RawForward),
            Polled(PortForward, bursts.Forward),
            Whole(Unhashed, [], hash: false),
            Whole(Chain, []),
            Whole(Director, [KeyOf(frame)]),
        ];
        if (testpmd is not null)
            contenders.InsertRange(0, [Theirs(TheirReceive, "rxonly"), Theirs(TheirForward, "io")]);

        LoadSweep sweep = new([32, 64], contenders);
        await sweep.WarmUpAsync();
        await sweep.RunAsync(settings.Rounds);
        Write(settings, sweep);

        LoadContender Polled(string name, DpdkBursts.Move move) => new(name, burst => Task.FromResult(DpdkBursts.Measure(settings, move, (int)burst)));
        LoadContender Theirs(string name, string mode) => new(
            name,
            burst => Task.FromResult(new LoadFigure(1e9 / testpmd!.Measure(mode, (int)burst, settings.WarmUp, settings.Window, settings.Windows))));
        LoadContender Whole(string name, IReadOnlyList<Ipv4FlowKey> rules, bool hash = true) => new(name, burst => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
        {
            Length = 1,
            Port = static () => new DpdkPort(new DpdkPortOptions { Device = NewDevice(), Arguments = Arguments }),
            Function = static () => new ReadFirstByte(),
            Rules = rules,
            Prepare = pool => Paint(pool, frame),
            Dataplane = new DataplaneOptions { BurstSize = (int)burst, SoftwareRss = hash },
        }));
    }

    private static string NewDevice() => $"{Device}{Interlocked.Increment(ref _number)}";

    // The driver hands out buffers as they are: what is in all of them is what is received.
    private static void Paint(PacketPool pool, ReadOnlySpan<byte> frame)
    {
        PoolCache cache = pool.CreateCache();
        PacketDescriptor[] all = new PacketDescriptor[pool.Capacity];
        int count = cache.Allocate(all);
        for (int i = 0; i < count; i++)
            pool.Open(ref all[i]).TrySetData(frame);
        cache.Free(all.AsSpan(0, count));
        cache.Flush();
    }

    private static Ipv4FlowKey KeyOf(byte[] frame)
    {
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 64 });
        if (!pool.CreateCache().TryAllocate(out PacketDescriptor descriptor))
            throw new InvalidOperationException("A fresh pool is empty.");
        Packet packet = pool.Open(ref descriptor);
        return packet.TrySetData(frame) && packet.TryGetFlowKey(out Ipv4FlowKey key) ? key : throw new InvalidOperationException("The generator's frame has no IPv4 flow.");
    }

    private static void Write(ExperimentSettings settings, LoadSweep sweep)
    {
        List<ExperimentPoint> points =
        [
            .. sweep.Points("ns per packet", static (_, ns) => ns),
            .. sweep.Points("million packets/s", static (_, ns) => 1e3 / ns).Select(static point => point with { Collections = null }),
        ];
        foreach ((string theirs, string ours) in (ReadOnlySpan<(string, string)>)[(TheirReceive, RawReceive), (TheirReceive, PortReceive), (TheirForward, RawForward), (TheirForward, PortForward), (TheirForward, Unhashed), (TheirForward, Chain), (TheirForward, Director)])
            points.AddRange(sweep.Ratios(theirs, ours));

        StringBuilder text = new();
        text.Append(string.Join("; ", MachineDescription.Describe().Select(static line => $"{line.Name} {line.Value}")));
        text.Append(CultureInfo.InvariantCulture, $"\n\n{settings.Rounds} rounds, net_null with packets of {FrameLength} bytes, one core ({settings.Core}); a ratio above 1 says that ours is faster. The driver gives no RSS hash, so the platform computes one of each packet, but where it is told not to (no hash).\n\n");
        foreach (string unit in points.Select(static point => point.Unit).Distinct())
            ExperimentTables.Append(text, "burst", unit, points, []);
        ExperimentTables.AppendCollector(text, points, onePerSeries: false);
        Console.Write(text);
    }
}

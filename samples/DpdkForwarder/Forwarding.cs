using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Dpdk;
using OpenNetVM.Functions;

namespace OpenNetVM.Samples.Dpdk;

/// <summary>One run, from starting DPDK to the exit code.</summary>
internal static class Forwarding
{
    private const int Success = 0;
    private const int DpdkError = 2;
    private const int NotConserved = 3;

    public static async Task<int> RunAsync(Options options)
    {
        try
        {
            // A PCI address is the only kind of name with colons. Its card reaches the packets through the IOMMU.
            string[] cards = [.. options.Devices.Select(static device => device.Split(',')[0]).Where(static name => name.Contains(':', StringComparison.Ordinal))];
            EalOptions environment = new()
            {
                PciDevices = cards,
                IovaMode = cards.Length > 0 ? IovaMode.Virtual : IovaMode.Automatic,
                HugePages = options.NoHugePages ? HugePageMode.None : HugePageMode.Automatic,
            };
            Eal eal = Eal.Start(environment, options.Verbose ? new ConsoleLogger() : null);
            using DpdkPort left = Open(options.Devices[0]);
            using DpdkPort right = Open(options.Devices[1]);
            Console.WriteLine($"{eal.Version}: {left.Info.Name} ({left.Driver}) {(options.Bridge ? "bridged to" : "<->")} {right.Info.Name} ({right.Driver}); Ctrl-C stops");
            return await RunAsync(left, right, options);
        }
        catch (Exception error) when (error is DpdkException or ArgumentException or InvalidOperationException)
        {
            Console.Error.WriteLine(error.Message);
            return DpdkError;
        }
    }

    // As on DPDK's own command line: everything behind the first comma is the driver's.
    private static DpdkPort Open(string device)
    {
        string[] parts = device.Split(',', 2);
        return new DpdkPort(new DpdkPortOptions { Device = parts[0], Arguments = parts.Length > 1 ? parts[1] : "" });
    }

    private static NfManager Build(DpdkPort left, DpdkPort right, Options options)
    {
        NfManagerBuilder builder = new();
        builder.AddWorker("forwarder", options.Core, options.Core is null ? IdleStrategy.Adaptive : IdleStrategy.Spin);
        PortId one = builder.AddPort(left);
        PortId other = builder.AddPort(right);
        if (options.Bridge)
        {
            ServiceId bridge = builder.AddService("bridge", () => new LearningBridge(new LearningBridgeOptions { Ports = [one, other] }));
            builder.DefaultChain = ServiceChain.Through(bridge).ToDrop();
        }
        else
        {
            ServiceId pass = builder.AddService("pass on", static () => new PassOn());
            builder.DefaultChain = ServiceChain.Drop;
            builder.SetDefaultChain(one, ServiceChain.Through(pass).To(other));
            builder.SetDefaultChain(other, ServiceChain.Through(pass).To(one));
        }

        return builder.Build();
    }

    private static async Task<int> RunAsync(DpdkPort left, DpdkPort right, Options options)
    {
        using CancellationTokenSource stop = new();
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop);
        using IDisposable terminate = StopOn(PosixSignal.SIGTERM, stop);
        if (options.Seconds > 0)
            stop.CancelAfter(TimeSpan.FromSeconds(options.Seconds));

        await using NfManager manager = Build(left, right, options);
        manager.Start();
        long before = 0;
        for (int second = 1; !stop.IsCancellationRequested; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            PlatformStatistics now = manager.GetStatistics();
            Print($"{second} s: {now.Transmitted - before:N0} packets/s forwarded; dropped: {Drops(now)}");
            before = now.Transmitted;
        }

        await manager.StopAsync();
        PlatformStatistics statistics = manager.GetStatistics();
        foreach (PortReport port in statistics.Ports)
        {
            PortStatistics counters = port.Statistics;
            Print($"{port.Name}: received {counters.ReceivedPackets:N0}, lost {counters.DroppedNoBuffer + counters.DroppedOversize + counters.DroppedError:N0}, transmitted {counters.TransmittedPackets:N0}");
        }

        Print($"not sent by the devices: {left.TransmitErrors + right.TransmitErrors:N0}");
        Console.WriteLine($"dropped: {Drops(statistics)}");
        Print($"received {statistics.Received:N0} + created {statistics.Created:N0} = transmitted {statistics.Transmitted:N0} + dropped {statistics.Dropped:N0} + held {statistics.Held:N0}");
        return statistics.Unaccounted == 0 && statistics.Held == 0 ? Success : NotConserved;
    }

    private static string Drops(PlatformStatistics statistics)
    {
        string[] parts = [.. statistics.DroppedByReason.Where(static drop => drop.Value != 0).Select(static drop => string.Create(CultureInfo.InvariantCulture, $"{drop.Value:N0} {drop.Key}"))];
        return parts.Length == 0 ? "none" : string.Join(", ", parts);
    }

    // Numbers as people read them, the same under every culture.
    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        // A second Ctrl-C ends the process at once.
        context.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    });
}

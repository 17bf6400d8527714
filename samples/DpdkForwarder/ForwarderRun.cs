using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Dpdk;
using OpenNetVM.Functions;

namespace OpenNetVM.Samples;

/// <summary>One run, from the start of DPDK to the exit code.</summary>
internal static class ForwarderRun
{
    /// <summary>Everything went well; also after Ctrl-C.</summary>
    public const int Success = 0;

    /// <summary>DPDK or a device could not be started, or a port failed; the message says why.</summary>
    public const int DpdkError = 2;

    /// <summary>Packets are not accounted for: a defect of the platform.</summary>
    public const int NotConserved = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(Options options)
    {
        DeviceName[] devices = [.. options.Devices.Select(DeviceName.Of)];
        try
        {
            EalOptions eal = new()
            {
                HugePages = options.NoHuge ? HugePageMode.None : HugePageMode.Automatic,
                PciDevices = [.. devices.Where(static device => device.IsPci).Select(static device => device.Name)],
            };
            Eal started = Eal.Start(eal, new ErrorLogger());
            Console.WriteLine($"{started.Version}, {(started.UsesHugePages ? "huge pages" : "no huge pages")}");
            using DpdkPort left = Open(devices[0]);
            using DpdkPort right = Open(devices[1]);
            return await RunAsync(left, right, options);
        }
        catch (Exception error) when (error is DpdkException or ArgumentException or InvalidOperationException)
        {
            Console.Error.WriteLine(error.Message);
            return DpdkError;
        }
    }

    private static DpdkPort Open(DeviceName device) => new(new DpdkPortOptions { Device = device.Name, Arguments = device.Arguments });

    private static async Task<int> RunAsync(DpdkPort left, DpdkPort right, Options options)
    {
        using CancellationTokenSource stop = new();
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop);
        using IDisposable terminate = StopOn(PosixSignal.SIGTERM, stop);
        if (options.Seconds > 0)
            stop.CancelAfter(TimeSpan.FromSeconds(options.Seconds));

        await using NfManager manager = Build(left, right, options.Forward);
        long start = TimeProvider.System.GetTimestamp();
        manager.Start();
        Console.WriteLine($"{(options.Forward ? "forwarding" : "bridging")} {left.Info.Name} <-> {right.Info.Name}; Ctrl-C ends it");
        await ShowAsync(manager, stop.Token);
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(start);
        await manager.StopAsync();
        return Report(manager.GetStatistics(), elapsed, left, right);
    }

    private static NfManager Build(DpdkPort left, DpdkPort right, bool forward)
    {
        NfManagerBuilder builder = new();

        // A worker that finds nothing to do sleeps, so that an idle forwarder leaves the core to others.
        builder.AddWorker("worker", idle: IdleStrategy.Adaptive);
        PortId[] ports = [builder.AddPort(left), builder.AddPort(right)];
        if (forward)
        {
            ServiceId function = builder.AddService("pass", static () => new PassThrough());
            builder.DefaultChain = ServiceChain.Drop;
            builder.SetDefaultChain(ports[0], ServiceChain.Through(function).To(ports[1]));
            builder.SetDefaultChain(ports[1], ServiceChain.Through(function).To(ports[0]));
        }
        else
        {
            ServiceId bridge = builder.AddService("bridge", () => new LearningBridge(new() { Ports = ports }));
            builder.DefaultChain = ServiceChain.Through(bridge).ToDrop();
        }

        return builder.Build();
    }

    // A line a second, until somebody pressed Ctrl-C, the time is over or a port has failed.
    private static async Task ShowAsync(NfManager manager, CancellationToken stop)
    {
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp();
        long last = start;
        PlatformStatistics before = manager.GetStatistics();
        while (!stop.IsCancellationRequested && before.Ports.All(static port => port.Status.State != PortState.Failed))
        {
            await Task.Delay(Interval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            PlatformStatistics now = manager.GetStatistics();
            long taken = time.GetTimestamp();
            Rates rates = new(now, before, time.GetElapsedTime(last, taken));
            IEnumerable<string> ports = now.Ports.Select(port => $"{port.Name} in {Figures.PacketRate(rates.Received(port))}, out {Figures.PacketRate(rates.Transmitted(port))} packets/s");
            Console.WriteLine($"{Figures.Seconds(time.GetElapsedTime(start, taken))}: {string.Join("; ", ports)}; dropped: {Figures.Drops(now.DroppedByReason)}");
            (before, last) = (now, taken);
        }
    }

    private static int Report(PlatformStatistics statistics, TimeSpan elapsed, DpdkPort left, DpdkPort right)
    {
        Console.WriteLine($"ran {Figures.Seconds(elapsed)}");
        int exitCode = Success;
        foreach (DpdkPort port in new[] { left, right })
        {
            PortStatistics counters = port.GetStatistics();
            Console.WriteLine(
                $"{port.Info.Name}: in {Figures.Count(counters.ReceivedPackets, "packet")}, {Figures.Count(counters.ReceivedBytes, "byte")}; "
                + $"out {Figures.Count(counters.TransmittedPackets, "packet")}, {Figures.Count(counters.TransmittedBytes, "byte")}; "
                + $"lost: {Figures.Count(counters.DroppedNoBuffer)} without a buffer, {Figures.Count(counters.DroppedOversize)} too long, {Figures.Count(counters.DroppedError)} missed or damaged, {Figures.Count(port.TransmitErrors)} not sent");
            if (port.Status.Error is { } error)
            {
                Console.Error.WriteLine($"{port.Info.Name}: {error.Message}");
                exitCode = DpdkError;
            }
        }

        Console.WriteLine($"dropped: {Figures.Drops(statistics.DroppedByReason)}");
        Console.WriteLine(statistics.ConservationLine);
        if (statistics.Unaccounted == 0 && statistics.Held == 0)
            return exitCode;
        Console.Error.WriteLine("Packets are not accounted for; see the last line of the report.");
        return NotConserved;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        // A second Ctrl-C ends the process at once.
        context.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    });
}

using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Ports;
using OpenNetVM.OpenFlow;

namespace OpenNetVM.Samples.Sdn;

/// <summary>One run, from connecting to the exit code.</summary>
internal static class SdnRun
{
    private const int Success = 0;
    private const int StartError = 2;
    private const int NotConserved = 3;

    private static readonly TimeSpan EndCheck = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(Options options)
    {
        using CancellationTokenSource stop = new();
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop);
        using IDisposable terminate = StopOn(PosixSignal.SIGTERM, stop);
        await using Platform platform = new(options);
        try
        {
            platform.Start();
        }
        catch (SocketException error)
        {
            Console.Error.WriteLine($"{string.Join(", ", options.Endpoints)}: {error.Message}");
            return StartError;
        }

        Print($"controllers and tools: {string.Join(", ", options.Endpoints)}");
        await ShowUntilEndAsync(platform, options, stop.Token);

        // Instances are there until the platform stops; totals are exact when it has.
        SdnSwitchStatistics decided = platform.Switch.GetStatistics();
        Print($"the controller was asked {decided.PacketsIn:N0} times; {decided.Installed:N0} flows were installed; handled: {Handled(platform.Manager.GetStatistics())}");
        await platform.StopAsync();
        PlatformStatistics statistics = platform.Manager.GetStatistics();
        Print($"dropped: {Drops(statistics)}");
        Console.WriteLine(statistics.ConservationLine);
        return statistics.Unaccounted == 0 && statistics.Held == 0 ? Success : NotConserved;
    }

    // Ends when the generator has made what it should and everything was handled, when the time is over, or at Ctrl-C.
    private static async Task ShowUntilEndAsync(Platform platform, Options options, CancellationToken stop)
    {
        TimeProvider time = TimeProvider.System;
        long begin = time.GetTimestamp();
        int second = 0;
        SdnSwitchStatistics before = platform.Switch.GetStatistics();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(EndCheck, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            double elapsed = time.GetElapsedTime(begin).TotalSeconds;
            if (options.Seconds > 0 && elapsed >= options.Seconds)
                return;
            if (platform.Manager.Ports[0].Status.State == PortState.Ended && platform.Manager.PacketsUnderWay == 0 && platform.Switch.GetStatistics().HeldPackets == 0)
                return;
            if (elapsed < second + 1)
                continue;
            SdnSwitchStatistics now = platform.Switch.GetStatistics();
            Print($"{++second} s: controller {(now.IsControlled ? "connected" : "away")}, {now.Rules:N0} rules, {now.Flows:N0} flows known; {now.Missed - before.Missed:N0} packets of unknown flows; handled: {Handled(platform.Manager.GetStatistics())}");
            before = now;
        }
    }

    private static string Handled(PlatformStatistics statistics) => string.Join(", ", statistics.Instances
        .Select(static instance => string.Create(CultureInfo.InvariantCulture, $"{instance.ServiceName} {instance.Id.Value} {instance.Handled:N0}")));

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

using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Samples.Isolation;

/// <summary>One run, from starting the function to the exit code.</summary>
internal static class IsolationRun
{
    private const int Success = 0;
    private const int StartError = 2;
    private const int NotConserved = 3;

    private static readonly TimeSpan EndCheck = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(Options options)
    {
        string folder = Directory.CreateTempSubdirectory("opennetvm-").FullName;
        try
        {
            if (options.Isolation != Isolation.Threads && !File.Exists(options.Program))
                throw new IOException($"There is no {options.Program}. Start this sample by ./build.sh run, which builds it; or: dotnet publish samples/FlowPolicer -r linux-x64 -o FOLDER, and --program FOLDER/FlowPolicer.");
            using Container? container = options.Isolation == Isolation.Container ? new Container(options.Program) : null;
            return await RunAsync(options, folder, container);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or TimeoutException)
        {
            Console.Error.WriteLine(error.Message);
            if (options.Isolation == Isolation.Container)
                Console.Error.WriteLine("Containers are started by root, with podman and runc (on Debian: apt-get install podman runc), and a C compiler links the native program.");
            return StartError;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(Options options, string folder, Container? container)
    {
        using CancellationTokenSource stop = new();
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop);
        using IDisposable terminate = StopOn(PosixSignal.SIGTERM, stop);

        await using NfManager manager = Platform.Build(options, folder, container);
        manager.InstanceFaulted += Report;
        long begin = TimeProvider.System.GetTimestamp();
        manager.Start();
        Print($"manager: process {Environment.ProcessId}; policers ready after {TimeProvider.System.GetElapsedTime(begin).TotalMilliseconds:0} ms: {Names(manager.GetStatistics())}");

        await ShowUntilEndAsync(manager, options, stop.Token);

        // Instances are there until the platform stops; totals are exact when it has.
        foreach (InstanceReport instance in manager.GetStatistics().Instances)
            Print($"{Name(instance)}: handled {instance.Handled:N0} packets");
        await manager.StopAsync();
        PlatformStatistics statistics = manager.GetStatistics();
        Console.WriteLine($"dropped: {Drops(statistics)}");
        Console.WriteLine(statistics.ConservationLine);
        return statistics.Unaccounted == 0 && statistics.Held == 0 ? Success : NotConserved;
    }

    // Ends when the generator has made what it should and everything was handled, when the time is over, or at Ctrl-C.
    private static async Task ShowUntilEndAsync(NfManager manager, Options options, CancellationToken stop)
    {
        TimeProvider time = TimeProvider.System;
        long begin = time.GetTimestamp();
        int second = 0;
        long before = 0;
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(EndCheck, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            double elapsed = time.GetElapsedTime(begin).TotalSeconds;
            if (options.Seconds > 0 && elapsed >= options.Seconds)
                return;
            if (manager.Ports[0].Status.State == PortState.Ended && manager.PacketsUnderWay == 0)
                return;
            if (elapsed < second + 1)
                continue;
            PlatformStatistics now = manager.GetStatistics();
            Print($"{++second} s: {now.Received - before:N0} packets/s through {Names(now)}; dropped: {Drops(now)}");
            before = now.Received;
        }
    }

    private static void Report(NfFault fault) =>
        Console.Error.WriteLine($"{fault.Instance}: {fault.Exception.Message} {(fault.RestartsAt is null ? "It is not started again." : "Another one is started.")}");

    private static string Names(PlatformStatistics statistics) => string.Join(", ", statistics.Instances.Select(Name));

    private static string Name(InstanceReport instance) =>
        string.Create(CultureInfo.InvariantCulture, $"{instance.Id} ({(instance.ProcessId is { } process ? $"process {process}" : $"thread \"{instance.Worker}\"")})");

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

using System.Runtime.InteropServices;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Samples.Functions;

namespace OpenNetVM.Samples;

/// <summary>One run, from opening the ports to the exit code.</summary>
internal static class ChainRun
{
    /// <summary>Everything went well; also after Ctrl-C, which is how a run without an end is ended.</summary>
    public const int Success = 0;

    /// <summary>A file could not be read or written to its end.</summary>
    public const int FileError = 2;

    /// <summary>Packets are not accounted for: a defect of the platform.</summary>
    public const int NotConserved = 3;

    private static readonly TimeSpan EndCheck = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(Options options)
    {
        try
        {
            using IPort source = Platform.OpenSource(options);
            using IPort sink = Platform.OpenSink(options);
            return await RunAsync(source, sink, options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CaptureFormatException)
        {
            Console.Error.WriteLine(error.Message);
            return FileError;
        }
    }

    private static async Task<int> RunAsync(IPort source, IPort sink, Options options)
    {
        using CancellationTokenSource stop = new();
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop);
        using IDisposable terminate = StopOn(PosixSignal.SIGTERM, stop);

        MonitorReport monitored = new();
        await using NfManager manager = Platform.Build(source, sink, options, monitored);
        long start = TimeProvider.System.GetTimestamp();
        manager.Start();
        Task finished = WaitForEndAsync(manager, source, sink, options, stop.Token);
        await Dashboard.ForThisConsole().ShowAsync(manager, finished);
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(start);

        // Instances are there until the platform stops; totals are exact when it has.
        PlatformStatistics running = manager.GetStatistics();
        await manager.StopAsync();
        PlatformStatistics statistics = manager.GetStatistics();
        Report.Print(statistics, running, elapsed, source, monitored, options);
        return ExitCode(statistics, source, sink);
    }

    // Ends when the source has no more, a port has failed, the time is over or somebody pressed Ctrl-C.
    private static async Task WaitForEndAsync(NfManager manager, IPort source, IPort sink, Options options, CancellationToken stop)
    {
        TimeSpan limit = options.Seconds > 0 ? TimeSpan.FromSeconds(options.Seconds) : TimeSpan.MaxValue;
        long start = TimeProvider.System.GetTimestamp();
        while (!stop.IsCancellationRequested && TimeProvider.System.GetElapsedTime(start) < limit)
        {
            bool hasEnded = source.Status.State is PortState.Ended or PortState.Failed && manager.PacketsUnderWay == 0;
            if (hasEnded || sink.Status.State == PortState.Failed)
                return;
            await Task.Delay(EndCheck, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static int ExitCode(PlatformStatistics statistics, IPort source, IPort sink)
    {
        if (statistics.Unaccounted != 0 || statistics.Held != 0)
        {
            Console.Error.WriteLine("Packets are not accounted for; see the last line of the report.");
            return NotConserved;
        }

        int exitCode = Success;
        foreach (IPort port in new[] { source, sink })
        {
            if (port.Status.Error is { } error)
            {
                Console.Error.WriteLine($"{port.Info.Name}: {error.Message}");
                exitCode = FileError;
            }
        }

        return exitCode;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        // A second Ctrl-C ends the process at once.
        context.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    });
}

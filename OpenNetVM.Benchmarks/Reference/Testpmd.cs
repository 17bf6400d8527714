using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>DPDK's own forwarder, dpdk-testpmd, in a process of its own that is told what to do, and that rests between two measurements.</summary>
internal sealed partial class Testpmd : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static int _number;

    private readonly Process _process;
    private readonly CancellationTokenSource _tooLong = new();

    private Testpmd(Process process) => _process = process;

    /// <summary>Starts it. Null where it is not installed.</summary>
    /// <param name="core">The core that moves packets; another one, if there is any, reads the commands.</param>
    /// <param name="device">Name and arguments of the device.</param>
    /// <param name="problem">Why there is none.</param>
    internal static Testpmd? TryStart(int core, string device, out string problem)
    {
        int reader = core == 0 ? Environment.ProcessorCount - 1 : 0;
        if (reader == core)
        {
            problem = "dpdk-testpmd needs two cores";
            return null;
        }

        string prefix = $"testpmd{Environment.ProcessId}x{Interlocked.Increment(ref _number)}";
        string[] arguments =
        [
            "-oL", "dpdk-testpmd", "--lcores", $"0@{reader},1@{core}", "--main-lcore", "0", "--no-pci", "--no-telemetry", "--in-memory", "--log-level=*:error", "--file-prefix", prefix, "--vdev", device,
            "--", "-i", "--total-num-mbufs=65536", "--mbcache=512",
        ];

        // Into a pipe it would write in blocks, long after it was asked.
        ProcessStartInfo start = new("stdbuf", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            problem = "";
            Testpmd started = new(Process.Start(start)!);
            started.NextRate();
            return started;
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or InvalidOperationException)
        {
            problem = $"dpdk-testpmd cannot be started: {fault.Message}";
            return null;
        }
    }

    /// <summary>Lets packets run, and takes the rate of the best of several windows.</summary>
    /// <param name="mode">"io" or "rxonly".</param>
    /// <param name="burst">Packets at a time.</param>
    /// <param name="warmUp">Time before the first window.</param>
    /// <param name="window">Length of a window.</param>
    /// <param name="windows">How many.</param>
    /// <returns>Received packets per second.</returns>
    /// <exception cref="InvalidOperationException">It ended, or does not answer.</exception>
    internal double Measure(string mode, int burst, TimeSpan warmUp, TimeSpan window, int windows)
    {
        Tell($"set fwd {mode}");
        Tell(string.Create(CultureInfo.InvariantCulture, $"set burst {burst}"));
        Tell("start");
        Thread.Sleep(warmUp);
        NextRate();
        double best = 0;
        for (int i = 0; i < windows; i++)
        {
            Thread.Sleep(window);
            best = Math.Max(best, NextRate());
        }

        Tell("stop");

        // Its core rests when this is answered.
        NextRate();
        return best;
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        try
        {
            Tell("quit");
            if (!_process.WaitForExit(Limit))
                _process.Kill();
        }
        catch (IOException)
        {
            // It ended before.
        }

        _process.Dispose();
        _tooLong.Dispose();
    }

    [GeneratedRegex(@"Rx-pps:\s+(\d+)")]
    private static partial Regex RateLine();

    private void Tell(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
    }

    // Packets per second since the last time.
    private double NextRate()
    {
        Tell("show port stats 0");
        _tooLong.CancelAfter(Limit);
        while (_process.StandardOutput.ReadLineAsync(_tooLong.Token).AsTask().GetAwaiter().GetResult() is { } line)
        {
            if (RateLine().Match(line) is { Success: true } match)
                return double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException("dpdk-testpmd ended.");
    }
}

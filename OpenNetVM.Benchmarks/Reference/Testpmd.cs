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
    private readonly int _ports;
    private readonly CancellationTokenSource _tooLong = new();

    private Testpmd(Process process, int ports) => (_process, _ports) = (process, ports);

    /// <summary>Starts it. Null where it is not installed.</summary>
    /// <param name="core">The core that moves packets; another one, if there is any, reads the commands.</param>
    /// <param name="devices">Names and arguments of the devices: one, which gets what it sent, or two, each of which sends what the other received.</param>
    /// <param name="problem">Why there is none.</param>
    internal static Testpmd? TryStart(int core, IReadOnlyList<string> devices, out string problem)
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
            "-oL", "dpdk-testpmd", "--lcores", $"0@{reader},1@{core}", "--main-lcore", "0", "--no-pci", "--no-telemetry", "--in-memory", "--log-level=*:error", "--file-prefix", prefix,
            .. devices.SelectMany(static device => (string[])["--vdev", device]),
            "--", "-i", "--total-num-mbufs=65536", "--mbcache=512",
        ];

        // Into a pipe it would write in blocks, long after it was asked.
        ProcessStartInfo start = new("stdbuf", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            problem = "";
            Testpmd started = new(Process.Start(start)!, devices.Count);
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
    /// <param name="firstBursts">Bursts that it makes and sends at each port before it forwards; 0 for none.</param>
    /// <returns>Received packets per second.</returns>
    /// <exception cref="InvalidOperationException">It ended, or does not answer.</exception>
    internal double Measure(string mode, int burst, TimeSpan warmUp, TimeSpan window, int windows, int firstBursts = 0)
    {
        Tell($"set fwd {mode}");
        Tell(string.Create(CultureInfo.InvariantCulture, $"set burst {burst}"));
        Tell(firstBursts == 0 ? "start" : string.Create(CultureInfo.InvariantCulture, $"start tx_first {firstBursts}"));
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

    // Packets per second since the last time, at all ports together.
    private double NextRate()
    {
        Tell("show port stats all");
        _tooLong.CancelAfter(Limit);
        double rate = 0;
        int ports = 0;
        while (_process.StandardOutput.ReadLineAsync(_tooLong.Token).AsTask().GetAwaiter().GetResult() is { } line)
        {
            if (RateLine().Match(line) is not { Success: true } match)
                continue;
            rate += double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            if (++ports == _ports)
                return rate;
        }

        throw new InvalidOperationException("dpdk-testpmd ended.");
    }
}

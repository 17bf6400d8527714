using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using Spectre.Console;

namespace OpenNetVM.Samples;

/// <summary>Shows the counters of a running platform: as a table in a terminal, as a line now and then anywhere else.</summary>
internal abstract class Dashboard
{
    private protected Dashboard()
    {
    }

    protected abstract TimeSpan Interval { get; }

    public static Dashboard ForThisConsole() =>
        !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities is { Ansi: true, Interactive: true } ? new LiveDashboard() : new LineDashboard();

    /// <summary>Shows the platform until <paramref name="finished"/> has ended.</summary>
    public abstract Task ShowAsync(NfManager manager, Task finished);

    /// <summary>Calls <paramref name="show"/> with counters and the time since the start, again and again until <paramref name="finished"/> has ended.</summary>
    protected async Task RepeatAsync(NfManager manager, Task finished, Action<Rates, TimeSpan> show)
    {
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp();
        long last = start;
        PlatformStatistics? before = null;
        while (await Task.WhenAny(finished, Task.Delay(Interval)) != finished)
        {
            PlatformStatistics now = manager.GetStatistics();
            long taken = time.GetTimestamp();
            show(new Rates(now, before, time.GetElapsedTime(last, taken)), time.GetElapsedTime(start, taken));
            (before, last) = (now, taken);
        }
    }
}

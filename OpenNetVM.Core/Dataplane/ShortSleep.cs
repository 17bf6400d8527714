using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Dataplane;

/// <summary>Sleeps of the calling thread that are shorter than the runtime's, which are whole milliseconds.</summary>
/// <remarks>clock_nanosleep(2), prctl(2). Elsewhere than on Linux they last a millisecond, or what the system makes of it.</remarks>
internal static partial class ShortSleep
{
    private const int MonotonicClock = 1;
    private const int SetTimerSlack = 29;

    /// <summary>Has the calling thread's sleeps end on time: the system may end them 50 us later otherwise, to end several at once.</summary>
    public static void BeOnTime()
    {
        if (OperatingSystem.IsLinux())
            _ = Control(SetTimerSlack, 1, 0, 0, 0);
    }

    /// <summary>Sleeps. A signal may end it early.</summary>
    /// <param name="microseconds">Less than a second.</param>
    public static void Sleep(int microseconds)
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep(1);
            return;
        }

        TimeSpec time = new() { Nanoseconds = 1_000 * microseconds };
        _ = NanoSleep(MonotonicClock, 0, in time, 0);
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int NanoSleep(int clock, int flags, in TimeSpec time, nint remaining);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument, nuint third, nuint fourth, nuint fifth);

    // As 64-bit systems have it.
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

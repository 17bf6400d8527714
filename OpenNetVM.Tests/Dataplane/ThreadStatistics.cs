using System.Globalization;

namespace OpenNetVM.Tests.Dataplane;

/// <summary>What Linux says about the calling thread.</summary>
internal static class ThreadStatistics
{
    /// <summary>Processor time that the calling thread has used; skips the test where it is not to be had.</summary>
    public static TimeSpan CpuTime()
    {
        // Nanoseconds on the processor, nanoseconds waiting for one, number of turns.
        string[] fields = Read("/proc/thread-self/schedstat").Split(' ');
        return TimeSpan.FromMicroseconds(long.Parse(fields[0], CultureInfo.InvariantCulture) / 1_000.0);
    }

    /// <summary>The core that the calling thread runs on now.</summary>
    public static int Core()
    {
        // Field 39 of proc_pid_stat(5); the name in field 2 may contain spaces, so counting starts behind it.
        string text = Read("/proc/thread-self/stat");
        return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[36], CultureInfo.InvariantCulture);
    }

    private static string Read(string path)
    {
        if (!File.Exists(path))
            Assert.Skip($"needs {path}, which this system does not have");
        return File.ReadAllText(path);
    }
}

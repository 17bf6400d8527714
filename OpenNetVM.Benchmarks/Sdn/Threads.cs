using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>What threads of a measurement need of the system.</summary>
internal static partial class Threads
{
    /// <summary>Gives the processor away for so long, and what the system adds.</summary>
    internal static void Sleep(uint microseconds) => _ = USleep(microseconds);

    /// <summary>
    /// Binds the threads there are to a core, as a process is bound that was started by taskset; workers go to the cores that they are told. The runtime binds threads that come later as it does
    /// the main thread: those of the thread pool, of the sockets and of the compiler.
    /// </summary>
    internal static void PinAll(int core)
    {
        ulong mask = 1UL << core;
        foreach (string thread in Directory.GetDirectories("/proc/self/task"))
            _ = SetAffinity(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), sizeof(ulong), mask);
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int USleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int threadId, nuint size, in ulong mask);
}

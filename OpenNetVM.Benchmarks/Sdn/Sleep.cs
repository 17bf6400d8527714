using System.Runtime.InteropServices;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>Sleeps shorter than a millisecond.</summary>
internal static partial class Sleep
{
    /// <summary>Gives the processor away for so long, and what the system adds.</summary>
    internal static void Microseconds(uint microseconds) => _ = USleep(microseconds);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int USleep(uint microseconds);
}

using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenNetVM.Core.Dataplane;

/// <summary>Safe to call from any thread: which processor cores threads of this process may run on, and pinning a thread to one (Linux).</summary>
/// <remarks>sched_setaffinity(2), sched_getaffinity(2). Cores have the kernel's numbers, as in /proc/cpuinfo and taskset.</remarks>
public static partial class CoreAffinity
{
    // 8,192 cores: the most that Linux can be configured for (CONFIG_NR_CPUS with MAXSMP).
    private const int MaskWords = 128;

    /// <summary>True where threads can be pinned: on Linux.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>
    /// The cores that this process was given (by taskset, a container's cpuset or the whole machine), ascending: those that its
    /// main thread may run on. Elsewhere than on Linux, 0 to the number of processors less one.
    /// </summary>
    public static IReadOnlyList<int> AvailableCores =>
        IsSupported ? Read(Environment.ProcessId) : [.. Enumerable.Range(0, Environment.ProcessorCount)];

    /// <summary>The cores that the calling thread may run on, ascending: a single one if it is pinned.</summary>
    public static IReadOnlyList<int> CoresOfCurrentThread => IsSupported ? Read(0) : AvailableCores;

    /// <summary>Binds the calling thread to one core, until it ends or is bound to another.</summary>
    /// <param name="core">One of <see cref="AvailableCores"/>, or another that the system lets this process have: isolated (isolcpus=), or left out by taskset.</param>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The system has no such core for this process.</exception>
    public static void PinCurrentThread(int core)
    {
        ThrowIfUnsupported(core);
        if (!TryPin(core))
            throw Unavailable(core, nameof(core));
    }

    /// <summary>Checks a core before a thread is started for it.</summary>
    internal static void ThrowIfUnavailable(int core, string parameter)
    {
        ThrowIfUnsupported(core);
        if (!IsPinnable(core))
            throw Unavailable(core, parameter);
    }

    /// <summary>Whether a thread of this process can be pinned to the core.</summary>
    internal static bool IsPinnable(int core)
    {
        // The cores of the process do not tell: isolated ones are not among them, and only the system knows which others it would give. So it is asked, and this thread goes back.
        Span<ulong> mine = stackalloc ulong[MaskWords];
        Read(0, mine);
        if (!TryPin(core))
            return false;
        return TrySet(mine);
    }

    private static void ThrowIfUnsupported(int core)
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException($"A thread can be pinned to a core (here {core}) on Linux only; this system is {RuntimeInformation.OSDescription}. Leave the core unset to run without pinning.");
    }

    private static ArgumentOutOfRangeException Unavailable(int core, string parameter) =>
        new(parameter, core, $"This process cannot use core {core}; it may use {string.Join(", ", AvailableCores)}. Choose one of those, or leave the core unset.");

    private static bool TryPin(int core)
    {
        if (core is < 0 or >= MaskWords * 64)
            return false;
        Span<ulong> mask = stackalloc ulong[MaskWords];
        mask.Clear();
        mask[core / 64] = 1UL << (core % 64);
        return TrySet(mask);
    }

    private static unsafe bool TrySet(ReadOnlySpan<ulong> mask)
    {
        fixed (ulong* words = mask)
        {
            return SetAffinity(0, MaskWords * sizeof(ulong), words) == 0;
        }
    }

    private static unsafe void Read(int threadId, Span<ulong> mask)
    {
        mask.Clear();
        int result;
        fixed (ulong* words = mask)
        {
            result = GetAffinity(threadId, MaskWords * sizeof(ulong), words);
        }

        if (result < 0)
            throw new InvalidOperationException($"sched_getaffinity for thread {threadId} failed with errno {Marshal.GetLastPInvokeError()} ({Marshal.GetLastPInvokeErrorMessage()}).");
    }

    private static List<int> Read(int threadId)
    {
        Span<ulong> mask = stackalloc ulong[MaskWords];
        Read(threadId, mask);
        List<int> cores = [];
        for (int core = 0; core < MaskWords * 64; core++)
        {
            if ((mask[core / 64] >> (core % 64) & 1) != 0)
                cores.Add(core);
        }

        return cores;
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static unsafe partial int SetAffinity(int threadId, nuint size, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static unsafe partial int GetAffinity(int threadId, nuint size, ulong* mask);
}

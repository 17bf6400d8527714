namespace OpenNetVM.Tests.Support;

/// <summary>Tells what code allocates from what the runtime allocates beside it.</summary>
internal static class Allocations
{
    private const int QuietWindows = 3;
    private const int MostWindows = 20;

    /// <summary>Runs a window of work again and again, and asserts that it comes to allocate nothing at all, three times in a row.</summary>
    /// <remarks>
    /// A single window after a warm-up is not enough. A thread allocates from a buffer of some kilobytes; when a garbage collection that other threads brought about
    /// takes it away, the rest of it may be counted as allocated by the thread, which did nothing. A thread that allocates nothing has no buffer after that, so
    /// this happens once. What the code itself allocates comes back in every window, or, where something grows, in one of any few.
    /// </remarks>
    /// <param name="window">The work; many calls of what is tested.</param>
    /// <param name="allocated">Bytes allocated so far; null for those of the calling thread.</param>
    public static void AssertSettleAtNone(Action window, Func<long>? allocated = null)
    {
        allocated ??= GC.GetAllocatedBytesForCurrentThread;
        List<long> windows = new(MostWindows);
        int quiet = 0;
        while (quiet < QuietWindows && windows.Count < MostWindows)
        {
            long before = allocated();
            window();
            long bytes = allocated() - before;
            quiet = bytes == 0 ? quiet + 1 : 0;
            windows.Add(bytes);
        }

        Assert.True(quiet == QuietWindows, $"bytes allocated in one window after the other: {string.Join(", ", windows)}");
    }
}

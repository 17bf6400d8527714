using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Dataplane;

namespace OpenNetVM.Tests.Processes.Interop;

public sealed unsafe class FutexTests
{
    private const int RegionLength = 4_096;

    [Fact]
    public void A_sleeper_in_another_process_is_woken_through_shared_memory()
    {
        ProcessSkips.UnlessLinux();
        using var region = MemoryRegion.Allocate(RegionLength, new MemoryRegionOptions { Shared = true });
        using var child = new LivingScenario(SleepUntilToldOnce, $"/proc/{Environment.ProcessId}/fd/{region.SharedHandle!.DangerousGetHandle()}");
        Assert.Equal("mapped", child.ReadLine());
        uint* word = (uint*)region.Address;
        // A wake that finds a sleeper while the word has not changed: the child really sleeps, in the kernel, at the same word.
        Workers.Until(() => Futex.Wake(word, 1) == 1, "the other process sleeps");
        Volatile.Write(ref *word, 1);
        Futex.Wake(word, int.MaxValue);
        Assert.Equal("saw 1", child.End());
        Assert.Equal(2u, Volatile.Read(ref *word));
    }

    [Fact]
    public void A_wait_for_what_has_changed_already_does_not_sleep()
    {
        ProcessSkips.UnlessLinux();
        using var region = MemoryRegion.Allocate(RegionLength);
        *(uint*)region.Address = 5;
        Futex.Wait((uint*)region.Address, 4, milliseconds: -1);
    }

    [Fact]
    public void A_wait_ends_with_its_time_and_a_wake_without_sleepers_wakes_none()
    {
        ProcessSkips.UnlessLinux();
        using var region = MemoryRegion.Allocate(RegionLength);
        Futex.Wait((uint*)region.Address, 0, milliseconds: 1);
        Futex.Wait((uint*)region.Address, 0, milliseconds: 0);
        Assert.Equal(0, Futex.Wake((uint*)region.Address, int.MaxValue));
    }

    [Fact]
    public void A_word_that_is_not_on_a_multiple_of_four_bytes_is_refused()
    {
        ProcessSkips.UnlessLinux();
        using var region = MemoryRegion.Allocate(RegionLength);
        Assert.Throws<InvalidOperationException>(() => Futex.Wait((uint*)(region.Address + 1), 0, 0));
        Assert.Throws<InvalidOperationException>(() => Futex.Wake((uint*)(region.Address + 2), 1));
    }

    private static string SleepUntilToldOnce(string[] arguments)
    {
        using SafeFileHandle handle = File.OpenHandle(arguments[0], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var region = MemoryRegion.Attach(handle, RegionLength);
        Console.WriteLine("mapped");
        uint* word = (uint*)region.Address;
        uint seen;
        while ((seen = Volatile.Read(ref *word)) == 0)
            Futex.Wait(word, 0, milliseconds: -1);
        Volatile.Write(ref *word, 2);
        return $"saw {seen}";
    }
}

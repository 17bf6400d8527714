using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Tests.Processes.Interop;

public sealed unsafe class EventFdTests
{
    private const int SetStatusFlags = 4;

    [Fact]
    public void Rings_add_up_until_the_bell_is_drained()
    {
        ProcessSkips.UnlessLinux();
        using var bell = EventFd.Create();
        Assert.Equal(0u, bell.Drain());
        for (int i = 0; i < 5; i++)
            bell.Ring();
        Assert.Equal(5u, bell.Drain());
        Assert.Equal(0u, bell.Drain());
    }

    [Fact]
    public void A_full_counter_makes_a_ring_neither_wait_nor_fail()
    {
        ProcessSkips.UnlessLinux();
        using var bell = EventFd.Create();
        // The most that an eventfd holds (eventfd(2)).
        ulong almost = ulong.MaxValue - 1;
        Assert.Equal(sizeof(ulong), LinuxNative.write(bell, &almost, sizeof(ulong)));
        bell.Ring();
        Assert.Equal(almost, bell.Drain());
    }

    [Fact]
    public void Draining_does_not_wait_although_the_other_side_made_the_bell_blocking()
    {
        ProcessSkips.UnlessLinux();
        using var bell = EventFd.Create();
        MakeBlocking(bell);
        Assert.Equal(0u, bell.Drain());
        bell.Ring();
        Assert.Equal(1u, bell.Drain());
        Assert.Equal(0u, bell.Drain());
    }

    [Fact]
    public void A_bell_made_of_a_handle_owns_it()
    {
        ProcessSkips.UnlessLinux();
        var first = EventFd.Create();
        var handle = new SafeFileHandle(first.DangerousGetHandle(), ownsHandle: true);
        first.SetHandleAsInvalid();
        using var bell = EventFd.FromHandle(handle);
        Assert.True(handle.IsClosed);
        bell.Ring();
        Assert.Equal(1u, bell.Drain());
        Assert.Throws<ArgumentException>(() => EventFd.FromHandle(handle));
        bell.Dispose();
        Assert.Throws<ObjectDisposedException>(bell.Ring);
        Assert.Throws<ObjectDisposedException>(() => bell.Drain());
    }

    /// <summary>What any holder of a duplicate can do: the mode is a property of the open file.</summary>
    internal static void MakeBlocking(EventFd bell)
    {
        using var handle = new SafeFileHandle(bell.DangerousGetHandle(), ownsHandle: false);
        Assert.Equal(0, MemoryRegionNative.fcntl(handle, SetStatusFlags, 0));
    }
}

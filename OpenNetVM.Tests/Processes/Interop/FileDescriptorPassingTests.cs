using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Interop;

public sealed class FileDescriptorPassingTests
{
    private readonly CancellationToken _stop = Patience.Start();

    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    [Fact]
    public void Handles_arrive_with_the_bytes_and_name_the_same_memory()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        using var region = MemoryRegion.Allocate(8_192, new MemoryRegionOptions { Shared = true });
        using var bell = EventFd.Create();
        FileDescriptorPassing.Send(pair.First, "hello"u8, [region.SharedHandle!, bell]);

        var handles = new SafeFileHandle?[3];
        byte[] bytes = new byte[16];
        Assert.Equal(5, FileDescriptorPassing.Receive(pair.Second, bytes, handles, out int count));
        Assert.Equal("hello"u8, bytes.AsSpan(0, 5));
        Assert.Equal(2, count);
        Assert.Null(handles[2]);
        using var attached = MemoryRegion.Attach(handles[0]!, 8_192);
        region.Slice(8_191, 1)[0] = 77;
        Assert.Equal(77, attached.Slice(8_191, 1)[0]);
        using var sameBell = EventFd.FromHandle(handles[1]!);
        sameBell.Ring();
        Assert.Equal(1u, bell.Drain());
        handles[0]!.Dispose();
    }

    [Fact]
    public void What_is_sent_stays_open_here_and_what_is_received_is_closed_when_a_program_is_executed()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        using var bell = EventFd.Create();
        FileDescriptorPassing.Send(pair.First, [1], [bell]);
        Assert.False(bell.IsClosed);
        var handles = new SafeFileHandle?[1];
        FileDescriptorPassing.Receive(pair.Second, new byte[1], handles, out _);
        Assert.Equal(CloseOnExec, MemoryRegionNative.fcntl(handles[0]!, GetDescriptorFlags, 0) & CloseOnExec);
        bell.Ring();
        handles[0]!.Dispose();
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 3)]
    [InlineData(16, 2)]
    [InlineData(1, 0)]
    public void More_handles_than_expected_are_refused_and_none_stays_open(int sent, int expected)
    {
        ProcessSkips.UnlessLinux();
        // In a process of its own: other tests open files meanwhile.
        Assert.Equal("0 more files open", ChildScenario.Run(SendTooMany, $"{sent}", $"{expected}").Result);
    }

    [Fact]
    public void Handles_sent_to_a_reader_that_expects_bytes_alone_are_closed()
    {
        ProcessSkips.UnlessLinux();
        Assert.Equal("0 more files open", ChildScenario.Run(SendToPlainReader).Result);
    }

    [Fact]
    public async Task A_large_message_arrives_whole_although_the_reader_is_slower_than_the_writer()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        using var bell = EventFd.Create();
        byte[] sent = new byte[3 << 20];
        new Random(5).NextBytes(sent);
        Task sending = Task.Run(() => FileDescriptorPassing.Send(pair.First, sent, [bell]), _stop);
        byte[] received = new byte[sent.Length];
        var handles = new SafeFileHandle?[1];
        int length = FileDescriptorPassing.Receive(pair.Second, received, handles, out int count);
        Assert.Equal(1, count);
        handles[0]!.Dispose();
        while (length < received.Length)
        {
            int more = FileDescriptorPassing.Receive(pair.Second, received.AsSpan(length, Math.Min(50_000, received.Length - length)), handles, out count);
            Assert.Equal(0, count);
            Assert.NotEqual(0, more);
            length += more;
        }

        await sending;
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_socket_that_was_used_asynchronously_still_waits()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        // From here on .NET has both in non-blocking mode.
        ValueTask<int> first = pair.Second.ReceiveAsync(new byte[1].AsMemory(), SocketFlags.None, _stop);
        await pair.First.SendAsync(new byte[1].AsMemory(), SocketFlags.None, _stop);
        await first;
        Assert.Throws<TimeoutException>(() => FileDescriptorPassing.Receive(pair.Second, new byte[1], [], out _, timeoutMilliseconds: 20));
        Task<int> waiting = Task.Run(() => FileDescriptorPassing.Receive(pair.Second, new byte[8], [], out _), _stop);
        FileDescriptorPassing.Send(pair.First, [1, 2, 3], []);
        Assert.Equal(3, await waiting);
    }

    [Fact]
    public void A_reader_that_does_not_read_is_not_waited_for_longer_than_said()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        Assert.Throws<TimeoutException>(() => FileDescriptorPassing.Send(pair.First, new byte[8 << 20], [], timeoutMilliseconds: 20));
    }

    [Fact]
    public void The_end_of_the_connection_is_zero_bytes_for_a_reader_and_an_exception_for_a_writer()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        pair.First.Dispose();
        Assert.Equal(0, FileDescriptorPassing.Receive(pair.Second, new byte[4], [], out int count));
        Assert.Equal(0, count);
        Assert.Throws<IOException>(() => FileDescriptorPassing.Send(pair.Second, [1], []));
    }

    [Fact]
    public void Nonsense_is_refused_before_anything_is_sent()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        using var bell = EventFd.Create();
        Assert.Throws<ArgumentException>(() => FileDescriptorPassing.Send(pair.First, [], [bell]));
        SafeHandle[] many = [.. Enumerable.Repeat<SafeHandle>(bell, FileDescriptorPassing.MaxHandles + 1)];
        Assert.Throws<ArgumentException>(() => FileDescriptorPassing.Send(pair.First, [1], many));
        Assert.Throws<ArgumentException>(() => FileDescriptorPassing.Receive(pair.First, [], [], out _));
        var closed = EventFd.Create();
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => FileDescriptorPassing.Send(pair.First, [1], [bell, closed]));
        Assert.Equal(0, pair.Second.Available);
    }

    private static string SendTooMany(string[] arguments)
    {
        int sent = int.Parse(arguments[0]);
        using var pair = new SocketPair();
        using var bell = EventFd.Create();
        var handles = new SafeFileHandle?[int.Parse(arguments[1])];
        return MoreFilesAfter(() =>
        {
            FileDescriptorPassing.Send(pair.First, [1], [.. Enumerable.Repeat<SafeHandle>(bell, sent)]);
            Assert.Throws<InvalidDataException>(() => FileDescriptorPassing.Receive(pair.Second, new byte[1], handles, out _));
            Assert.All(handles, Assert.Null);
        });
    }

    private static string SendToPlainReader(string[] arguments)
    {
        using var pair = new SocketPair();
        using var bell = EventFd.Create();
        return MoreFilesAfter(() =>
        {
            FileDescriptorPassing.Send(pair.First, [1, 2], [bell, bell]);
            Assert.Equal(2, pair.Second.Receive(new byte[2]));
        });
    }

    /// <summary>How many files stay open after an action was repeated. The runtime opens some of its own at the first time.</summary>
    private static string MoreFilesAfter(Action action)
    {
        action();
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < 50; i++)
            action();
        return $"{Directory.GetFiles("/proc/self/fd").Length - before} more files open";
    }
}

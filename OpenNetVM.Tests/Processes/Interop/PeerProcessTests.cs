using System.Diagnostics;
using System.Net.Sockets;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Interop;

public sealed class PeerProcessTests
{
    [Fact]
    public void The_credentials_of_the_other_side_are_those_of_its_process()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        Assert.Equal(Environment.ProcessId, PeerCredentials.Of(pair.First).ProcessId);
        Assert.Equal(LinuxNative.geteuid(), PeerCredentials.Of(pair.First).UserId);
        Assert.Equal(PeerCredentials.Of(pair.First), PeerCredentials.Of(pair.Second));
    }

    [Fact]
    public void The_process_at_the_other_end_is_killed()
    {
        ProcessSkips.UnlessLinux();
        using var listening = new Listening();
        using var child = new LivingScenario(ConnectAndWait, listening.Path);
        using Socket socket = listening.Socket.Accept();
        Assert.Equal(child.ProcessId, PeerCredentials.Of(socket).ProcessId);
        Assert.True(PeerProcess.TryKill(socket, out string? error), error);
        // The kernel closes what a dead process had open.
        Assert.Equal(0, socket.Receive(new byte[1]));
        Assert.ThrowsAny<Exception>(() => child.End());
        Assert.True(PeerProcess.TryKill(socket, out _));
    }

    [Fact]
    public void A_process_that_has_ended_and_left_its_socket_to_another_is_nobody_to_kill()
    {
        ProcessSkips.UnlessLinux();
        using var listening = new Listening();
        // The scenario connects, starts a program that keeps its socket open, and ends.
        int keeper = int.Parse(ChildScenario.Run(LeaveSocketToAnother, listening.Path).Result);
        using Socket socket = listening.Socket.Accept();
        using var process = Process.GetProcessById(keeper);
        try
        {
            Assert.True(PeerProcess.TryKill(socket, out _));
            Assert.False(process.HasExited);
            Assert.False(socket.Poll(0, SelectMode.SelectRead));
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void A_function_beside_its_manager_in_one_process_does_not_end_both()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        Assert.False(PeerProcess.TryKill(pair.First, out string? error));
        Assert.Equal("it is the manager's own", error);
    }

    [Fact]
    public void Without_a_socket_nobody_is_killed_and_the_reason_is_told()
    {
        ProcessSkips.UnlessLinux();
        using var pair = new SocketPair();
        pair.First.Dispose();
        Assert.False(PeerProcess.TryKill(pair.First, out string? error));
        Assert.False(string.IsNullOrEmpty(error));
    }

    private static string ConnectAndWait(string[] arguments)
    {
        using Socket socket = SocketPair.New();
        socket.Connect(new UnixDomainSocketEndPoint(arguments[0]));
        LivingScenario.SayAndWait("connected");
        return "";
    }

    private static string LeaveSocketToAnother(string[] arguments)
    {
        Socket socket = SocketPair.New();
        socket.Connect(new UnixDomainSocketEndPoint(arguments[0]));
        var start = new ProcessStartInfo("/bin/sleep", "600") { RedirectStandardOutput = true, RedirectStandardError = true };
        // Not closed when the other program is executed.
        Assert.Equal(0, Core.Memory.MemoryRegionNative.fcntl(new((nint)socket.Handle, ownsHandle: false), 2, 0));
        return Process.Start(start)!.Id.ToString();
    }

    private sealed class Listening : IDisposable
    {
        public Listening()
        {
            Socket.Bind(new UnixDomainSocketEndPoint(Path));
            Socket.Listen(1);
        }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"onvm-{Guid.NewGuid():N}");

        public Socket Socket { get; } = SocketPair.New();

        public void Dispose() => Socket.Dispose();
    }
}

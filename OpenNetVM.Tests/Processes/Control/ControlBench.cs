using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Control;

/// <summary>A control directory of its own with a listener in it, as a manager has them.</summary>
internal sealed class ControlBench : IAsyncDisposable
{
    public const string Domain = "tenant-a";

    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly string _folder = NewFolder();

    public ControlBench(
        Func<ControlChannel, PeerCredentials, RegisterMessage, CancellationToken, Task> serve, Func<ControlListenerOptions, ControlListenerOptions>? change = null)
    {
        ProcessSkips.UnlessLinux();
        Directory = ControlDirectory.Open(Path.Combine(_folder, "onvm"), Logger);
        var options = new ControlListenerOptions { Directory = Directory, Domain = Domain, Serve = serve, Logger = Logger };
        Listener = new ControlListener(change?.Invoke(options) ?? options);
    }

    public RecordingLogger Logger { get; } = new();

    public ControlDirectory Directory { get; }

    public ControlListener Listener { get; }

    public string SocketPath => Listener.SocketPath;

    /// <summary>A temporary folder that every user may look into.</summary>
    public static string NewFolder()
    {
        string folder = System.IO.Directory.CreateTempSubdirectory("onvm-").FullName;
        Assert.Equal(0, LinuxNative.chmod(folder, 0b111_101_101));
        return folder;
    }

    /// <summary>Welcomes an NF with handles that stand for those of memory.</summary>
    public static void Welcome(ControlChannel channel)
    {
        using var bell = EventFd.Create();
        channel.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [bell, bell]);
    }

    public ControlConnection Connect() => ControlClient.Connect(SocketPath, Messages.Register, Timeout);

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        Directory.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}

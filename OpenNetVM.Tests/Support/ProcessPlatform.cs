using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.Support;

/// <summary>A platform whose functions run in other processes, between two ports that the test plays, with a folder of its own for the sockets.</summary>
internal sealed class ProcessPlatform : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly bool _ownsFolder;
    private NfManager? _manager;

    public ProcessPlatform(Func<ProcessOptions, ProcessOptions>? configure = null, DataplaneOptions? dataplane = null, string? folder = null)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("onvm-").FullName;

        // As the library makes it where it is not there: processes of other users find their domain's folder in it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        ProcessOptions processes = new() { Folder = Folder };
        Builder.Options = new NfManagerOptions
        {
            Dataplane = dataplane ?? new DataplaneOptions { RingCapacity = 1_024 },
            Processes = configure?.Invoke(processes) ?? processes,
            Loggers = Log,
        };
        Builder.AddWorker("worker");
        Builder.AddPort(In);
        OutId = Builder.AddPort(Out);
    }

    public string Folder { get; }

    public NfManagerBuilder Builder { get; } = new();

    public RecordingLoggers Log { get; } = new();

    public LoopbackPort In { get; } = new("in", new LoopbackPortOptions { Capacity = 4_096, CanWait = true });

    public LoopbackPort Out { get; } = new("out", new LoopbackPortOptions { Capacity = 65_536 });

    public PortId OutId { get; }

    public NfManager Manager => _manager!;

    public List<NfFault> Faults { get; } = [];

    public PlatformStatistics Statistics => Manager.GetStatistics();

    /// <summary>A service of processes that each run a function.</summary>
    public ServiceId AddService<TFunction>(string name, ServiceOptions? options = null, Func<ProcessServiceOptions, ProcessServiceOptions>? configure = null, string? child = null)
        where TFunction : NetworkFunction, new()
    {
        ProcessServiceOptions processes = new() { Launch = NfChild.Launch<TFunction>(child) };
        return Builder.AddService(name, (options ?? new ServiceOptions()) with { Processes = configure?.Invoke(processes) ?? processes });
    }

    public void Start(params IReadOnlyList<ServiceId> chain)
    {
        Builder.DefaultChain = ServiceChain.Through(chain).To(OutId);
        _manager = Builder.Build();
        _manager.InstanceFaulted += fault =>
        {
            lock (Faults)
                Faults.Add(fault);
        };
        _manager.Start();
    }

    public void Send(IEnumerable<byte[]> frames)
    {
        foreach (byte[] frame in frames)
            Until(() => In.Send(frame), "the platform takes a frame");
    }

    /// <summary>Sends frames and waits until nothing is under way any more; returns what came out.</summary>
    public IReadOnlyList<byte[]> Run(IEnumerable<byte[]> frames)
    {
        byte[][] all = [.. frames];
        long before = Statistics.Received;
        Send(all);
        Until(() => Statistics.Received == before + all.Length && Manager.PacketsUnderWay == 0, "all packets are worked off");
        return Out.ReceiveAll();
    }

    public static void Until(Func<bool> condition, string what) => Until(condition, () => what);

    public static void Until(Func<bool> condition, Func<string> what)
    {
        long begin = Stopwatch.GetTimestamp();
        SpinWait wait = default;
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, "in vain waited for this: " + (Stopwatch.GetElapsedTime(begin) < Patience ? string.Empty : what()));
            wait.SpinOnce();
        }
    }

    /// <summary>Stops the platform, and checks that every packet is accounted for and every buffer is back.</summary>
    public async Task AssertConservedAsync()
    {
        await Manager.StopAsync();
        PlatformStatistics end = Statistics;
        Assert.Equal(0, end.Unaccounted);
        Assert.Equal(0, end.Held);
        Assert.Equal(0, Manager.Pool.LentToProcesses);
        Assert.Equal(0, Manager.Pool.RejectedFrees);
    }

    public async ValueTask DisposeAsync()
    {
        if (_manager is not null)
            await _manager.DisposeAsync();
        if (_ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }
}

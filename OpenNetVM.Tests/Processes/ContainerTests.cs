using System.Diagnostics;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Samples.Isolation;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>A network function in real containers, which have no network, no privilege and no file of their own to write.</summary>
public sealed class ContainerTests : IDisposable
{
    private const uint Nobody = 65_534;
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(500);

    private readonly Container _container;
    private readonly List<string> _names = [];

    public ContainerTests(NativePolicer native)
    {
        Podman.Require();
        _container = new Container(native.Program);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Nobody)]
    public async Task A_function_in_a_container_handles_packets_in_the_manager_s_memory_and_can_do_nothing_else(uint? user)
    {
        await using ProcessPlatform platform = new(options => options with { Default = LetIn(user) });
        platform.Start(AddService(platform, user: user));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(1_000));

        Assert.Equal(Enumerable.Range(0, 1_000), left.Select(frame => Frames.Mark(frame)));
        InstanceReport instance = Assert.Single(platform.Statistics.Instances);
        Assert.Equal((1_000, 1_000, 0), (instance.Enqueued, instance.Handled, instance.Held));
        AssertConfined(instance.ProcessId!.Value, user ?? 0);
        await platform.AssertConservedAsync();
        Assert.Empty(platform.Faults);
        ProcessPlatform.Until(() => !Podman.Exists(_names[0]), "the container is gone");
    }

    [Fact]
    public async Task The_packets_of_a_killed_container_are_taken_back_the_other_goes_on_and_a_new_one_is_started()
    {
        await using ProcessPlatform platform = new();
        platform.Start(AddService(platform, new ServiceOptions { Instances = 2, LoadBalancer = new Maglev(), Restart = new RestartPolicy { InitialBackOff = BackOff } }));
        using CancellationTokenSource enough = new();
        Task traffic = Task.Run(() => SendUntil(platform, enough.Token), TestContext.Current.CancellationToken);
        ProcessPlatform.Until(() => platform.Statistics.Instances.All(instance => instance.Handled > 10_000), "both containers handle packets");
        int[] before = ProcessesOf(platform);

        Podman.Run("kill", _names[0]).ShouldSucceed();

        ProcessPlatform.Until(() => platform.Statistics.Instances.Length == 1, "nothing is left of the killed one");
        InstanceReport survivor = platform.Statistics.Instances[0];
        ProcessPlatform.Until(() => platform.Statistics.Instances[0].Handled > survivor.Handled + 10_000, "the other has all packets");
        ProcessPlatform.Until(() => platform.Statistics.Instances is [{ State: InstanceState.Running }, { State: InstanceState.Running, Handled: > 10_000 }], "a new container has its share");
        await enough.CancelAsync();
        await traffic;

        NfFault fault = Assert.Single(platform.Faults);
        Assert.Contains(Assert.IsType<NfProcessException>(fault.Exception).ProcessId, before);
        Assert.NotNull(fault.RestartsAt);
        Assert.Single(ProcessesOf(platform).Except(before));
        ProcessPlatform.Until(() => platform.Manager.PacketsUnderWay == 0, "all packets are worked off");

        // Lost are those that it had in hand, and those that the function itself has dropped.
        Assert.All(platform.Statistics.DroppedByReason, reason => Assert.True(reason.Value == 0 || reason.Key is DropReason.InstanceStopped or DropReason.ByFunction, $"{reason.Value} {reason.Key}"));
        await platform.AssertConservedAsync();
        ProcessPlatform.Until(() => !_names.Exists(Podman.Exists), "all containers are gone");
    }

    [Fact]
    public async Task A_container_that_podman_stops_leaves_in_good_order()
    {
        await using ProcessPlatform platform = new();
        platform.Start(AddService(platform, new ServiceOptions { Instances = 2 }));
        using CancellationTokenSource enough = new();
        Task traffic = Task.Run(() => SendUntil(platform, enough.Token), TestContext.Current.CancellationToken);
        ProcessPlatform.Until(() => platform.Statistics.Instances.All(instance => instance.Handled > 10_000), "both containers handle packets");

        Podman.Run("stop", _names[0]).ShouldSucceed();

        ProcessPlatform.Until(() => platform.Statistics.Instances.Length == 1, "it has left");
        await enough.CancelAsync();
        await traffic;
        ProcessPlatform.Until(() => platform.Manager.PacketsUnderWay == 0, "all packets are worked off");
        Assert.Empty(platform.Faults);
        Assert.All(platform.Statistics.DroppedByReason, reason => Assert.True(reason.Value == 0 || reason.Key == DropReason.ByFunction, $"{reason.Value} {reason.Key}"));
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_container_outlives_its_manager_and_goes_on_with_the_next()
    {
        string folder = Directory.CreateTempSubdirectory("onvm-").FullName;
        using Process manager = ChildScenario.Start(FirstManager, folder);
        try
        {
            ProcessPlatform.Until(() => File.Exists(Path.Combine(folder, "open")), "the first manager is there");
            using Process podman = Process.Start(StartContainer(new NfLaunch(Path.Combine(folder, "default", "control.sock"), "policer", string.Empty), null, "--wait"))!;
            ProcessPlatform.Until(() => File.Exists(Path.Combine(folder, "done")), "it has sent its packets through the container");
            manager.Kill();
            manager.WaitForExit();

            await using ProcessPlatform next = new(folder: folder);
            next.Start(AcceptPolicers(next));
            ProcessPlatform.Until(() => next.Statistics.Instances is [{ State: InstanceState.Running }], "the container has registered again");
            Assert.Equal(100, next.Run(Frames.Flows(100)).Count);
            await next.AssertConservedAsync();
            Assert.True(podman.WaitForExit(TimeSpan.FromMinutes(1)));
            Assert.Equal(0, podman.ExitCode);
        }
        finally
        {
            manager.Kill();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_container_whose_user_is_not_let_in_gets_no_packet(bool reachesTheSocket)
    {
        await using ProcessPlatform platform = new(options => options with { Default = new SecurityDomainOptions { Name = "default", Group = reachesTheSocket ? Nobody : null } });
        ServiceId policer = AddService(platform, new ServiceOptions { Instances = 0 }, Nobody);
        platform.Start(policer);

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => platform.Manager.StartProcessAsync(policer));

        Assert.Equal("\"podman\" ended with code 2 before it registered for service \"policer\".", refused.Message);
        Assert.Equal(reachesTheSocket, platform.Log.Logger.Messages.Any(message => message.Contains($"user {Nobody} may not register", StringComparison.Ordinal)));
        Assert.Empty(platform.Run(Frames.Flows(10)));
        Assert.Equal(10, platform.Statistics.DroppedByReason[DropReason.NoInstance]);
        await platform.AssertConservedAsync();
    }

    public void Dispose()
    {
        foreach (string name in _names)
            Podman.Run("rm", "--force", "--ignore", name);
        _container.Dispose();
    }

    private static string FirstManager(string[] arguments)
    {
        ProcessPlatform platform = new(folder: arguments[0]);
        platform.Start(AcceptPolicers(platform));
        File.WriteAllText(Path.Combine(arguments[0], "open"), string.Empty);
        ProcessPlatform.Until(() => platform.Statistics.Instances is [{ State: InstanceState.Running }], "the container has registered");
        Assert.Equal(100, platform.Run(Frames.Flows(100)).Count);
        File.WriteAllText(Path.Combine(arguments[0], "done"), string.Empty);
        Thread.Sleep(Timeout.Infinite);
        return string.Empty;
    }

    private static ServiceId AcceptPolicers(ProcessPlatform platform) =>
        platform.Builder.AddService("policer", new ServiceOptions { Processes = new ProcessServiceOptions() });

    private ServiceId AddService(ProcessPlatform platform, ServiceOptions? options = null, uint? user = null) => platform.Builder.AddService(
        "policer", (options ?? new ServiceOptions()) with { Processes = new ProcessServiceOptions { Launch = launch => StartContainer(launch, user) } });

    private ProcessStartInfo StartContainer(NfLaunch launch, uint? user, params string[] arguments)
    {
        lock (_names)
        {
            _names.Add(Podman.NewName());
            ProcessStartInfo start = _container.Start(launch, _names[^1], user, arguments);

            // Why it is refused it prints, which is no output of the tests.
            start.RedirectStandardError = true;
            return start;
        }
    }

    private static SecurityDomainOptions LetIn(uint? user) => user is null
        ? new SecurityDomainOptions { Name = "default" }
        : new SecurityDomainOptions { Name = "default", Users = new HashSet<uint> { user.Value }, Group = user };

    // A thousand flows in turn, so that on most machines each stays below the rate that the function holds it to.
    private static void SendUntil(ProcessPlatform platform, CancellationToken enough)
    {
        byte[][] frames = Frames.Flows(1_000);
        while (!enough.IsCancellationRequested)
        {
            platform.Send(frames);
            platform.Out.ReceiveAll();
        }
    }

    private static int[] ProcessesOf(ProcessPlatform platform) => [.. platform.Statistics.Instances.Select(instance => instance.ProcessId!.Value)];

    // What the kernel says of the process, from outside.
    private void AssertConfined(int process, uint user)
    {
        string Status(string name) => File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[1];
        Assert.Equal($"{user}", Status("Uid"));
        foreach (string capabilities in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
            Assert.Equal(0, Convert.ToInt64(Status(capabilities), 16));
        Assert.Equal("1", Status("NoNewPrivs"));
        foreach (string space in new[] { "pid", "net", "mnt", "ipc", "uts" })
            Assert.NotEqual(new FileInfo($"/proc/self/ns/{space}").LinkTarget, new FileInfo($"/proc/{process}/ns/{space}").LinkTarget);
        Assert.Equal(["lo"], File.ReadLines($"/proc/{process}/net/dev").Skip(2).Select(line => line.Split(':')[0].Trim()));

        // "36 35 98:0 /root /mount-point ro,nosuid ...": nothing that lies on a disk may be written.
        string[][] mounts = [.. File.ReadLines($"/proc/{process}/mountinfo").Select(line => line.Split(' '))];
        Assert.StartsWith("ro", mounts.Single(mount => mount[4] == "/")[5], StringComparison.Ordinal);
        Assert.StartsWith("ro", mounts.Single(mount => mount[4] == "/domain")[5], StringComparison.Ordinal);
        Assert.Equal("control.sock", Assert.Single(Directory.GetFileSystemEntries($"/proc/{process}/root/domain").Select(Path.GetFileName)));

        // The program and its libraries are all that there is to run.
        string[] files = [.. Directory.EnumerateFiles($"/proc/{process}/root", "*", SearchOption.TopDirectoryOnly).Select(Path.GetFileName)!];
        Assert.Equal(["app"], files);
        Assert.False(Directory.Exists($"/proc/{process}/root/bin"));
        Assert.All(Directory.EnumerateFiles($"/proc/{process}/root/lib", "*", SearchOption.AllDirectories), file => Assert.Contains(".so", file, StringComparison.Ordinal));
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Processes that end when they should not: noticed, accounted for, replaced.</summary>
public class NfDeathTests
{
    private static readonly ServiceOptions NoRestart = new() { Restart = RestartPolicy.Never };

    [Fact]
    public async Task The_packets_of_a_killed_process_go_to_another_but_for_those_that_it_had_in_hand()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Keeping>("keeping", NoRestart with { Instances = 2, LoadBalancer = new Maglev() }));
        InstanceReport[] instances = [.. platform.Statistics.Instances];

        // Each keeps every packet that is marked so; the others wait behind, because the process is stopped before they come.
        platform.Run(Frames.Flows(200).Where(frame => Frames.Mark(frame) % 2 == 0).Select(Keeping.ToBeKept));
        Signal(instances[0].ProcessId!.Value, Signals.Stop);
        byte[][] waiting = Frames.Flows(200);
        platform.Send(waiting);
        ProcessPlatform.Until(() => platform.Statistics.Received == 300, "all packets have come in");
        long kept = platform.Statistics.Instances[0].Enqueued - platform.Statistics.Instances[0].ReceiveDepth;
        Signal(instances[0].ProcessId!.Value, Signals.Kill);
        ProcessPlatform.Until(() => platform.Statistics.Instances.Length == 1, "the end of the process is noticed, and nothing of it left");
        ProcessPlatform.Until(() => platform.Statistics.Transmitted == 200, "what waited for it has gone through the other");

        // Exactly the kept ones are lost, and counted.
        Assert.Equal(kept, platform.Statistics.DroppedByReason[DropReason.InstanceStopped]);
        Assert.Equal(200, platform.Out.ReceiveAll().Select(frame => Frames.Mark(frame)).Distinct().Count());
        ProcessPlatform.Until(() => platform.Faults.Count > 0, "the fault is reported");
        NfFault fault = Assert.Single(platform.Faults);
        Assert.Equal(instances[0].Id, fault.Instance);
        Assert.Contains("its connection was closed", Assert.IsType<NfProcessException>(fault.Exception).Message, StringComparison.Ordinal);

        // The flows of the dead one are at the survivor, which keeps its own.
        Assert.Equal(200, platform.Run(waiting).Count);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_that_is_killed_is_started_again()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Keeping>("keeping", new ServiceOptions { Restart = new RestartPolicy { InitialBackOff = TimeSpan.Zero } }));
        int first = platform.Statistics.Instances[0].ProcessId!.Value;

        for (int i = 0; i < 3; i++)
        {
            int killed = platform.Statistics.Instances[0].ProcessId!.Value;
            Signal(killed, Signals.Kill);
            ProcessPlatform.Until(() => platform.Statistics.Instances is [{ State: InstanceState.Running } instance] && instance.ProcessId != killed, "another process runs");
        }

        Assert.Equal(100, platform.Run(Frames.Flows(100)).Count);
        Assert.Equal(3, platform.Faults.Count);
        Assert.All(platform.Faults, fault => Assert.NotNull(fault.RestartsAt));
        Assert.NotEqual(first, platform.Statistics.Instances[0].ProcessId);
        await platform.AssertConservedAsync();
    }

    [Theory]
    [InlineData(Misbehaving.Throw, "InvalidOperationException: on purpose")]
    [InlineData(Misbehaving.Exit, "its connection was closed")]
    [InlineData(Misbehaving.Hang, "it has taken none")]
    public async Task A_process_whose_function_throws_exits_or_hangs_is_replaced(byte how, string reason)
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Misbehaving>(
            "misbehaving", new ServiceOptions { Restart = new RestartPolicy { InitialBackOff = TimeSpan.Zero } }, options => options with { HangTimeout = TimeSpan.FromMilliseconds(200) }));
        int process = platform.Statistics.Instances[0].ProcessId!.Value;
        byte[] bad = Frames.Udp(1, 2, 3, 4, 64, 42);
        bad[^1] = how;

        platform.Send([bad]);
        ProcessPlatform.Until(() => platform.Statistics.Instances.Sum(instance => instance.Enqueued - instance.ReceiveDepth) == 1, "the function has the packet");
        platform.Send(Frames.Flows(100));
        ProcessPlatform.Until(() => platform.Statistics.Instances is [{ State: InstanceState.Running } instance] && instance.ProcessId != process, "another process runs");
        ProcessPlatform.Until(() => platform.Manager.PacketsUnderWay == 0 && platform.Faults.Count > 0, "everything is worked off");

        Assert.Contains(reason, Assert.Single(platform.Faults).Exception.Message, StringComparison.Ordinal);
        if (how == Misbehaving.Throw)
        {
            Assert.Equal(bad, Assert.Single(platform.Faults[0].Frames));
            Assert.Contains(nameof(Misbehaving), ((NfProcessException)platform.Faults[0].Exception).RemoteStackTrace, StringComparison.Ordinal);
        }

        // There was nobody to take what waited, unless the new process was there already.
        PlatformStatistics statistics = platform.Statistics;
        Assert.Equal(101, statistics.Transmitted + statistics.DroppedByReason[DropReason.NoInstance] + statistics.DroppedByReason[DropReason.InstanceStopped]);
        Assert.InRange(statistics.DroppedByReason[DropReason.InstanceStopped], 1, 65);
        ProcessPlatform.Until(() => IsGone(process), "the old process is gone");
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_that_leaves_in_good_order_loses_nothing_and_is_no_fault()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Leaving>("leaving", new ServiceOptions { Instances = 2 }, child: nameof(Leaving.OnSignal)));
        int process = platform.Statistics.Instances[0].ProcessId!.Value;

        platform.Send(Frames.Flows(100));
        Signal(process, Signals.Terminate);
        platform.Send(Frames.Flows(100));
        ProcessPlatform.Until(() => platform.Statistics.Instances.Length == 1 && platform.Manager.PacketsUnderWay == 0, "it has left");

        Assert.Equal(200, platform.Out.ReceiveAll().Count);
        Assert.Empty(platform.Faults);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_that_does_not_stop_when_it_is_told_to_is_killed()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Stubborn>("stubborn", configure: options => options with { HangTimeout = TimeSpan.FromMilliseconds(200) }));
        int process = platform.Statistics.Instances[0].ProcessId!.Value;
        platform.Run(Frames.Flows(10));

        await platform.AssertConservedAsync();

        ProcessPlatform.Until(() => IsGone(process), "the process is gone");
    }

    [Theory]
    [InlineData("")]
    [InlineData(nameof(Remembering.Waits))]
    public async Task When_its_manager_is_gone_a_process_ends_or_waits_for_another_which_takes_it_back(string child)
    {
        string folder = Directory.CreateTempSubdirectory("onvm-").FullName;
        using Process manager = ChildScenario.Start(FirstManager, folder);
        using Process process = new() { StartInfo = new NfLaunch(Path.Combine(folder, "default", "control.sock"), "remembering", string.Empty).Apply(NfChild.Program<Remembering>(child)) };
        try
        {
            ProcessPlatform.Until(() => File.Exists(Path.Combine(folder, "open")), "the first manager is there");
            process.Start();
            ProcessPlatform.Until(() => File.Exists(Path.Combine(folder, "done")), "it has sent its packets through the process");
            manager.Kill();
            manager.WaitForExit();
            if (child.Length == 0)
            {
                Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)));
                Assert.Equal((int)NfProcessExit.ManagerLost, process.ExitCode);
                return;
            }

            await using ProcessPlatform next = new(folder: folder);
            next.Start(next.Builder.AddService("remembering", new ServiceOptions { Processes = new ProcessServiceOptions() }));
            ProcessPlatform.Until(() => next.Statistics.Instances is [{ State: InstanceState.Running }], "the process has registered again");

            // It is the same function object, and knows what it knew: 100 packets and one change of managers.
            Assert.Equal(111, next.Run(Frames.Flows(1)).Single()[^1]);
            Assert.False(process.HasExited);
            await next.AssertConservedAsync();
        }
        finally
        {
            process.Kill();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string FirstManager(string[] arguments)
    {
        ProcessPlatform platform = new(folder: arguments[0]);
        platform.Start(platform.Builder.AddService("remembering", new ServiceOptions { Processes = new ProcessServiceOptions() }));
        File.WriteAllText(Path.Combine(arguments[0], "open"), string.Empty);
        ProcessPlatform.Until(() => platform.Statistics.Instances is [{ State: InstanceState.Running }], "the process has registered");
        Assert.Equal(100, platform.Run(Frames.Flows(100)).Max(frame => frame[^1]));
        File.WriteAllText(Path.Combine(arguments[0], "done"), string.Empty);
        Thread.Sleep(Timeout.Infinite);
        return string.Empty;
    }

    private static bool IsGone(int process) => !Directory.Exists($"/proc/{process}") || File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static void Signal(int process, int signal) => Assert.Equal(0, Signals.Send(process, signal));

    public sealed class Keeping : NetworkFunction
    {
        private readonly List<HeldPacket> _kept = [];

        public static byte[] ToBeKept(byte[] frame)
        {
            frame[^1] = 1;
            return frame;
        }

        protected override void Process(Packet packet)
        {
            if (packet.Data[^1] == 1)
                _kept.Add(Context.Hold(packet));
        }
    }

    public sealed class Misbehaving : NetworkFunction
    {
        public const byte Throw = 1;
        public const byte Exit = 2;
        public const byte Hang = 3;

        protected override void Process(Packet packet)
        {
            switch (packet.Data[^1])
            {
                case Throw:
                    throw new InvalidOperationException("on purpose");
                case Exit:
                    Environment.Exit(3);
                    break;
                case Hang:
                    Thread.Sleep(Timeout.Infinite);
                    break;
            }
        }
    }

    public sealed class Leaving : NetworkFunction
    {
        public static NfProcessOptions OnSignal(NfProcessOptions options)
        {
            // The process itself is told to end, not by its manager.
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                NfChild.Leave();
            });
            return options;
        }
    }

    public sealed class Stubborn : NetworkFunction
    {
        protected override void OnStop() => Thread.Sleep(Timeout.Infinite);
    }

    public sealed class Remembering : NetworkFunction
    {
        private int _seen;

        public static NfProcessOptions Waits(NfProcessOptions options) => options with { WhenManagerIsLost = ManagerLossAction.WaitForAnother };

        protected override void Process(Packet packet) => packet.Data[^1] = (byte)++_seen;

        protected override void OnManagerChanged() => _seen += 10;
    }
}

using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.SdnPlatform;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>An SDN switch on a platform with threads: packets, the controller's changes and the flow director at the same time.</summary>
public sealed class SdnThreadsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_change_holds_for_every_packet_that_comes_after_the_barrier_while_other_flows_come_and_go(int functions)
    {
        await using Scene scene = new(functions);
        using CancellationTokenSource stop = new();
        Task noise = Task.Run(() => scene.MakeNoise(stop.Token), CancellationToken.None);
        for (int i = 0; i < 100; i++)
        {
            uint to = i % 2 == 0 ? Second : Third;
            await scene.Controller.TellAsync(Add(From(First), To(to), priority: (ushort)(10 + (i % 3))));
            await scene.Controller.TellAsync([.. Enumerable.Range(10, 3).Where(priority => priority != 10 + (i % 3)).Select(priority => new FlowMod(FlowModCommand.DeleteStrict, From(First), default) { Priority = (ushort)priority })]);
            for (int packet = 0; packet < 20; packet++)
                Assert.True(scene.In.Send(Frames.Udp(1, 2, (ushort)(packet % 5), 80, mark: i)));
            await scene.ReceiveAsync(to == Second ? scene.Out : scene.Other, to == Second ? scene.Other : scene.Out, i, 20);
        }

        await stop.CancelAsync();
        await noise;
        await scene.StopAsync();
        PlatformStatistics statistics = scene.Manager.GetStatistics();
        Assert.Equal(0, statistics.Unaccounted);
        Assert.Equal(0, statistics.Held);
        Assert.Empty(scene.Faults);
    }

    [Fact]
    public async Task A_controller_decides_on_a_thousand_flows_at_once_and_no_packet_is_lost()
    {
        await using Scene scene = new(functions: 1, new SdnSwitchOptions { HoldTimeout = TimeSpan.FromSeconds(30) });
        await scene.Controller.TellAsync(TableMiss());
        Task answering = scene.AnswerAsync(1000);
        byte[][] flows = [.. Enumerable.Range(0, 1000).Select(static i => Frames.Udp(1, 2, 7, (ushort)(1000 + i), mark: i))];
        foreach (byte[] frame in flows)
        {
            while (!scene.In.Send(frame))
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await answering;
        List<int> marks = [];
        Stopwatch watch = Stopwatch.StartNew();
        while (marks.Count < flows.Length && watch.Elapsed < Limit)
        {
            marks.AddRange(scene.Out.ReceiveAll().Select(static frame => Frames.Mark(frame)));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Enumerable.Range(0, flows.Length), marks.Order());
        SdnSwitchStatistics statistics = scene.Switch.GetStatistics();
        Assert.Equal((1000L, 0L), (statistics.PacketsIn, statistics.Unanswered));
    }

    /// <summary>A platform with a worker for packets and one for the SDN functions, and a controller.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly NfManagerBuilder _builder = new();
        private bool _stopped;

        public Scene(int functions, SdnSwitchOptions? options = null)
        {
            _builder.AddWorker(new WorkerOptions { Name = "packets", Idle = IdleStrategy.Wait() });
            _builder.AddWorker(new WorkerOptions { Name = "sdn", Idle = IdleStrategy.Wait() });
            _builder.AddPort(In);
            _builder.AddPort(Out);
            _builder.AddPort(Other);
            Switch = new SdnSwitch(options ?? new SdnSwitchOptions());
            ServiceId service = _builder.AddService("sdn", Switch.CreateFunction, new ServiceOptions { Workers = ["sdn"], Instances = functions });
            _builder.DefaultChain = ServiceChain.Through(service).ToDrop();
            Manager = _builder.Build();
            Manager.InstanceFaulted += fault => Faults.Add(fault.Exception);
            Manager.Start();
            Switch.Start(Manager, service);
            Controller = TestChannel.OpenAsync(Switch.Agent, TimeProvider.System, new RecordingLogger()).GetAwaiter().GetResult();
        }

        public LoopbackPort In { get; } = new("in", new LoopbackPortOptions { Capacity = 4096, CanWait = true });

        public LoopbackPort Out { get; } = new("out", new LoopbackPortOptions { Capacity = 4096, CanWait = true });

        public LoopbackPort Other { get; } = new("other", new LoopbackPortOptions { Capacity = 4096, CanWait = true });

        public NfManager Manager { get; }

        public SdnSwitch Switch { get; }

        public TestChannel Controller { get; }

        public List<Exception> Faults { get; } = [];

        /// <summary>New flows by the port that is the first one's way out, which rules do not know: they are dropped.</summary>
        public void MakeNoise(CancellationToken cancellation)
        {
            for (ushort i = 0; !cancellation.IsCancellationRequested; i++)
            {
                Out.Send(Frames.Udp(9, 9, i, 9, mark: -1));
                if (i % 64 == 0)
                    Thread.Sleep(1);
            }
        }

        /// <summary>Waits for packets of a round at one port; none of that round may come to the other.</summary>
        public async Task ReceiveAsync(LoopbackPort expected, LoopbackPort other, int mark, int count)
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (int received = 0; received < count;)
            {
                byte[][] frames = [.. expected.ReceiveAll()];
                received += frames.Length;
                Assert.All(frames, frame => Assert.Equal(mark, Frames.Mark(frame)));
                Assert.Empty(other.ReceiveAll());
                Assert.True(watch.Elapsed < Limit, $"{received} of {count} packets of round {mark} came: {string.Join(", ", Manager.GetStatistics().DroppedByReason)}; {Switch.GetStatistics()}");
                await Task.Delay(received < count ? 1 : 0, TestContext.Current.CancellationToken);
            }
        }

        /// <summary>Answers packets that were sent to the controller with a rule for the flow, which names the buffer.</summary>
        public async Task AnswerAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                PacketIn asked = await Controller.ReceiveAsync<PacketIn>();
                ushort destination = (ushort)((asked.Data[36] << 8) | asked.Data[37]);
                await Controller.SendAsync(Add(Udp(First, destination), To(Second)) with { BufferId = asked.BufferId });
            }
        }

        public async Task StopAsync()
        {
            if (_stopped)
                return;
            _stopped = true;
            await Controller.DisposeAsync();
            await Switch.DisposeAsync();
            await Manager.StopAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await Manager.DisposeAsync();
        }
    }
}

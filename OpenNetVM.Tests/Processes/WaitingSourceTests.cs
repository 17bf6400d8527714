using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Sources that lose nothing by waiting, before a chain with a function in another process. The platform, its clock and the process's end are moved by hand.</summary>
public class WaitingSourceTests
{
    private const int Rings = 64;

    // What may be under way, so that no ring of the chain can overflow whichever way all of it goes.
    private const int Window = Rings / 2;

    [Fact]
    public async Task What_a_process_has_in_hand_is_waited_for_as_what_is_on_its_ring_is_so_that_nothing_is_dropped_when_it_returns_all_at_once()
    {
        await using Bench bench = await Bench.StartAsync();

        bench.PauseNext();
        for (int i = 0; i < 50; i++)
            bench.TakeFor(milliseconds: 1);
        int inHand = bench.Function.InHand;
        bench.Settle();
        bench.Pass(milliseconds: 2);
        bench.ResumeNext();
        bench.RunToTheEnd();

        Assert.Equal(Window, inHand);
        Assert.Equal((bench.Sent, 0), (bench.Statistics.Transmitted, bench.Statistics.Dropped));
    }

    [Fact]
    public async Task A_process_that_settles_nothing_is_waited_for_half_a_second_and_again_when_it_has_kept_pace()
    {
        await using Bench bench = await Bench.StartAsync();

        bench.TakeFor(milliseconds: 480);
        int waitedFor = bench.Function.InHand;
        bench.TakeFor(milliseconds: 40);
        int notWaitedFor = bench.Function.InHand;
        bench.Settle();
        bench.KeepPaceFor(milliseconds: 600);
        long dropped = bench.Statistics.Dropped;
        bench.TakeFor(milliseconds: 480);

        Assert.Equal(Window, waitedFor);
        Assert.True(notWaitedFor > Window, $"{notWaitedFor} were taken");
        Assert.Equal(Window, bench.Function.InHand);
        bench.RunToTheEnd();
        Assert.Equal(dropped, bench.Statistics.Dropped);
    }

    [Fact]
    public async Task A_process_is_not_blamed_for_time_that_the_manager_s_worker_has_not_seen()
    {
        await using Bench bench = await Bench.StartAsync();

        bench.TakeFor(milliseconds: 1);
        bench.Time.Advance(TimeSpan.FromHours(1));
        bench.TakeFor(milliseconds: 400);

        Assert.Equal(Window, bench.Function.InHand);
        bench.RunToTheEnd();
    }

    /// <summary>A port whose other end has more than the platform takes, a function by hand, one of the manager's own behind it, and a port out.</summary>
    private sealed class Bench : IAsyncDisposable
    {
        private static readonly byte[][] SomeFrames = Frames.Flows(100);

        private readonly string _folder = Directory.CreateTempSubdirectory("onvm-").FullName;
        private readonly LoopbackPort _in = new("in", new LoopbackPortOptions { Capacity = 4_096, CanWait = true });
        private readonly LoopbackPort _out = new("out", new LoopbackPortOptions { Capacity = 4_096 });
        private readonly NfManager _manager;
        private readonly ServiceId _next;

        private Bench()
        {
            NfManagerBuilder builder = new()
            {
                Options = new NfManagerOptions
                {
                    HandDriven = true,
                    Time = Time,
                    Dataplane = new DataplaneOptions { RingCapacity = Rings, BurstSize = 16 },
                    Processes = new ProcessOptions { Folder = _folder },
                },
            };
            builder.AddWorker("worker");
            builder.AddPort(_in);
            PortId exit = builder.AddPort(_out);
            ServiceId first = builder.AddService("by hand", new ServiceOptions { Processes = new ProcessServiceOptions { HangTimeout = TimeSpan.FromDays(1) } });
            _next = builder.AddService("next", static () => new ScriptedFunction());
            builder.DefaultChain = ServiceChain.Through(first, _next).To(exit);
            _manager = builder.Build();
        }

        public FakeTimeProvider Time { get; } = new();

        /// <summary>Packets that were sent to the platform; there are always more than it takes, until <see cref="RunToTheEnd"/>.</summary>
        public long Sent { get; private set; }

        public FunctionByHand Function { get; private set; } = null!;

        public PlatformStatistics Statistics => _manager.GetStatistics();

        public static async Task<Bench> StartAsync()
        {
            Bench bench = new();
            bench._manager.Start();
            bench.Function = await Task.Run(() => new FunctionByHand(Path.Combine(bench._folder, "default", "control.sock"), "by hand"));
            ProcessPlatform.Until(
                () =>
                {
                    bench._manager.Poll();
                    return bench.Statistics.Instances.All(static instance => instance.State == InstanceState.Running) && bench.Statistics.Instances.Length == 2;
                },
                "the function is registered");
            return bench;
        }

        public void PauseNext() => _manager.Pause(Next);

        public void ResumeNext() => _manager.Resume(Next);

        /// <summary>Lets the manager work for some time.</summary>
        public void Pass(int milliseconds, bool send = true)
        {
            for (int i = 0; i < milliseconds; i++)
            {
                while (send && _in.Send(SomeFrames[Sent % SomeFrames.Length]))
                    Sent++;
                Time.Advance(TimeSpan.FromMilliseconds(1));
                _manager.PollUntilIdle();
                _out.ReceiveAll();
            }
        }

        /// <summary>Lets the manager work for some time, while the function takes whatever comes and returns nothing.</summary>
        public void TakeFor(int milliseconds)
        {
            for (int i = 0; i < milliseconds; i++)
            {
                Pass(1);
                Function.Take();
            }
        }

        /// <summary>Lets the manager work for some time, while the function returns what it takes.</summary>
        public void KeepPaceFor(int milliseconds, bool send = true)
        {
            for (int i = 0; i < milliseconds; i++)
            {
                Function.Take();
                Function.Return();
                Pass(1, send);
            }
        }

        /// <summary>The function returns all that it has in hand.</summary>
        public void Settle() => ProcessPlatform.Until(
            () =>
            {
                Function.Return();
                for (int i = 0; i < Rings; i++)
                    _manager.Poll();
                return Function.InHand == 0;
            },
            "everything is returned");

        /// <summary>Nothing more is sent, and the function keeps pace until everything is through.</summary>
        public void RunToTheEnd() => ProcessPlatform.Until(
            () =>
            {
                KeepPaceFor(1, send: false);
                return Statistics.Transmitted + Statistics.Dropped == Sent;
            },
            "everything is through");

        public async ValueTask DisposeAsync()
        {
            if (Function is not null)
                await Function.DisposeAsync();
            await _manager.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        private InstanceId Next => Statistics.Instances.Single(instance => instance.Service == _next).Id;
    }
}

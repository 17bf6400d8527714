using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerLifetimeTests
{
    public static TheoryData<string> Strategies => ["spin", "yield", "adaptive", "wait"];

    [Theory]
    [MemberData(nameof(Strategies))]
    public async Task A_worker_polls_from_start_to_stop_and_can_be_started_again(string strategy)
    {
        Worker worker = Workers.Create(Strategy(strategy));
        ScriptedPollable pollable = new(() => 0);
        worker.Add(pollable);
        Assert.Equal(WorkerState.Stopped, worker.State);
        for (int times = 0; times < 3; times++)
        {
            long before = pollable.Polls;
            worker.Start();
            Assert.Equal(WorkerState.Running, worker.State);
            Workers.Until(() => pollable.Polls > before + 2, "it polled");
            await worker.StopAsync().WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
            Assert.Equal(WorkerState.Stopped, worker.State);
            long after = pollable.Polls;
            Thread.Sleep(2);
            Assert.Equal(after, pollable.Polls);
        }

        Assert.False(pollable.Overlapped);
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public async Task A_worker_that_is_always_blocked_can_be_stopped(string strategy)
    {
        using Worker worker = Workers.Create(Strategy(strategy));
        ScriptedPollable pollable = new(() => IPollable.Blocked);
        worker.Add(pollable);
        worker.Start();
        // Beyond the rounds after which a blocked worker may nap.
        Workers.Until(() => pollable.Polls > 10_020, "it kept polling");
        await worker.StopAsync().WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
        Assert.Equal(0, worker.BusyRounds);
    }

    [Fact]
    public async Task Stopping_twice_or_without_a_thread_does_nothing()
    {
        Worker worker = Workers.Create();
        worker.Stop();
        await worker.StopAsync();
        worker.Start();
        worker.Stop();
        worker.Stop();
        await worker.DisposeAsync();
        worker.Dispose();
        Assert.Equal(WorkerState.Stopped, worker.State);
    }

    [Fact]
    public void A_running_worker_can_be_neither_started_nor_driven_by_hand()
    {
        using Worker worker = Workers.Create();
        worker.Start();
        Assert.Throws<InvalidOperationException>(worker.Start);
        Assert.Throws<InvalidOperationException>(() => worker.PollOnce());
        worker.Stop();
        Assert.Equal(0, worker.PollOnce());
    }

    [Fact]
    public async Task A_worker_cannot_wait_on_its_own_thread_for_its_own_end_but_can_ask_for_it()
    {
        using Worker worker = Workers.Create();
        worker.Start();
        Assert.Throws<InvalidOperationException>(() => worker.Invoke(worker.Stop));
        Assert.Equal(WorkerState.Running, worker.State);
        await worker.Invoke(worker.StopAsync).WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
        Assert.Equal(WorkerState.Stopped, worker.State);
    }

    [Fact]
    public async Task A_worker_can_be_started_from_within_an_action()
    {
        using Worker worker = Workers.Create();
        ScriptedPollable pollable = new(() => 0);
        worker.Add(pollable);
        await Workers.OnOtherThread(() => worker.Invoke(worker.Start));
        Workers.Until(() => pollable.Polls > 0, "it polled");
    }

    [Fact]
    public async Task Rounds_by_hand_and_a_thread_never_overlap()
    {
        using Worker worker = Workers.Create(IdleStrategy.Yield);
        ScriptedPollable pollable = new(() => 1);
        worker.Add(pollable);
        using CancellationTokenSource stop = new();
        int byHand = 0;
        Task driver = Workers.OnOtherThread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    worker.PollOnce();
                    byHand++;
                }
                catch (InvalidOperationException)
                {
                    // It has its thread just now.
                    Thread.Yield();
                }
            }
        });
        for (int i = 0; i < 100; i++)
        {
            worker.Start();
            worker.WaitForRound();
            worker.Stop();
            Thread.Yield();
        }

        Workers.Until(() => Volatile.Read(ref byHand) > 0, "a round by hand");
        await stop.CancelAsync();
        await driver;
        Assert.False(pollable.Overlapped);
        Assert.Equal(pollable.Polls, worker.Rounds);
    }

    [Fact]
    public void The_thread_has_the_workers_name_and_does_not_keep_the_process_alive()
    {
        using Worker worker = Workers.Create(name: "tx 3");
        worker.Start();
        Assert.Equal(("tx 3", true), worker.Invoke(() => (Thread.CurrentThread.Name, Thread.CurrentThread.IsBackground)));
    }

    [Fact]
    public void The_default_strategy_may_sleep() =>
        Assert.True(new Worker(new WorkerOptions(), TimeProvider.System, NullLogger.Instance).CanSleep);

    private static IdleStrategy Strategy(string name) => name switch
    {
        "spin" => IdleStrategy.Spin,
        "yield" => IdleStrategy.Yield,
        "adaptive" => IdleStrategy.Adaptive,
        _ => IdleStrategy.Wait(),
    };
}

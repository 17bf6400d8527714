using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerQuiescenceTests
{
    [Fact]
    public async Task Waiting_for_a_round_lasts_until_the_pollable_that_is_being_polled_returns()
    {
        using Worker worker = Workers.Create();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        worker.Add(new ScriptedPollable(() =>
        {
            entered.Set();
            leave.Wait(Workers.Hang);
            return 0;
        }));
        worker.Start();
        Assert.True(entered.Wait(Workers.Hang, TestContext.Current.CancellationToken));
        Task quiet = worker.WaitForRoundAsync();
        Task alsoQuiet = Workers.OnOtherThread(worker.WaitForRound);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.False(quiet.IsCompleted);
        Assert.False(alsoQuiet.IsCompleted);
        leave.Set();
        await Task.WhenAll(quiet, alsoQuiet).WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Without_a_thread_there_is_nothing_to_wait_for()
    {
        Worker worker = Workers.Create();
        worker.Add(new ScriptedPollable(() => 1));
        worker.WaitForRound();
        Assert.True(worker.WaitForRoundAsync().IsCompletedSuccessfully);
        Assert.Equal(0, worker.Rounds);
    }

    [Fact]
    public void A_sleeping_worker_is_waited_for_without_waiting_for_its_sleep()
    {
        using Worker worker = Workers.Create(IdleStrategy.Wait(TimeSpan.FromHours(1)));
        worker.Start();
        Workers.Until(() => worker.Sleeps > 0, "it slept");
        worker.WaitForRound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Within_a_round_waiting_is_refused_and_asking_is_answered_after_it(bool threaded)
    {
        using Worker worker = Workers.Create();
        Task? quiet = null;
        bool refused = false;
        bool early = false;
        worker.Add(new ScriptedPollable(() =>
        {
            if (quiet is not null)
                return 0;
            refused = Record.Exception(worker.WaitForRound) is InvalidOperationException;
            quiet = worker.WaitForRoundAsync();
            early = quiet.IsCompleted;
            return 1;
        }));
        if (threaded)
            worker.Start();
        else
            worker.PollOnce();
        Workers.Until(() => Volatile.Read(ref quiet)?.IsCompletedSuccessfully == true, "the round ended");
        Assert.True(refused);
        Assert.False(early);
    }

    [Fact]
    public void What_was_replaced_is_not_used_after_a_round()
    {
        using Worker worker = Workers.Create(IdleStrategy.Yield);
        Snapshot current = new();
        int used = 0;
        int usedAfterFree = 0;
        worker.Add(new ScriptedPollable(() =>
        {
            Snapshot snapshot = Volatile.Read(ref current);
            for (int i = 0; i < 20; i++)
                usedAfterFree += Volatile.Read(ref snapshot.Freed) ? 1 : 0;
            Volatile.Write(ref used, used + 1);
            return 1;
        }));
        worker.Start();
        for (int i = 0; i < 2_000; i++)
        {
            Snapshot old = current;
            Volatile.Write(ref current, new Snapshot());
            worker.WaitForRound();
            Volatile.Write(ref old.Freed, true);
        }

        worker.Stop();
        Assert.Equal(0, usedAfterFree);
        Assert.True(used > 0);
    }

    private sealed class Snapshot
    {
        public bool Freed;
    }
}

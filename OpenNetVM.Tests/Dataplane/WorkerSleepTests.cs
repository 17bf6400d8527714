using System.Globalization;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerSleepTests
{
    private static readonly IdleStrategy UntilWoken = IdleStrategy.Wait(TimeSpan.FromHours(1));

    // OPENNETVM_WAKEUPS raises the number for a soak.
    private static int Wakeups =>
        int.TryParse(Environment.GetEnvironmentVariable("OPENNETVM_WAKEUPS"), CultureInfo.InvariantCulture, out int value) ? value : 3_000;

    [Fact]
    public void No_wakeup_is_lost_however_the_producer_and_the_sleeper_meet()
    {
        using Worker worker = Workers.Create(UntilWoken);
        Inbox inbox = new();
        worker.Add(new ScriptedPollable(inbox.Poll));
        worker.Start();
        Random random = new(3);
        for (long i = 1; i <= Wakeups; i++)
        {
            // Somewhere between "just polled" and "asleep for long".
            Thread.SpinWait(random.Next(0, 3_000));
            Volatile.Write(ref inbox.Published, i);
            Publish(worker);
            Workers.Until(() => Volatile.Read(ref inbox.Seen) == i, $"item {i} was seen; a wake-up is lost");
        }

        Assert.True(worker.Sleeps > 0, "the worker never slept, so that nothing was tried");
    }

    [Theory]
    [InlineData(0)] // While the worker is awake: the wake-up has no effect, the last look must find the work.
    [InlineData(1)] // During the last look, after it has looked: the wake-up must keep the worker from its sleep.
    public void Work_published_just_after_a_poll_that_found_none_is_seen(int emptyPoll)
    {
        using Worker worker = Workers.Create(UntilWoken);
        PublishAfterLook script = new(emptyPoll, () => Publish(worker));
        worker.Add(new ScriptedPollable(script.Poll));
        worker.Start();
        Workers.Until(() => script.Seen, "the work was seen; the wake-up is lost");
    }

    [Fact]
    public void The_script_of_that_test_catches_a_sleeper_that_does_not_look_again()
    {
        ForgetfulSleeper? broken = null;
        PublishAfterLook script = new(0, () => broken!.Wake());
        broken = new ForgetfulSleeper(script.Poll);
        broken.Start();
        Workers.Until(() => script.Seen || broken.IsAsleep, "it slept over the work");
        Assert.False(script.Seen);
        broken.Stop();
    }

    [Fact]
    public void A_sleeping_worker_stays_asleep_until_it_is_woken()
    {
        using Worker worker = Workers.Create(UntilWoken);
        worker.Start();
        Workers.Until(() => worker.Sleeps > 0, "it slept");
        long rounds = worker.Rounds;
        Thread.Sleep(50);
        Assert.Equal((rounds, 1), (worker.Rounds, worker.Sleeps));
        Publish(worker);
        Workers.Until(() => worker.Rounds > rounds && worker.Sleeps == 2, "it woke and slept again");
    }

    [Fact]
    public void A_pollable_that_waits_for_a_time_is_polled_then()
    {
        using Worker worker = Workers.Create(UntilWoken);
        long due = 0;
        long sleepsByThen = -1;
        worker.Add(new ScriptedPollable(() =>
        {
            if (sleepsByThen >= 0)
                return 0;
            due = due == 0 ? worker.Now + TimeProvider.System.TimestampFrequency / 50 : due;
            // Later times too: the earliest counts.
            worker.ScheduleWakeup(due + TimeProvider.System.TimestampFrequency * 600);
            worker.ScheduleWakeup(due);
            worker.ScheduleWakeup(long.MaxValue);
            if (worker.Now >= due)
                Volatile.Write(ref sleepsByThen, worker.Sleeps);
            return 0;
        }));
        worker.Start();
        Workers.Until(() => Volatile.Read(ref sleepsByThen) >= 0, "the time came");
        Workers.Until(() => worker.Sleeps > sleepsByThen, "it slept again");
        // A request is good for one sleep: with none, it is the hour again.
        long rounds = worker.Rounds;
        Thread.Sleep(50);
        Assert.InRange(worker.Rounds, rounds, rounds + 1);
    }

    [Fact]
    public void A_pollable_whose_time_has_come_keeps_the_worker_awake()
    {
        using Worker worker = Workers.Create(UntilWoken);
        ScriptedPollable pollable = new(() =>
        {
            worker.ScheduleWakeup(worker.Now);
            return 0;
        });
        worker.Add(pollable);
        worker.Start();
        Workers.Until(() => pollable.Polls > 100, "it kept polling");
        Assert.Equal(0, worker.Sleeps);
    }

    [Fact]
    public void A_blocked_worker_keeps_polling_without_being_woken()
    {
        using Worker worker = Workers.Create(UntilWoken);
        long polls = 0;
        // The room comes without a wake-up, long after the worker has begun to nap.
        ScriptedPollable pollable = new(() => ++polls > 10_050 ? 0 : IPollable.Blocked);
        worker.Add(pollable);
        worker.Start();
        Workers.Until(() => pollable.Polls > 10_050, "it kept polling");
    }

    [Fact]
    public void A_worker_that_naps_sees_work_that_nobody_woke_it_for()
    {
        using Worker worker = Workers.Create(IdleStrategy.Nap(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)));
        bool work = false;
        bool seen = false;
        worker.Add(new ScriptedPollable(() =>
        {
            if (!Volatile.Read(ref work))
                return 0;
            Volatile.Write(ref work, false);
            Volatile.Write(ref seen, true);
            return 1;
        }));
        worker.Start();
        Workers.Until(() => worker.Rounds > 10, "it naps");
        Volatile.Write(ref work, true);
        Workers.Until(() => Volatile.Read(ref seen), "it saw the work");
        Assert.Equal(0, worker.Sleeps);
        Assert.True(worker.CanSleep);
    }

    [Fact]
    public void A_worker_that_naps_sleeps_until_it_is_woken_after_a_while_without_work()
    {
        using Worker worker = Workers.Create(IdleStrategy.Nap(TimeSpan.FromMicroseconds(100), TimeSpan.FromMilliseconds(2)));
        Inbox inbox = new();
        worker.Add(new ScriptedPollable(inbox.Poll));
        worker.Start();
        for (long i = 1; i <= 5; i++)
        {
            long sleeps = worker.Sleeps;
            Workers.Until(() => worker.Sleeps > sleeps, "it sleeps");
            Volatile.Write(ref inbox.Published, i);
            Publish(worker);
            Workers.Until(() => Volatile.Read(ref inbox.Seen) == i, $"item {i} was seen");
        }
    }

    [Theory]
    [InlineData("wait")]
    [InlineData("adaptive")]
    [InlineData("nap")]
    public void An_idle_worker_that_may_sleep_costs_next_to_nothing(string strategy)
    {
        using Worker worker = Workers.Create(strategy switch
        {
            "wait" => IdleStrategy.Wait(),
            "nap" => IdleStrategy.Nap(TimeSpan.FromMicroseconds(50)),
            _ => IdleStrategy.Adaptive,
        });
        worker.Add(new ScriptedPollable(() => 0));
        worker.Start();
        Workers.Until(() => worker.Sleeps > 8, "it sleeps");
        TimeSpan cpuBefore = worker.Invoke(ThreadStatistics.CpuTime);
        long start = TimeProvider.System.GetTimestamp();
        Thread.Sleep(700);
        TimeSpan cpu = worker.Invoke(ThreadStatistics.CpuTime) - cpuBefore;
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(start);
        TestContext.Current.SendDiagnosticMessage($"idle {strategy} worker: {cpu.TotalMicroseconds:0} us of processor time in {elapsed.TotalMilliseconds:0} ms");
        Assert.True(cpu < elapsed / 20, $"an idle worker used {cpu.TotalMilliseconds} ms of {elapsed.TotalMilliseconds} ms");
    }

    [Fact]
    public void The_measure_of_that_test_sees_a_worker_that_spins()
    {
        using Worker worker = Workers.Create(IdleStrategy.Spin);
        worker.Start();
        TimeSpan before = worker.Invoke(ThreadStatistics.CpuTime);
        Workers.Until(() => worker.Invoke(ThreadStatistics.CpuTime) - before > TimeSpan.FromMilliseconds(40), "its time grew");
    }

    [Fact]
    public void Waking_a_worker_without_a_thread_does_nothing()
    {
        Worker worker = Workers.Create(UntilWoken);
        worker.Wake();
        Assert.Equal((true, 0, 0), (worker.CanSleep, worker.Sleeps, worker.Rounds));
        Assert.False(Workers.Create(IdleStrategy.Yield).CanSleep);
    }

    // What every producer does after publishing.
    private static void Publish(Worker worker)
    {
        if (worker.CanSleep)
            Interlocked.MemoryBarrier();
        worker.Wake();
    }

    /// <summary>What was published last, and what the worker has seen of that.</summary>
    private sealed class Inbox
    {
        public long Published;
        public long Seen;

        public int Poll()
        {
            long now = Volatile.Read(ref Published);
            if (now == Seen)
                return 0;
            Volatile.Write(ref Seen, now);
            return 1;
        }
    }

    /// <summary>A poll that looks, finds nothing, and returns only after another thread has published work and called for it.</summary>
    private sealed class PublishAfterLook(int emptyPoll, Action wake)
    {
        private int _polls;
        private bool _work;

        public bool Seen { get; private set; }

        public int Poll()
        {
            if (Volatile.Read(ref _work))
            {
                Volatile.Write(ref _work, false);
                Seen = true;
                return 1;
            }

            if (_polls++ == emptyPoll)
            {
                Thread producer = new(() =>
                {
                    Volatile.Write(ref _work, true);
                    wake();
                });
                producer.Start();
                producer.Join();
            }

            return 0;
        }
    }
}

using OpenNetVM.Core.Dataplane;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerInvokeTests
{
    [Fact]
    public void Without_a_thread_an_action_runs_on_the_callers()
    {
        Worker worker = Workers.Create();
        int thread = 0;
        bool isWorker = false;
        worker.Invoke(() => (thread, isWorker) = (Environment.CurrentManagedThreadId, worker.IsCurrentThread));
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        Assert.True(isWorker);
        Assert.False(worker.IsCurrentThread);
        Assert.Equal(42, worker.Invoke(() => 42));
    }

    [Fact]
    public async Task On_a_running_worker_an_action_runs_on_its_thread_between_rounds()
    {
        using Worker worker = Workers.Create(IdleStrategy.Yield);
        bool inside = false;
        worker.Add(new ScriptedPollable(() =>
        {
            inside = true;
            Thread.Yield();
            inside = false;
            return 0;
        }));
        worker.Start();
        int workerThread = worker.Invoke(() => Environment.CurrentManagedThreadId);
        Assert.NotEqual(Environment.CurrentManagedThreadId, workerThread);
        for (int i = 0; i < 1000; i++)
        {
            (bool within, bool current, int thread) = worker.Invoke(() => (inside, worker.IsCurrentThread, Environment.CurrentManagedThreadId));
            Assert.False(within);
            Assert.True(current);
            Assert.Equal(workerThread, thread);
        }

        await worker.StopAsync().WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void From_within_a_poll_an_action_runs_at_once(bool threaded)
    {
        using Worker worker = Workers.Create();
        bool done = false;
        bool ranAtOnce = false;
        worker.Add(new ScriptedPollable(() =>
        {
            if (done)
                return 0;
            worker.Invoke(() => done = true);
            ranAtOnce = done;
            return 1;
        }));
        Drive(worker, threaded);
        Workers.Until(() => done, "the action ran");
        worker.Stop();
        Assert.True(ranAtOnce);
        Assert.Equal(0, worker.Faults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exception_comes_back_to_the_caller_and_the_worker_goes_on(bool threaded)
    {
        using Worker worker = Workers.Create();
        if (threaded)
            worker.Start();
        FormatException thrown = new("mine");
        Assert.Same(thrown, Assert.Throws<FormatException>(() => worker.Invoke(() => throw thrown)));
        Assert.Same(thrown, Assert.Throws<FormatException>(() => worker.Invoke<int>(() => throw thrown)));
        Assert.Equal(7, worker.Invoke(() => 7));
        Assert.Equal(0, worker.Faults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_asynchronous_action_from_within_a_poll_runs_after_the_round(bool threaded)
    {
        using Worker worker = Workers.Create();
        List<string> order = [];
        Task? after = null;
        worker.Add(new ScriptedPollable(() =>
        {
            if (after is not null)
                return 0;
            after = worker.InvokeAsync(() => order.Add("action"));
            order.Add("first");
            return 1;
        }));
        worker.Add(new ScriptedPollable(() =>
        {
            if (order.Count < 3 && !order.Contains("second"))
                order.Add("second");
            return 0;
        }));
        Drive(worker, threaded);
        Workers.Until(() => Volatile.Read(ref after)?.IsCompletedSuccessfully == true, "the action ran");
        worker.Stop();
        Assert.Equal(["first", "second", "action"], order);
    }

    [Fact]
    public async Task An_asynchronous_action_reports_its_exception_in_its_task()
    {
        using Worker worker = Workers.Create();
        await Assert.ThrowsAsync<FormatException>(() => worker.InvokeAsync(() => throw new FormatException()));
        worker.Start();
        await Assert.ThrowsAsync<FormatException>(() => worker.InvokeAsync(() => throw new FormatException()));
    }

    [Fact]
    public async Task Actions_invoked_while_the_worker_stops_and_starts_are_each_run_once()
    {
        Worker worker = Workers.Create();
        worker.Add(new ScriptedPollable(() => 0));
        using CancellationTokenSource stop = new();
        long ran = 0;
        long[] invoked = new long[2];
        Task[] callers = [.. Enumerable.Range(0, invoked.Length).Select(caller => Workers.OnOtherThread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                // Not interlocked: the role is what keeps two actions from running together.
                worker.Invoke(() => ran++);
                invoked[caller]++;
            }
        }))];
        for (int i = 0; i < 200; i++)
        {
            worker.Start();
            if (i % 2 == 0)
                Thread.Yield();
            await worker.StopAsync().WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Equal(invoked.Sum(), ran);
        Assert.True(ran > 0);
        Assert.Equal(WorkerState.Stopped, worker.State);
    }

    [Fact]
    public async Task Actions_that_wait_when_the_worker_is_stopped_are_run_by_its_thread_first()
    {
        using Worker worker = Workers.Create();
        worker.Start();
        int workerThread = worker.Invoke(() => Environment.CurrentManagedThreadId);
        using ManualResetEventSlim hold = new();
        Task held = worker.InvokeAsync(() => hold.Wait(Workers.Hang));
        int ranOn = 0;
        Task waiting = worker.InvokeAsync(() => ranOn = Environment.CurrentManagedThreadId);
        Task stopped = worker.StopAsync();
        Assert.False(stopped.IsCompleted);
        Assert.Equal(WorkerState.Stopping, worker.State);
        hold.Set();
        await Task.WhenAll(held, waiting, stopped).WaitAsync(Workers.Hang, TestContext.Current.CancellationToken);
        Assert.Equal(workerThread, ranOn);
    }

    [Fact]
    public async Task Two_workers_that_invoke_on_each_other_are_refused_instead_of_hanging()
    {
        using Worker a = Workers.Create(name: "a");
        using Worker b = Workers.Create(name: "b");
        a.Start();
        b.Start();
        string? refusal = null;
        await Workers.OnOtherThread(() => a.Invoke(() => b.Invoke(() =>
            refusal = Assert.Throws<InvalidOperationException>(() => a.Invoke(() => { })).Message)));
        Assert.NotNull(refusal);
        Assert.Contains("'a'", refusal, StringComparison.Ordinal);
        Assert.Contains("'b'", refusal, StringComparison.Ordinal);
        // And a wait that is no circle is not refused.
        Assert.Equal(5, a.Invoke(() => b.Invoke(() => 5)));
        Assert.Equal(6, b.Invoke(() => a.Invoke(() => 6)));
    }

    [Fact]
    public async Task Two_workers_that_keep_invoking_on_each_other_never_hang()
    {
        using Worker a = Workers.Create(name: "a");
        using Worker b = Workers.Create(name: "b");
        a.Start();
        b.Start();
        int crossed = 0;
        int refused = 0;
        void Cross(Worker from, Worker to)
        {
            for (int i = 0; i < 2_000; i++)
            {
                from.Invoke(() =>
                {
                    try
                    {
                        to.Invoke(() => Interlocked.Increment(ref crossed));
                    }
                    catch (InvalidOperationException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                });
            }
        }

        await Task.WhenAll(Workers.OnOtherThread(() => Cross(a, b)), Workers.OnOtherThread(() => Cross(b, a)));
        Assert.Equal(4_000, crossed + refused);
        Assert.True(crossed > 0);
    }

    [Fact]
    public void Invoking_allocates_neither_on_the_callers_thread_nor_on_the_workers()
    {
        using Worker worker = Workers.Create();
        worker.Start();
        long onWorker = 0;
        int ran = 0;
        Action action = () =>
        {
            ran++;
            onWorker = GC.GetAllocatedBytesForCurrentThread();
        };
        worker.Invoke(action);
        int invoked = 1;

        // Yields let the worker fall asleep between some of them: both kinds of wait are among the thousands.
        Allocations.AssertSettleAtNone(
            () =>
            {
                for (int i = 0; i < 500; i++)
                {
                    worker.Invoke(action);
                    worker.WaitForRound();
                    invoked++;
                    if (i % 100 == 0)
                        Thread.Sleep(1);
                }
            },
            () => GC.GetAllocatedBytesForCurrentThread() + onWorker);
        Assert.Equal(invoked, ran);
    }

    [Fact]
    public async Task Every_caller_gets_the_end_and_the_exception_of_its_own_action_however_many_call_at_once()
    {
        const int callers = 16;
        using Worker worker = Workers.Create();
        worker.Start();
        int[] ran = new int[callers];

        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Workers.OnOtherThread(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                string name = $"{caller} {i}";
                Exception? thrown = Record.Exception(() => worker.Invoke(() =>
                {
                    ran[caller]++;
                    if (i % 3 == 0)
                        throw new InvalidDataException(name);
                }));
                Assert.Equal(i + 1, ran[caller]);
                Assert.Equal(i % 3 == 0 ? name : null, thrown?.Message);
            }
        })));

        worker.Invoke(() => Assert.Equal(callers * 1_000, ran.Sum()));
    }

    [Fact]
    public async Task An_action_whose_wait_was_interrupted_still_runs_once_and_ends_nobody_elses_wait()
    {
        using Worker worker = Workers.Create();
        worker.Start();
        using ManualResetEventSlim release = new();
        for (int round = 0; round < 20; round++)
        {
            release.Reset();
            bool begun = false;
            Task blocking = worker.InvokeAsync(() =>
            {
                Volatile.Write(ref begun, true);
                release.Wait(Workers.Hang);
            });
            Workers.Until(() => Volatile.Read(ref begun), "the worker is busy");
            int abandoned = 0;
            Thread? impatient = null;
            Task interrupted = Workers.OnOtherThread(() =>
            {
                Volatile.Write(ref impatient, Thread.CurrentThread);
                Assert.Throws<ThreadInterruptedException>(() => worker.Invoke(() => abandoned++));
            });
            Workers.Until(() => Volatile.Read(ref impatient) is not null, "the thread began");
            impatient!.Interrupt();
            await interrupted;

            // Were the abandoned one used again, these would be in the queue twice or return before they have run.
            int[] ran = new int[8];
            Task[] others = [.. Enumerable.Range(0, ran.Length).Select(i => Workers.OnOtherThread(() =>
            {
                worker.Invoke(() => ran[i]++);
                Assert.Equal(1, ran[i]);
            }))];
            release.Set();
            await blocking;
            await Task.WhenAll(others);
            worker.WaitForRound();
            Assert.Equal(1, abandoned);
            Assert.All(ran, times => Assert.Equal(1, times));
        }
    }

    private static void Drive(Worker worker, bool threaded)
    {
        if (threaded)
            worker.Start();
        else
            worker.PollOnce();
    }
}

using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerRoundTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_round_polls_everything_once_in_the_order_of_adding()
    {
        Worker worker = Workers.Create(time: _time);
        List<string> seen = [];
        foreach (string name in (string[])["a", "b", "c"])
            worker.Add(new ScriptedPollable(() => Note(seen, name), name));

        Assert.Equal(3, worker.PollOnce());
        Assert.Equal(3, worker.PollOnce());

        Assert.Equal(["a", "b", "c", "a", "b", "c"], seen);
        Assert.Equal(["a", "b", "c"], worker.Pollables.Select(p => p.Name));
        Assert.Equal(2, worker.Rounds);
        Assert.Equal(2, worker.BusyRounds);
    }

    [Theory]
    [InlineData(new[] { 0, 0 }, 0)]
    [InlineData(new[] { 0, IPollable.Blocked }, IPollable.Blocked)]
    [InlineData(new[] { IPollable.Blocked, 0 }, IPollable.Blocked)]
    [InlineData(new[] { -7, 0 }, IPollable.Blocked)]
    [InlineData(new[] { 5, IPollable.Blocked, 6 }, 11)]
    [InlineData(new[] { int.MaxValue, 1 }, int.MaxValue)]
    [InlineData(new[] { int.MaxValue, int.MaxValue, int.MaxValue }, int.MaxValue)]
    [InlineData(new int[0], 0)]
    public void A_round_reports_work_before_blocked_before_idle(int[] answers, int expected)
    {
        Worker worker = Workers.Create(time: _time);
        foreach (int answer in answers)
            worker.Add(new ScriptedPollable(() => answer));

        Assert.Equal(expected, worker.PollOnce());
        Assert.Equal(expected > 0 ? 1 : 0, worker.BusyRounds);
    }

    [Fact]
    public void The_clock_is_fresh_in_every_round_by_hand()
    {
        Worker worker = Workers.Create(time: _time);
        List<long> clock = [];
        worker.Add(new ScriptedPollable(() => Note(clock, worker.Now)));
        for (int i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            worker.PollOnce();
            Assert.Equal(_time.GetTimestamp(), clock[^1]);
        }
    }

    [Fact]
    public void Busy_time_counts_what_rounds_with_work_take_and_nothing_else()
    {
        Worker worker = Workers.Create(time: _time);
        int work = 1;
        worker.Add(new ScriptedPollable(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            return work;
        }));

        worker.PollOnce();
        Assert.Equal(TimeSpan.FromMilliseconds(10), worker.BusyTime);
        _time.Advance(TimeSpan.FromSeconds(5));
        work = 0;
        worker.PollOnce();
        work = IPollable.Blocked;
        worker.PollOnce();
        Assert.Equal(TimeSpan.FromMilliseconds(10), worker.BusyTime);
        work = 3;
        worker.PollOnce();
        Assert.Equal(TimeSpan.FromMilliseconds(20), worker.BusyTime);
        Assert.Equal((4, 2), (worker.Rounds, worker.BusyRounds));
    }

    [Fact]
    public void Adding_within_a_round_takes_effect_in_the_next()
    {
        Worker worker = Workers.Create(time: _time);
        ScriptedPollable late = new(() => 1);
        worker.Add(new ScriptedPollable(() =>
        {
            if (worker.Pollables.Count == 1)
                worker.Add(late);
            return 1;
        }));

        Assert.Equal(1, worker.PollOnce());
        Assert.Equal(2, worker.PollOnce());
        Assert.Equal(1, late.Polls);
    }

    [Fact]
    public void What_a_pollable_removes_is_not_polled_again_even_later_in_the_same_round()
    {
        Worker worker = Workers.Create(time: _time);
        ScriptedPollable victim = new(() => 1);
        ScriptedPollable added = new(() => 1);
        worker.Add(new ScriptedPollable(() =>
        {
            // The add first, so that the removal works on another array than the one the round goes through.
            worker.Add(added);
            Assert.True(worker.Remove(victim));
            Assert.False(worker.Remove(victim));
            return 1;
        }));
        worker.Add(victim);
        worker.PollOnce();

        Assert.Equal(0, victim.Polls);
        Assert.Equal(0, worker.Faults);
        Assert.DoesNotContain(victim, worker.Pollables);
    }

    [Fact]
    public void A_pollable_can_remove_itself()
    {
        Worker worker = Workers.Create(time: _time);
        ScriptedPollable? self = null;
        self = new ScriptedPollable(() => worker.Remove(self!) ? 1 : 0);
        worker.Add(self);
        Assert.Equal(1, worker.PollOnce());
        Assert.Equal(0, worker.PollOnce());
        Assert.Equal(1, self.Polls);
    }

    [Fact]
    public void Adding_a_pollable_twice_is_refused()
    {
        Worker worker = Workers.Create(time: _time);
        ScriptedPollable pollable = new(() => 0, "rx 7");
        worker.Add(pollable);
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => worker.Add(pollable));
        Assert.Contains("rx 7", refusal.Message, StringComparison.Ordinal);
        Assert.Single(worker.Pollables);
    }

    [Fact]
    public void Rounds_do_not_allocate()
    {
        Worker worker = Workers.Create();
        int answer = 0;
        for (int i = 0; i < 4; i++)
            worker.Add(new ScriptedPollable(() => answer));

        Allocations.AssertSettleAtNone(() =>
        {
            for (int i = 0; i < 3_000; i++)
            {
                // Busy, idle and blocked rounds.
                answer = (i % 3) - 1;
                worker.PollOnce();
            }
        });
        Assert.True(worker.BusyRounds >= 3_000);
    }

    [Fact]
    public void A_pollable_must_not_drive_its_own_worker()
    {
        Worker worker = Workers.Create(time: _time);
        InvalidOperationException? refusal = null;
        worker.Add(new ScriptedPollable(() =>
        {
            refusal = Assert.Throws<InvalidOperationException>(() => worker.PollOnce());
            return 1;
        }));
        Assert.Equal(1, worker.PollOnce());
        Assert.NotNull(refusal);
    }

    [Fact]
    public void Options_are_checked_where_they_are_given()
    {
        Assert.Throws<ArgumentException>(() => Workers.Create(name: " "));
        Assert.Throws<ArgumentException>(() => new Worker(new WorkerOptions { Idle = null! }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        Assert.Throws<ArgumentNullException>(() => Workers.Create().Add(null!));
    }

    private static int Note<T>(List<T> list, T item)
    {
        list.Add(item);
        return 1;
    }
}

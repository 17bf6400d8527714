using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerFaultTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_pollable_that_throws_does_not_stop_the_others()
    {
        Worker worker = Workers.Create(time: _time);
        ScriptedPollable before = new(() => 1);
        ScriptedPollable after = new(() => 1);
        worker.Add(before);
        worker.Add(new ScriptedPollable(() => throw new FormatException()));
        worker.Add(after);
        for (int round = 1; round <= 3; round++)
        {
            Assert.Equal(2, worker.PollOnce());
            Assert.Equal((round, round), (before.Polls, after.Polls));
            Assert.Equal(round, worker.Faults);
        }
    }

    [Fact]
    public void The_first_faults_in_a_row_are_retried_at_once_and_further_ones_after_ever_longer_pauses()
    {
        Worker worker = Workers.Create(time: _time);
        ScriptedPollable faulty = new(() => throw new FormatException());
        worker.Add(faulty);
        for (int i = 1; i <= 4; i++)
        {
            worker.PollOnce();
            Assert.Equal(i, faulty.Polls);
        }

        int[] pauses = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000];
        foreach (int pause in pauses)
        {
            long polls = faulty.Polls;
            _time.Advance(TimeSpan.FromMilliseconds(pause) - TimeSpan.FromTicks(1));
            worker.PollOnce();
            Assert.Equal(polls, faulty.Polls);
            _time.Advance(TimeSpan.FromTicks(1));
            worker.PollOnce();
            Assert.Equal(polls + 1, faulty.Polls);
        }
    }

    [Fact]
    public void A_poll_that_returns_ends_the_row_of_faults()
    {
        Worker worker = Workers.Create(time: _time);
        bool faulty = true;
        ScriptedPollable pollable = new(() => faulty ? throw new FormatException() : 0);
        worker.Add(pollable);
        for (int i = 0; i < 4; i++)
            worker.PollOnce();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        faulty = false;
        worker.PollOnce();
        Assert.Equal(5, pollable.Polls);
        // From here on it has all its retries again.
        faulty = true;
        for (int i = 0; i < 4; i++)
            worker.PollOnce();
        Assert.Equal(9, pollable.Polls);
    }

    [Fact]
    public void Faults_are_logged_at_most_once_a_second_with_their_number()
    {
        RecordingLogger logger = new();
        Worker worker = Workers.Create(time: _time, logger: logger, name: "rx");
        for (int i = 0; i < 3; i++)
            worker.Add(new ScriptedPollable(() => throw new FormatException("bad packet"), $"port {i}"));
        worker.PollOnce();
        worker.PollOnce();
        (string message, Exception? exception) = Assert.Single(logger.Errors);
        Assert.IsType<FormatException>(exception);
        Assert.Contains("rx", message, StringComparison.Ordinal);
        Assert.Contains("port 0", message, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(1));
        worker.PollOnce();
        Assert.Equal(2, logger.Errors.Count);
        // Five that went unlogged, and this one.
        Assert.Contains("6 on this worker", logger.Errors[1].Message, StringComparison.Ordinal);
        Assert.Equal(9, worker.Faults);
    }

    [Fact]
    public void A_logger_that_throws_does_not_stop_the_worker()
    {
        Worker worker = Workers.Create(time: _time, logger: new RecordingLogger { Throws = true });
        ScriptedPollable neighbour = new(() => 1);
        worker.Add(new ScriptedPollable(() => throw new FormatException()));
        worker.Add(neighbour);
        Assert.Equal(1, worker.PollOnce());
        Assert.Equal(1, worker.Faults);
        Assert.Equal(1, neighbour.Polls);
    }

    [Fact]
    public void A_sleeping_worker_comes_back_for_a_pollable_that_threw()
    {
        // Nobody wakes it within this test, unless the fault does.
        using Worker worker = Workers.Create(IdleStrategy.Wait(TimeSpan.FromHours(1)));
        int left = 7;
        ScriptedPollable pollable = new(() => left-- > 0 ? throw new FormatException() : 0);
        worker.Add(pollable);
        worker.Start();
        Workers.Until(() => pollable.Polls >= 8, "it was polled after its faults");
        Assert.Equal(7, worker.Faults);
        Assert.Equal(WorkerState.Running, worker.State);
    }

    private sealed class RecordingLogger : ILogger
    {
        public List<(string Message, Exception? Exception)> Errors { get; } = [];

        public bool Throws { get; init; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (Throws)
                throw new IOException("the disk is full");
            if (logLevel == LogLevel.Error)
                Errors.Add((formatter(state, exception), exception));
        }
    }
}

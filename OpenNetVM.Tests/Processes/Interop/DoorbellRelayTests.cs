using System.Diagnostics;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Dataplane;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Interop;

[Collection(SoakCollection.Name)]
public sealed class DoorbellRelayTests
{
    private readonly CancellationToken _stop = Patience.Start();

    [Fact]
    public void A_ring_runs_the_bells_own_action()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var first = EventFd.Create();
        using var second = EventFd.Create();
        int firstRuns = 0;
        int secondRuns = 0;
        relay.Add(first, () => Interlocked.Increment(ref firstRuns));
        relay.Add(second, () => Interlocked.Increment(ref secondRuns));
        for (int i = 1; i <= 100; i++)
        {
            first.Ring();
            Workers.Until(() => Volatile.Read(ref firstRuns) == i, $"ring {i} is heard");
        }

        Assert.Equal(0, secondRuns);
        second.Ring();
        Workers.Until(() => Volatile.Read(ref secondRuns) == 1, "the second bell is heard");
        Assert.Equal(0, relay.Floods(first));
    }

    [Fact]
    public void A_ring_before_the_bell_was_added_is_heard()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var bell = EventFd.Create();
        bell.Ring();
        using var heard = new ManualResetEventSlim();
        relay.Add(bell, heard.Set);
        Assert.True(heard.Wait(Workers.Hang, _stop));
    }

    [Fact]
    public void A_ring_during_the_action_runs_it_again()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var bell = EventFd.Create();
        using var goOn = new ManualResetEventSlim();
        int runs = 0;
        relay.Add(bell, () =>
        {
            Interlocked.Increment(ref runs);
            goOn.Wait(_stop);
        });
        bell.Ring();
        Workers.Until(() => Volatile.Read(ref runs) == 1, "the action runs");
        bell.Ring();
        goOn.Set();
        Workers.Until(() => Volatile.Read(ref runs) == 2, "the action runs once more");
    }

    [Fact]
    public void After_removal_the_action_is_not_running_and_does_not_run_again()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var bell = EventFd.Create();
        using var fence = EventFd.Create();
        using var goOn = new ManualResetEventSlim();
        int started = 0;
        int ended = 0;
        int fenced = 0;
        relay.Add(fence, () => Interlocked.Increment(ref fenced));
        relay.Add(bell, () =>
        {
            Interlocked.Increment(ref started);
            goOn.Wait(_stop);
            Interlocked.Increment(ref ended);
        });
        bell.Ring();
        Workers.Until(() => Volatile.Read(ref started) == 1, "the action runs");
        int endedAtRemoval = -1;
        var removing = new Thread(() =>
        {
            relay.Remove(bell);
            endedAtRemoval = Volatile.Read(ref ended);
        });
        removing.Start();
        Workers.Until(() => (removing.ThreadState & System.Threading.ThreadState.WaitSleepJoin) != 0, "the removal waits for the action");
        goOn.Set();
        removing.Join();
        Assert.Equal(1, endedAtRemoval);

        bell.Ring();
        fence.Ring();
        Workers.Until(() => Volatile.Read(ref fenced) == 1, "the other bell is heard");
        Assert.Equal(1, started);
        relay.Remove(bell);
    }

    [Fact]
    public void An_action_can_remove_its_own_bell_and_add_others()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var bell = EventFd.Create();
        using var next = EventFd.Create();
        using var heard = new ManualResetEventSlim();
        int runs = 0;
        relay.Add(bell, () =>
        {
            runs++;
            relay.Remove(bell);
            relay.Add(next, heard.Set);
            bell.Ring();
            next.Ring();
        });
        bell.Ring();
        Assert.True(heard.Wait(Workers.Hang, _stop));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void An_action_that_throws_stops_neither_its_bell_nor_the_others()
    {
        ProcessSkips.UnlessLinux();
        var logger = new RecordingLogger();
        using var relay = new DoorbellRelay(logger);
        using var bell = EventFd.Create();
        int runs = 0;
        relay.Add(bell, () => throw new InvalidOperationException($"run {Interlocked.Increment(ref runs)}"));
        bell.Ring();
        Workers.Until(() => Volatile.Read(ref runs) == 1, "the action runs");
        bell.Ring();
        Workers.Until(() => Volatile.Read(ref runs) == 2, "the action runs again");
        Workers.Until(() => logger.Entries.Count == 2, "both exceptions are logged");
    }

    [Fact]
    public async Task A_bell_in_a_flood_keeps_no_other_from_being_heard_and_is_itself_heard_at_most_a_thousand_times_in_ten_milliseconds()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var flooded = EventFd.Create();
        using var quiet = EventFd.Create();
        long heard = 0;
        int quietRuns = 0;
        bool over = false;
        bool heardOver = false;
        var clock = Stopwatch.StartNew();
        relay.Add(flooded, () =>
        {
            heard++;
            if (Volatile.Read(ref over))
                Volatile.Write(ref heardOver, true);
        });
        relay.Add(quiet, () => Interlocked.Increment(ref quietRuns));

        bool stop = false;
        Task flooder = Workers.OnOtherThread(() =>
        {
            while (!Volatile.Read(ref stop))
                flooded.Ring();
        });
        try
        {
            for (int i = 1; i <= 200; i++)
            {
                quiet.Ring();
                Workers.Until(() => Volatile.Read(ref quietRuns) == i, $"ring {i} of the quiet bell is heard");
            }

            Workers.Until(() => relay.Floods(flooded) >= 3, "three floods are counted");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            await flooder;
        }

        Assert.Equal(0, relay.Floods(quiet));

        // Whether it is being listened to at this moment or not: the last ring is not lost.
        Volatile.Write(ref over, true);
        flooded.Ring();
        Workers.Until(() => Volatile.Read(ref heardOver), "the ring after the flood is heard");
        relay.Remove(flooded);
        double windows = (clock.Elapsed / DoorbellRelay.FloodWindow) + 2;
        Assert.InRange(heard, 3 * DoorbellRelay.FloodLimit, windows * (DoorbellRelay.FloodLimit + 1));
    }

    [Fact]
    public async Task A_bell_that_its_other_side_drains_and_makes_blocking_does_not_hold_the_relay()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        using var hostile = EventFd.Create();
        using var quiet = EventFd.Create();
        EventFdTests.MakeBlocking(hostile);
        int runs = 0;
        relay.Add(hostile, () => { });
        relay.Add(quiet, () => Interlocked.Increment(ref runs));
        bool stop = false;
        Task ringer = Workers.OnOtherThread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                hostile.Ring();
                hostile.Drain();
            }
        });
        try
        {
            for (int i = 1; i <= 100; i++)
            {
                quiet.Ring();
                Workers.Until(() => Volatile.Read(ref runs) == i, $"ring {i} of the quiet bell is heard");
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            await ringer;
        }
    }

    [Fact]
    public void A_bell_that_is_disposed_of_while_it_is_listened_to_closes_when_it_is_removed()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        var bell = EventFd.Create();
        relay.Add(bell, () => { });
        bell.Dispose();
        Assert.False(bell.IsClosed);
        relay.Remove(bell);
        Assert.True(bell.IsClosed);
    }

    [Fact]
    public void A_bell_is_added_once_and_a_relay_that_has_ended_takes_none()
    {
        ProcessSkips.UnlessLinux();
        var relay = new DoorbellRelay();
        using var bell = EventFd.Create();
        relay.Add(bell, () => { });
        Assert.Throws<ArgumentException>(() => relay.Add(bell, () => { }));
        relay.Dispose();
        relay.Dispose();
        Assert.Throws<ObjectDisposedException>(() => relay.Add(bell, () => { }));
        relay.Remove(bell);
        bell.Dispose();
        Assert.True(bell.IsClosed);
    }

    [Fact]
    public async Task Bells_that_come_and_go_while_others_ring_leave_every_ring_heard()
    {
        ProcessSkips.UnlessLinux();
        using var relay = new DoorbellRelay();
        bool stop = false;
        Task[] changers = [.. Enumerable.Range(0, 3).Select(_ => Workers.OnOtherThread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                using var bell = EventFd.Create();
                int after = 0;
                relay.Add(bell, () => after++);
                bell.Ring();
                relay.Remove(bell);
                int atRemoval = after;
                bell.Ring();
                Thread.Yield();
                Assert.Equal(atRemoval, after);
            }
        }))];
        using var steady = EventFd.Create();
        int runs = 0;
        relay.Add(steady, () => Interlocked.Increment(ref runs));
        for (int i = 1; i <= 2_000; i++)
        {
            steady.Ring();
            Workers.Until(() => Volatile.Read(ref runs) >= i, $"ring {i} is heard");
        }

        Volatile.Write(ref stop, true);
        await Task.WhenAll(changers);
    }
}

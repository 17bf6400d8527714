using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

public class FlowTableExpiryTests
{
    private static readonly FlowTableOptions WithTimeouts = new() { Timeouts = true };

    [Fact]
    public void An_idle_entry_expires_at_its_timeout_and_not_before()
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 10, new FlowTimeouts(idle: 5), now: 100);
        List<(uint Key, ExpiryReason Reason)> expired = [];
        Assert.Equal(0, Sweep(table, 104, expired));
        Assert.True(table.TryGetValue(1, 1, out _));
        Assert.Equal(1, Sweep(table, 105, expired));
        Assert.Equal([(1, ExpiryReason.Idle)], expired);
        Assert.False(table.TryGetValue(1, 1, out _));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_counted_use_keeps_an_entry_alive_and_a_plain_lookup_does_not()
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        for (uint key = 0; key < 4; key++)
            table.TryAdd(key, key, key, new FlowTimeouts(idle: 5), now: 100);
        Assert.True(table.TryGetValue(0, 0, out _));
        Assert.True(table.TryGetValue(1, 1, 103, 0, out _));
        Assert.Equal(1, table.Lookup([2], [2], new uint[1], [], 104));
        table.GetOrAdd(3, 3, out _, default, 104);
        List<(uint Key, ExpiryReason Reason)> expired = [];
        Assert.Equal(1, Sweep(table, 107, expired));
        Assert.Equal(0u, expired[0].Key);
        Assert.Equal(1, Sweep(table, 108, expired));
        Assert.Equal(1u, expired[1].Key);
        Assert.Equal(2, Sweep(table, 109, expired));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public void A_burst_that_is_answered_by_one_word_is_counted_like_single_lookups(int count)
    {
        using CuckooFlowTable<uint, ulong> table = new(96, new FlowTableOptions { Timeouts = true, Counters = true });
        uint[] keys = [.. Enumerable.Range(0, count).Select(static i => (uint)i * 3)];
        uint[] lengths = [.. keys.Select(static key => key + 60)];
        for (int i = 0; i < count; i += 2)
            table.TryAdd(keys[i], keys[i], keys[i] + 1, new FlowTimeouts(idle: 5), now: 100);

        ulong[] values = new ulong[count];
        Assert.Equal((count + 1) / 2, table.Lookup(keys, keys, values, out ulong hits, 104, lengths));
        Assert.Equal((count + 1) / 2, table.Lookup(keys, keys, values, out ulong again, 103));
        Assert.Equal(hits, again);
        for (int i = 0; i < count; i++)
        {
            bool there = i % 2 == 0;
            Assert.Equal(there, ((hits >> i) & 1) != 0);
            Assert.Equal(there ? keys[i] + 1UL : 0, values[i]);
            Assert.Equal(there, table.TryGetEntry(keys[i], keys[i], out FlowEntry<uint, ulong> entry));
            if (there)
                Assert.Equal((2UL, (ulong)lengths[i], 104u), (entry.Hits, entry.Bytes, entry.LastUsed));
        }

        Assert.Throws<ArgumentException>(() => table.Lookup(new uint[65], new uint[65], new ulong[65], out _, 104));
        Assert.Throws<ArgumentException>(() => table.Lookup([1, 2, 3], [1, 2, 3], new ulong[3], out _, 104, [60, 60]));
    }

    [Fact]
    public void A_hard_timeout_ends_an_entry_that_is_in_use()
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 0, new FlowTimeouts(idle: 5, hard: 8), now: 100);
        List<(uint Key, ExpiryReason Reason)> expired = [];
        table.TryGetValue(1, 1, 107, 0, out _);
        Assert.Equal(0, Sweep(table, 107, expired));
        Assert.Equal(1, Sweep(table, 108, expired));
        Assert.Equal([(1, ExpiryReason.Hard)], expired);
    }

    [Fact]
    public void Entries_without_timeouts_stay()
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 0, default, now: 100);
        Assert.Equal(0, table.Sweep(uint.MaxValue, table.BucketCount));
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData(0xfffffffau)]
    [InlineData(0xfffffff8u)]
    public void The_clock_may_wrap_around(uint start)
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 0, new FlowTimeouts(idle: 10), start);
        table.TryAdd(2, 2, 0, new FlowTimeouts(idle: 0, hard: 8), start);
        Assert.Equal(0, table.Sweep(start + 7, table.BucketCount));
        // A deadline that falls on tick 0 comes one tick late.
        Assert.Equal(1, table.Sweep(start + 9, table.BucketCount));
        Assert.True(table.TryGetValue(1, 1, out _));
        Assert.Equal(1, table.Sweep(start + 10, table.BucketCount));
    }

    [Fact]
    public void A_clock_behind_the_last_use_expires_nothing_and_takes_nothing_back()
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 0, new FlowTimeouts(idle: 5), now: 100);
        Assert.Equal(0, table.Sweep(90, table.BucketCount));
        Assert.True(table.TryGetValue(1, 1, 50, 0, out _));
        Assert.True(table.TryGetEntry(1, 1, out FlowEntry<uint, uint> entry));
        Assert.Equal(100u, entry.LastUsed);
    }

    [Fact]
    public void Set_and_TrySetTimeouts_start_the_timeouts_again()
    {
        using CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 0, new FlowTimeouts(5, 5), now: 100);
        table.Set(1, 1, 0, new FlowTimeouts(0, 20), now: 104);
        Assert.Equal(0, table.Sweep(123, table.BucketCount));
        Assert.True(table.TrySetTimeouts(1, 1, new FlowTimeouts(2), 123));
        Assert.False(table.TrySetTimeouts(2, 2, new FlowTimeouts(2), 123));
        Assert.Equal(0, table.Sweep(124, table.BucketCount));
        Assert.Equal(1, table.Sweep(125, table.BucketCount));
    }

    [Fact]
    public void A_sweep_does_bounded_work_and_goes_round_call_by_call()
    {
        using CuckooFlowTable<uint, uint> table = new(2_400, WithTimeouts);
        for (uint key = 0; key < 2_000; key++)
            table.TryAdd(key, key, key, new FlowTimeouts(1), now: 0);
        int calls = 0;
        int expired = 0;
        for (; calls < table.BucketCount; calls++)
        {
            int now = table.Sweep(10, maxBuckets: 1);
            Assert.InRange(now, 0, 12);
            expired += now;
        }
        Assert.Equal(2_000, expired);
        Assert.Equal(0, table.Sweep(10, maxBuckets: 0));

        // More than one round is not made, even when asked for.
        table.TryAdd(1, 1, 1, new FlowTimeouts(1), now: 0);
        Assert.Equal(1, table.Sweep(10, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Sweep(10, -1));
    }

    [Fact]
    public void A_visitor_may_change_the_table()
    {
        using CuckooFlowTable<uint, uint> table = new(240, WithTimeouts);
        for (uint key = 0; key < 200; key++)
            table.TryAdd(key, key, key, new FlowTimeouts(1), now: 0);
        HashSet<uint> seen = [];
        int removed = 0;
        table.Sweep(5, table.BucketCount, (entry, _) =>
        {
            Assert.True(seen.Add(entry.Key));
            Assert.False(table.TryGetValue(entry.Hash, entry.Key, out uint _));
            removed += table.Remove(entry.Key ^ 1, entry.Key ^ 1) ? 1 : 0;
            table.TryAdd(entry.Key + 1_000, entry.Key + 1_000, 0, new FlowTimeouts(100), 5);
        });
        Assert.Equal(100, removed);
        Assert.Equal(100, seen.Count);
        Assert.Equal(100, table.Count);
    }

    [Fact]
    public void A_visitor_that_disposes_the_table_ends_the_sweep()
    {
        CuckooFlowTable<uint, uint> table = new(24, WithTimeouts);
        table.TryAdd(1, 1, 1, new FlowTimeouts(1), now: 0);
        Assert.Throws<ObjectDisposedException>(() => table.Sweep(5, table.BucketCount, (_, _) => table.Dispose()));
    }

    [Fact]
    public void A_random_life_of_entries_agrees_with_a_model()
    {
        Random random = FlowKeys.NewRandom(out int seed);
        using CuckooFlowTable<Ipv4FlowKey, uint> table = new(1_000, WithTimeouts);
        Dictionary<uint, (uint Used, uint Idle, uint Deadline)> model = [];
        uint now = uint.MaxValue - 500; // wraps around on the way
        for (int step = 0; step < 100_000; step++)
        {
            uint id = (uint)random.Next(1_500);
            Ipv4FlowKey key = new(id, 1, 2, 3, 6);
            if (random.Next(3) == 0)
            {
                FlowTimeouts timeouts = new((uint)random.Next(40), (uint)random.Next(80));
                uint deadline = timeouts.Hard == 0 ? 0 : Math.Max(now + timeouts.Hard, 1);
                if (table.TryAdd(id * 7, key, id, timeouts, now) == AddResult.Added)
                    model.Add(id, (now, timeouts.Idle, deadline));
            }
            else if (table.TryGetValue(id * 7, key, now, 1, out _))
            {
                model[id] = model[id] with { Used = now };
            }
            if (random.Next(50) != 0)
                continue;
            now += (uint)random.Next(8);
            HashSet<uint> expected =
            [
                .. model.Where(pair => (pair.Value.Idle != 0 && now - pair.Value.Used >= pair.Value.Idle)
                    || (pair.Value.Deadline != 0 && (int)(now - pair.Value.Deadline) >= 0)).Select(pair => pair.Key),
            ];
            HashSet<uint> expired = [];
            table.Sweep(now, table.BucketCount, (entry, _) => expired.Add(entry.Value));
            Assert.True(expected.SetEquals(expired), $"seed {seed}, step {step}: expected {expected.Count} to expire, but {expired.Count} did");
            foreach (uint gone in expired)
                model.Remove(gone);
            Assert.Equal(model.Count, table.Count);
        }
    }

    [Fact]
    public void The_oldest_idle_entry_makes_room_where_that_is_the_policy()
    {
        using CuckooFlowTable<uint, uint> table = new(24, new FlowTableOptions { WhenFull = TableFullPolicy.EvictOldest, Counters = true });
        for (uint key = 0; key < 24; key++)
            Assert.Equal(AddResult.Added, table.TryAdd(key, key, key, default, now: 100 + key));
        table.TryGetValue(0, 0, 200, 60, out _);
        Assert.Equal(AddResult.Evicted, table.TryAdd(50, 50, 50, default, 201, out FlowEntry<uint, uint> evicted));
        Assert.Equal(new FlowEntry<uint, uint>(1, 1, 1) { LastUsed = 101 }, evicted);
        Assert.Equal(AddResult.Evicted, table.Set(51, 51, 51, default, 201, out evicted));
        Assert.Equal(2u, evicted.Key);
        table.GetOrAdd(52, 52, out AddResult result, default, 202);
        Assert.Equal(AddResult.Evicted, result);
        Assert.Equal(24, table.Count);
        Assert.False(table.TryGetValue(3, 3, out _));
        Assert.True(table.TryGetEntry(0, 0, out FlowEntry<uint, uint> kept));
        Assert.Equal(new FlowEntry<uint, uint>(0, 0, 0) { LastUsed = 200, Hits = 1, Bytes = 60 }, kept);
    }

    [Fact]
    public void Counters_add_up_over_single_and_bulk_lookups_and_displacements()
    {
        Random random = FlowKeys.NewRandom(out _);
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(1_000, new FlowTableOptions { Counters = true });
        Ipv4FlowKey[] keys = FlowKeys.RandomIpv4(random, 970);
        uint[] hashes = [.. keys.Select(key => SymmetricRss.Hash.Compute(key))];
        uint[] lengths = [.. keys.Select(key => (uint)key.SourcePort)];
        int half = keys.Length / 2;
        for (int i = 0; i < keys.Length; i++)
        {
            if (i == half)
                Assert.Equal(half, table.Lookup(hashes, keys, new int[keys.Length], [], 0, lengths));
            Assert.Equal(AddResult.Added, table.TryAdd(hashes[i], keys[i], i));
        }
        for (int i = 0; i < keys.Length; i++)
        {
            table.TryGetValue(hashes[i], keys[i], 0, 1, out _);
            table.TryGetEntry(hashes[i], keys[i], out FlowEntry<Ipv4FlowKey, int> entry);
            Assert.Equal(i < half ? 2ul : 1, entry.Hits);
            Assert.Equal(i < half ? lengths[i] + 1ul : 1, entry.Bytes);
        }
    }

    [Fact]
    public void Timeouts_need_a_table_and_a_range_that_has_them()
    {
        using CuckooFlowTable<uint, uint> table = new(24);
        Assert.Throws<InvalidOperationException>(() => table.TryAdd(1, 1, 1, new FlowTimeouts(1), 0));
        Assert.Throws<InvalidOperationException>(() => table.Sweep(1, 1));
        Assert.Throws<InvalidOperationException>(() => table.TrySetTimeouts(1, 1, default, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlowTimeouts(FlowTimeouts.Maximum + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlowTimeouts(1, FlowTimeouts.Maximum + 1));
        Assert.Equal(FlowTimeouts.Maximum, new FlowTimeouts(FlowTimeouts.Maximum).Idle);
    }

    private static int Sweep(CuckooFlowTable<uint, uint> table, uint now, List<(uint Key, ExpiryReason Reason)> expired) =>
        table.Sweep(now, table.BucketCount, (entry, reason) => expired.Add((entry.Key, reason)));
}

using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>What a snapshot keeps of a table. What becomes of bad ones is in <see cref="FlowTableBadSnapshotTests"/>.</summary>
public class FlowTableSnapshotTests
{
    public readonly record struct Flow(ushort Id, uint Hash, int Value, ushort Idle, ushort Hard, byte AddedAt, byte Uses);

    [Fact]
    public void A_restored_table_holds_the_entries_of_the_saved_one_whatever_their_types_and_options()
    {
        Gen<Flow> flow =
            from id in Gen.Choose(0, ushort.MaxValue)
            from hash in Gen.Choose(int.MinValue, int.MaxValue)
            from value in Gen.Choose(int.MinValue, int.MaxValue)
            from idle in Gen.Choose(0, 300)
            from hard in Gen.Choose(0, 300)
            from addedAt in Gen.Choose(0, 255)
            from uses in Gen.Choose(0, 3)
            select new Flow((ushort)id, (uint)hash, value, (ushort)idle, (ushort)hard, (byte)addedAt, (byte)uses);
        Arbitrary<(Flow[] Flows, uint Saved, uint Restored)> cases = (
            from flows in Gen.Sized(size => flow.ArrayOf(4 * size))
            from saved in Gen.Choose(int.MinValue, int.MaxValue)
            from restored in Gen.Choose(int.MinValue, int.MaxValue)
            select (flows, (uint)saved, (uint)restored)).ToArbitrary();

        foreach (FlowTableOptions options in AllOptions())
        {
            Hold<Ipv4FlowKey, long>(cases, options, id => new Ipv4FlowKey(id, 2, 3, 4, 5), value => value);
            Hold<Ipv6FlowKey, (int, long)>(cases, options, id => new Ipv6FlowKey(id, 2, 3, 4, 5, 6, 7), value => (value, ~value));
            Hold<ushort, byte>(cases, options, id => id, value => (byte)value);
            Hold<Guid, decimal>(cases, options, id => new Guid(id, 1, 2, new byte[8]), value => value);
        }
    }

    [Fact]
    public void Timeouts_go_on_from_where_they_were_under_a_clock_of_another_origin()
    {
        using CuckooFlowTable<uint, uint> saved = new(24, new FlowTableOptions { Timeouts = true });
        saved.TryAdd(1, 1, 0, new FlowTimeouts(idle: 10), now: 1_000);
        saved.TryAdd(2, 2, 0, new FlowTimeouts(idle: 0, hard: 20), now: 1_000);
        saved.TryAdd(3, 3, 0, default, now: 1_000);
        saved.TryGetValue(1, 1, 1_004, 0, out _);

        // The clock of the new table wraps around before the first entry expires; 5 ticks of its idle timeout and 11 of the hard one are left.
        uint now = uint.MaxValue - 2;
        using CuckooFlowTable<uint, uint> restored = Copy(saved, savedAt: 1_009, restoredAt: now);
        Assert.Equal(0, restored.Sweep(now + 4, restored.BucketCount));
        Assert.Equal(1, restored.Sweep(now + 5, restored.BucketCount));
        Assert.False(restored.TryGetValue(1, 1, out _));
        Assert.Equal(0, restored.Sweep(now + 10, restored.BucketCount));
        Assert.Equal(1, restored.Sweep(now + 11, restored.BucketCount));
        Assert.True(restored.TryGetValue(3, 3, out _));
    }

    [Theory]
    [InlineData(1_019u, 0)]
    [InlineData(1_020u, 1)]
    [InlineData(1_500u, 1)]
    public void An_entry_past_its_hard_timeout_when_it_is_saved_expires_at_the_first_sweep(uint savedAt, int expired)
    {
        using CuckooFlowTable<uint, uint> saved = new(24, new FlowTableOptions { Timeouts = true });
        saved.TryAdd(1, 1, 0, new FlowTimeouts(idle: 0, hard: 20), now: 1_000);
        using CuckooFlowTable<uint, uint> restored = Copy(saved, savedAt, restoredAt: 7);
        Assert.Equal(expired, restored.Sweep(7, restored.BucketCount));
    }

    [Fact]
    public void The_clock_of_the_save_passed_to_the_restore_counts_the_time_in_between()
    {
        using CuckooFlowTable<uint, uint> saved = new(24, new FlowTableOptions { Timeouts = true });
        saved.TryAdd(1, 1, 0, new FlowTimeouts(idle: 10), now: 100);
        using CuckooFlowTable<uint, uint> restored = Copy(saved, savedAt: 105, restoredAt: 105);
        Assert.Equal(0, restored.Sweep(109, restored.BucketCount));
        Assert.Equal(1, restored.Sweep(110, restored.BucketCount));
    }

    [Fact]
    public void An_empty_table_can_be_saved_and_restored()
    {
        using CuckooFlowTable<uint, uint> empty = new(24);
        MemoryStream stream = new();
        Assert.Equal(0, empty.Save(stream, 0));
        Assert.Equal(default, empty.Restore(Again(stream), 0));
    }

    [Fact]
    public void What_lies_behind_a_snapshot_is_left_in_the_stream_so_that_several_follow_each_other()
    {
        using CuckooFlowTable<uint, uint> first = new(24);
        using CuckooFlowTable<uint, long> second = new(24);
        first.TryAdd(1, 1, 10);
        second.TryAdd(2, 2, 20);
        MemoryStream stream = new();
        first.Save(stream, 0);
        second.Save(stream, 0);
        stream.WriteByte(99);
        first.Clear();
        second.Clear();
        Again(stream);
        Assert.Equal(1, first.Restore(stream, 0).Added);
        Assert.Equal(1, second.Restore(stream, 0).Added);
        Assert.Equal(99, stream.ReadByte());
        Assert.True(second.TryGetValue(2, 2, out long value));
        Assert.Equal(20, value);
    }

    [Fact]
    public void Entries_that_are_there_already_stay_as_they_are()
    {
        using CuckooFlowTable<uint, uint> saved = new(24, new FlowTableOptions { Counters = true });
        using CuckooFlowTable<uint, uint> live = new(24, new FlowTableOptions { Counters = true });
        saved.TryAdd(1, 1, 10);
        saved.TryAdd(2, 2, 20);
        saved.TryGetValue(1, 1, 0, 500, out _);
        live.TryAdd(1, 1, 11);
        MemoryStream stream = new();
        saved.Save(stream, 0);
        Assert.Equal(new RestoreResult { Added = 1, Existing = 1 }, live.Restore(Again(stream), 0));
        Assert.True(live.TryGetEntry(1, 1, out FlowEntry<uint, uint> entry));
        Assert.Equal(new FlowEntry<uint, uint>(1, 1, 11), entry);
        Assert.True(live.TryGetValue(2, 2, out uint value));
        Assert.Equal(20u, value);
    }

    [Theory]
    [InlineData(TableFullPolicy.Refuse)]
    [InlineData(TableFullPolicy.EvictOldest)]
    public void A_smaller_table_takes_what_fits_by_its_policy_and_counts_the_rest(TableFullPolicy policy)
    {
        FlowTableOptions options = new() { WhenFull = policy };
        using CuckooFlowTable<Ipv4FlowKey, int> large = new(5_000, options);
        foreach (Ipv4FlowKey key in FlowKeys.RandomIpv4(FlowKeys.NewRandom(out _), 4_000))
            large.TryAdd(SymmetricRss.Hash.Compute(key), key, key.SourcePort, default, now: 3);
        MemoryStream stream = new();
        Assert.Equal(4_000, large.Save(stream, 5));

        using CuckooFlowTable<Ipv4FlowKey, int> small = new(1_000, options with { Seed = 4711 });
        RestoreResult result = small.Restore(Again(stream), 5);
        Assert.Equal(4_000, result.Total);
        Assert.Equal(small.Count, result.Added - result.Evicted);
        Assert.True(small.LoadFactor > 0.95);
        Assert.Equal(policy == TableFullPolicy.EvictOldest, result.Refused == 0);
        Assert.Equal(policy == TableFullPolicy.EvictOldest, result.Evicted > 0);
        Assert.All(small, entry => Assert.True(large.TryGetEntry(entry.Hash, entry.Key, out FlowEntry<Ipv4FlowKey, int> original) && original.Value == entry.Value));
    }

    [Fact]
    public void A_million_entries_come_back_and_neither_way_allocates_for_each()
    {
        const int Entries = 1_000_000;
        FlowTableOptions options = new() { Timeouts = true };
        using CuckooFlowTable<Ipv4FlowKey, long> saved = new(Entries * 21 / 20, options);
        Ipv4FlowKey[] keys = FlowKeys.RandomIpv4(FlowKeys.NewRandom(out _), Entries);
        for (int i = 0; i < Entries; i++)
            saved.TryAdd((uint)i, keys[i], i, new FlowTimeouts((uint)i), 0);
        MemoryStream stream = new(64 << 20);
        using CuckooFlowTable<Ipv4FlowKey, long> restored = new(Entries * 21 / 20, options);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int written = saved.Save(stream, 0);
        RestoreResult result = restored.Restore(Again(stream), 0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 1 << 20);
        Assert.Equal(saved.Count, written);
        Assert.Equal(new RestoreResult { Added = written }, result);
        for (int i = 0; i < Entries; i++)
        {
            bool found = restored.TryGetValue((uint)i, keys[i], out long value);
            if (!found || value != i)
                Assert.Fail($"entry {i} of {keys[i]} came back as {(found ? value : "nothing")}");
        }
    }

    [Fact]
    public void Readers_count_uses_while_the_table_is_saved()
    {
        using CuckooFlowTable<uint, ulong> table = new(20_000, new FlowTableOptions { Counters = true, WhenFull = TableFullPolicy.EvictOldest });
        for (uint key = 0; key < 15_000; key++)
            table.TryAdd(key, key, key);
        using CancellationTokenSource stop = new();
        using ManualResetEventSlim counting = new();
        Thread reader = new(() =>
        {
            for (uint step = 0; !stop.IsCancellationRequested; step++)
            {
                table.TryGetValue(step % 15_000, step % 15_000, step, 1, out _);
                counting.Set();
            }
        });
        reader.Start();
        counting.Wait(TestContext.Current.CancellationToken);
        using CuckooFlowTable<uint, ulong> restored = Copy(table, 0, 0);
        stop.Cancel();
        reader.Join();
        Assert.Equal(15_000, restored.Count);
        Assert.All(restored, entry => Assert.True(entry.Value == entry.Key && entry.Hash == entry.Key));
    }

    [Fact]
    public void A_stream_that_changes_the_table_that_is_saved_is_found_out()
    {
        using CuckooFlowTable<uint, uint> table = new(24);
        table.TryAdd(1, 1, 1);
        using CallbackStream adding = new(() => table.TryAdd(2, 2, 2));
        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => table.Save(adding, 0));
        Assert.Contains("changed while it was saved", fault.Message);
        using CallbackStream disposing = new(table.Dispose);
        Assert.Throws<ObjectDisposedException>(() => table.Save(disposing, 0));
        Assert.Throws<ObjectDisposedException>(() => table.Save(Stream.Null, 0));
        Assert.Throws<ObjectDisposedException>(() => table.Restore(Stream.Null, 0));
    }

    private static void Hold<TKey, TValue>(
        Arbitrary<(Flow[] Flows, uint Saved, uint Restored)> cases, FlowTableOptions options, Func<ushort, TKey> keyOf, Func<int, TValue> valueOf)
        where TKey : unmanaged, IEquatable<TKey>
        where TValue : unmanaged, IEquatable<TValue> =>
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(25), Prop.ForAll(cases, one =>
        {
            using CuckooFlowTable<TKey, TValue> saved = new(1_000, options);
            uint start = one.Saved - 255;
            foreach (Flow flow in one.Flows)
            {
                FlowTimeouts timeouts = options.Timeouts ? new FlowTimeouts(flow.Idle, flow.Hard) : default;
                saved.TryAdd(flow.Hash, keyOf(flow.Id), valueOf(flow.Value), timeouts, start + flow.AddedAt);
                for (uint use = 0; use < flow.Uses; use++)
                    saved.TryGetValue(flow.Hash, keyOf(flow.Id), start + flow.AddedAt + use, flow.Id, out _);
            }
            using CuckooFlowTable<TKey, TValue> restored = Copy(saved, one.Saved, one.Restored);

            // Last uses are as long ago as they were; all else is the same.
            HashSet<FlowEntry<TKey, TValue>> expected = [.. saved.Select(entry => options.Timeouts ? entry with { LastUsed = entry.LastUsed - one.Saved + one.Restored } : entry)];
            if (!expected.SetEquals(restored))
                return false;
            for (uint later = 0; options.Timeouts && later < 310; later += 31)
            {
                // A deadline on tick 0 of either clock is kept as tick 1, so an entry may expire a tick apart there.
                if (one.Saved + later <= 1 || one.Restored + later <= 1)
                    continue;
                saved.Sweep(one.Saved + later, saved.BucketCount);
                restored.Sweep(one.Restored + later, restored.BucketCount);
                if (!saved.Select(entry => (entry.Hash, entry.Key)).ToHashSet().SetEquals(restored.Select(entry => (entry.Hash, entry.Key))))
                    return false;
            }
            return true;
        }));

    private static IEnumerable<FlowTableOptions> AllOptions() =>
        from timeouts in (bool[])[false, true]
        from counters in (bool[])[false, true]
        select new FlowTableOptions { Timeouts = timeouts, Counters = counters };

    private static CuckooFlowTable<TKey, TValue> Copy<TKey, TValue>(CuckooFlowTable<TKey, TValue> table, uint savedAt, uint restoredAt)
        where TKey : unmanaged, IEquatable<TKey>
        where TValue : unmanaged
    {
        MemoryStream stream = new();
        int count = table.Save(stream, savedAt);
        CuckooFlowTable<TKey, TValue> copy = new(table.Capacity * 2, table.Options with { Seed = 99 });
        Assert.Equal(new RestoreResult { Added = count }, copy.Restore(Again(stream), restoredAt));
        return copy;
    }

    private static MemoryStream Again(MemoryStream stream)
    {
        stream.Position = 0;
        return stream;
    }

    private sealed class CallbackStream(Action written) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => written();
    }
}

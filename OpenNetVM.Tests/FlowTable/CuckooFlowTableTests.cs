using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

public class CuckooFlowTableTests
{
    [Theory]
    [InlineData(1, 24)]
    [InlineData(24, 24)]
    [InlineData(25, 48)]
    [InlineData(1000, 1008)]
    public void Capacity_is_rounded_up_to_a_multiple_of_24(int asked, int given)
    {
        using CuckooFlowTable<uint, uint> table = new(asked);
        Assert.Equal(given, table.Capacity);
        Assert.Equal(given / 12, table.BucketCount);
        Assert.Equal(0, table.Count);
        Assert.Equal(0.0, table.LoadFactor);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1 << 30) + 1)]
    [InlineData(int.MaxValue)]
    public void A_capacity_out_of_range_is_refused(int capacity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CuckooFlowTable<uint, uint>(capacity));

    [Fact]
    public void Add_set_update_and_remove_do_what_their_results_say()
    {
        using CuckooFlowTable<Ipv4FlowKey, long> table = new(100);
        Ipv4FlowKey key = new(0x0a000001, 0x0a000002, 80, 4242, 6);
        Assert.False(table.TryGetValue(7, key, out long value));
        Assert.Equal(0, value);
        Assert.False(table.TryUpdate(7, key, 1));
        Assert.False(table.Remove(7, key));

        Assert.Equal(AddResult.Added, table.TryAdd(7, key, 10));
        Assert.Equal(AddResult.Exists, table.TryAdd(7, key, 11));
        Assert.True(table.TryGetValue(7, key, out value));
        Assert.Equal(10, value);
        Assert.Equal(AddResult.Replaced, table.Set(7, key, 12));
        Assert.True(table.TryUpdate(7, key, 13));
        Assert.True(table.TryGetEntry(7, key, out FlowEntry<Ipv4FlowKey, long> entry));
        Assert.Equal(new FlowEntry<Ipv4FlowKey, long>(7, key, 13), entry);
        Assert.Equal(1, table.Count);

        Assert.True(table.Remove(7, key, out entry));
        Assert.Equal(13, entry.Value);
        Assert.Equal(0, table.Count);
        Assert.False(table.TryGetValue(7, key, out _));
        Assert.Equal(AddResult.Added, table.Set(7, key, 14));
    }

    [Fact]
    public void A_conditional_update_replaces_the_expected_value_only()
    {
        using CuckooFlowTable<uint, Wide> table = new(24);
        Wide first = new(1, 2, 3);
        Assert.False(table.TryUpdate(7, 7, first, expected: default));
        table.TryAdd(7, 7, first);
        Assert.False(table.TryUpdate(7, 7, default, expected: new Wide(1, 2, 4)));
        Assert.True(table.TryGetValue(7, 7, out Wide value));
        Assert.Equal(first, value);
        Assert.True(table.TryUpdate(7, 7, new Wide(9, 9, 9), expected: first));
        Assert.True(table.TryGetValue(7, 7, out value));
        Assert.Equal(new Wide(9, 9, 9), value);
    }

    [Fact]
    public void A_modification_that_throws_or_changes_the_table_replaces_nothing()
    {
        using CuckooFlowTable<uint, Wide> table = new(24);
        table.TryAdd(7, 7, new Wide(1, 2, 3));
        Assert.Throws<TimeoutException>(() => table.TryModify(7, 7, 0, static (ref Wide value, int _) =>
        {
            value = default;
            throw new TimeoutException();
        }));
        Assert.True(table.TryGetValue(7, 7, out Wide value));
        Assert.Equal(new Wide(1, 2, 3), value);

        // Another entry takes the place over while the callback runs.
        Assert.Throws<InvalidOperationException>(() => table.TryModify(7, 7, table, static (ref Wide value, CuckooFlowTable<uint, Wide> table) =>
        {
            table.Remove(7, 7);
            table.TryAdd(8, 8, new Wide(8, 8, 8));
            value = default;
            return true;
        }));
        Assert.True(table.TryGetValue(8, 8, out value));
        Assert.Equal(new Wide(8, 8, 8), value);
        Assert.Throws<ObjectDisposedException>(() => table.TryModify(8, 8, table, static (ref Wide _, CuckooFlowTable<uint, Wide> table) =>
        {
            table.Dispose();
            return true;
        }));
    }

    [Fact]
    public void One_key_under_two_hashes_is_two_entries()
    {
        using CuckooFlowTable<uint, uint> table = new(24);
        for (uint hash = 0; hash < 20; hash++)
            Assert.Equal(AddResult.Added, table.TryAdd(hash, 5, hash));
        for (uint hash = 0; hash < 20; hash++)
        {
            Assert.True(table.TryGetValue(hash, 5, out uint value));
            Assert.Equal(hash, value);
        }
    }

    [Fact]
    public void GetOrAdd_gives_state_that_can_be_changed_in_place()
    {
        using CuckooFlowTable<uint, Wide> table = new(24);
        ref Wide state = ref table.GetOrAdd(1, 1, out AddResult result);
        Assert.Equal(AddResult.Added, result);
        Assert.Equal(default, state);
        state.B = 77;
        table.GetOrAdd(1, 1, out result).C++;
        Assert.Equal(AddResult.Exists, result);
        Assert.True(table.TryGetValue(1, 1, out Wide value));
        Assert.Equal(new Wide { B = 77, C = 1 }, value);
    }

    [Fact]
    public void GetOrAdd_on_a_full_table_gives_a_spare_value_that_no_entry_owns()
    {
        using CuckooFlowTable<uint, ulong> table = new(24);
        for (uint key = 0; key < 24; key++)
            table.GetOrAdd(key, key, out _) = key;
        table.GetOrAdd(99, 99, out AddResult result) = ulong.MaxValue;
        Assert.Equal(AddResult.Full, result);
        Assert.Equal(0ul, table.GetOrAdd(100, 100, out _));
        Assert.Equal(24, table.Count);
        for (uint key = 0; key < 24; key++)
        {
            Assert.True(table.TryGetValue(key, key, out ulong value));
            Assert.Equal(key, value);
        }
        Assert.False(table.TryGetValue(99, 99, out _));
    }

    [Fact]
    public void Clear_empties_the_table_and_leaves_it_usable()
    {
        using CuckooFlowTable<uint, uint> table = new(500);
        for (uint key = 0; key < 400; key++)
            table.TryAdd(key, key, key);
        table.Clear();
        Assert.Equal(0, table.Count);
        Assert.Empty(table);
        for (uint key = 0; key < 400; key++)
            Assert.False(table.TryGetValue(key, key, out _));
        for (uint key = 0; key < 400; key++)
            Assert.Equal(AddResult.Added, table.TryAdd(key, key, key));
    }

    [Fact]
    public void Enumeration_gives_every_entry_once()
    {
        using CuckooFlowTable<Ipv6FlowKey, Wide> table = new(1000);
        Ipv6FlowKey[] keys = FlowKeys.RandomIpv6(FlowKeys.NewRandom(out _), 900);
        for (int i = 0; i < keys.Length; i++)
            table.TryAdd((uint)i, keys[i], new Wide { A = i });
        List<FlowEntry<Ipv6FlowKey, Wide>> entries = [.. table];
        Assert.Equal(900, entries.Count);
        Assert.Equal(Enumerable.Range(0, 900), entries.Select(entry => (int)entry.Value.A).Order());
        Assert.All(entries, entry => Assert.Equal(keys[entry.Hash], entry.Key));
    }

    [Fact]
    public void Keys_that_are_not_five_tuples_and_values_of_any_size_work()
    {
        RoundTrip<byte, byte>(i => (byte)i, i => (byte)i, 200);
        RoundTrip<ushort, ushort>(i => (ushort)i, i => (ushort)(i * 3), 500);
        RoundTrip<Guid, (byte, byte, byte)>(i => new Guid(i, 0, 0, new byte[8]), i => ((byte)i, (byte)(i >> 8), 9), 500);
        RoundTrip<long, decimal>(i => i << 32, i => i, 500);
        RoundTrip<char, Int128>(i => (char)i, i => -i, 500);
    }

    [Fact]
    public void A_disposed_table_refuses_every_use()
    {
        CuckooFlowTable<uint, uint> table = new(24, new FlowTableOptions { Timeouts = true });
        table.TryAdd(1, 1, 1);
        CuckooFlowTable<uint, uint>.Enumerator enumerator = table.GetEnumerator();
        table.Dispose();
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.TryGetValue(1, 1, out _));
        Assert.Throws<ObjectDisposedException>(() => table.TryGetValue(1, 1, 0, 0, out _));
        Assert.Throws<ObjectDisposedException>(() => table.TryGetEntry(1, 1, out _));
        Assert.Throws<ObjectDisposedException>(() => table.Lookup([1], [1], new uint[1], []));
        Assert.Throws<ObjectDisposedException>(() => table.TryAdd(1, 1, 1));
        Assert.Throws<ObjectDisposedException>(() => table.Set(1, 1, 1));
        Assert.Throws<ObjectDisposedException>(() => table.TryUpdate(1, 1, 1));
        Assert.Throws<ObjectDisposedException>(() => table.TryUpdate(1, 1, 1, 1));
        Assert.Throws<ObjectDisposedException>(() => table.GetOrAdd(1, 1, out _));
        Assert.Throws<ObjectDisposedException>(() => table.Remove(1, 1));
        Assert.Throws<ObjectDisposedException>(() => table.Clear());
        Assert.Throws<ObjectDisposedException>(() => table.Sweep(1, 1));
        Assert.Throws<ObjectDisposedException>(() => table.TrySetTimeouts(1, 1, default, 0));
        Assert.Throws<ObjectDisposedException>(() => table.GetEnumerator());
        Assert.Throws<ObjectDisposedException>(() => enumerator.MoveNext());
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Neither_lookups_nor_changes_allocate()
    {
        using CuckooFlowTable<Ipv4FlowKey, Wide> table = new(2000, new FlowTableOptions { Timeouts = true, Counters = true, WhenFull = TableFullPolicy.EvictOldest });
        Ipv4FlowKey[] keys = FlowKeys.RandomIpv4(FlowKeys.NewRandom(out _), 2100);
        uint[] hashes = [.. keys.Select(key => SymmetricRss.Hash.Compute(key))];
        Wide[] values = new Wide[keys.Length];
        bool[] hits = new bool[keys.Length];
        long sum = 0;
        Exercise();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exercise();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.NotEqual(0, sum);

        void Exercise()
        {
            for (int i = 0; i < keys.Length; i++)
                table.TryAdd(hashes[i], keys[i], new Wide { A = i }, new FlowTimeouts(5), 1);
            table.Lookup(hashes, keys, values, hits, 2, hashes);
            for (int i = 0; i < keys.Length; i++)
            {
                table.TryGetValue(hashes[i], keys[i], out _);
                table.Set(hashes[i], keys[i], default);
                table.TryUpdate(hashes[i], keys[i], default);
                table.TryUpdate(hashes[i], keys[i], new Wide { B = i }, default);
                table.TryModify(hashes[i], keys[i], i, static (ref Wide value, int i) => (value.C = i) % 2 == 0);
                table.GetOrAdd(hashes[i], keys[i], out _);
            }
            sum = 0;
            foreach (FlowEntry<Ipv4FlowKey, Wide> entry in table)
                sum += entry.Hash;
            table.Sweep(100, table.BucketCount);
            for (int i = 0; i < keys.Length; i += 2)
                table.Remove(hashes[i], keys[i]);
            table.Clear();
        }
    }

    [Fact]
    public void A_long_life_of_adds_lookups_updates_removals_and_sweeps_allocates_nothing()
    {
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = new(2_000, new FlowTableOptions { Timeouts = true, Counters = true });
        Ipv4FlowKey[] keys = FlowKeys.RandomIpv4(FlowKeys.NewRandom(out _), 4_096);
        uint[] hashes = new uint[keys.Length];
        SymmetricRss.Hash.Compute(keys, hashes);
        ulong[] values = new ulong[32];
        bool[] hits = new bool[32];
        Counter expired = default;
        Live(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Live(500_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(expired.Count > 10_000, $"only {expired.Count} entries expired");

        void Live(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                int i = step * 1_237 % keys.Length;
                uint now = (uint)step / 256;
                table.TryAdd(hashes[i], keys[i], (ulong)i, new FlowTimeouts(4, 10), now);
                if (step % 3 == 0)
                    table.Remove(hashes[i ^ 1], keys[i ^ 1]);
                if (step % 16 != 0)
                    continue;
                int start = i & ~31;
                table.Lookup(hashes.AsSpan(start, 32), keys.AsSpan(start, 32), values, hits, now);
                table.TryModify(hashes[i], keys[i], 7ul, static (ref ulong value, ulong more) => (value += more) % 2 == 0);
                table.Sweep(now, 8, ref expired);
            }
        }
    }

    [Fact]
    public void Memory_is_what_was_promised()
    {
        // An IPv4 rule with an 8-byte value and both timeouts, a million times.
        using CuckooFlowTable<Ipv4FlowKey, ulong> million = new(1_000_000, new FlowTableOptions { Timeouts = true });
        Assert.InRange(million.MemoryBytes, 1_000_000 * 40, 46 << 20);

        using CuckooFlowTable<Ipv4FlowKey, ulong> small = new(1_000);
        Assert.InRange(small.MemoryBytes, 1_008 * 34, 1_008 * 36);
    }

    [Theory]
    [InlineData(HugePageUse.None)]
    [InlineData(HugePageUse.Transparent)]
    [InlineData(HugePageUse.Reserved)]
    public void Every_kind_of_page_works_or_falls_back(HugePageUse pages)
    {
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = new(100_000, new FlowTableOptions { HugePages = pages });
        Assert.True(table.Pages <= pages);
        Ipv4FlowKey[] keys = FlowKeys.RandomIpv4(FlowKeys.NewRandom(out _), 90_000);
        for (int i = 0; i < keys.Length; i++)
            Assert.Equal(AddResult.Added, table.TryAdd((uint)i, keys[i], (ulong)i));
        for (int i = 0; i < keys.Length; i++)
        {
            Assert.True(table.TryGetValue((uint)i, keys[i], out ulong value));
            Assert.Equal((ulong)i, value);
        }
    }

    private static void RoundTrip<TKey, TValue>(Func<int, TKey> keyOf, Func<int, TValue> valueOf, int count)
        where TKey : unmanaged, IEquatable<TKey>
        where TValue : unmanaged
    {
        using CuckooFlowTable<TKey, TValue> table = new(count * 11 / 10, new FlowTableOptions { Counters = true, Timeouts = true });
        for (int i = 0; i < count; i++)
            Assert.Equal(AddResult.Added, table.TryAdd(1, keyOf(i), default));
        for (int i = 0; i < count; i++)
            Assert.Equal(AddResult.Replaced, table.Set(1, keyOf(i), valueOf(i), new FlowTimeouts(3), 4));
        for (int i = 0; i < count; i++)
        {
            Assert.True(table.TryGetValue(1, keyOf(i), 9, 100, out TValue value));
            Assert.Equal(valueOf(i), value);
            Assert.True(table.TryGetEntry(1, keyOf(i), out FlowEntry<TKey, TValue> entry));
            Assert.Equal(new FlowEntry<TKey, TValue>(1, keyOf(i), valueOf(i)) { LastUsed = 9, Hits = 1, Bytes = 100 }, entry);
        }
    }

    private struct Counter : IExpiryVisitor<Ipv4FlowKey, ulong>
    {
        public int Count { get; private set; }

        public void Expired(in FlowEntry<Ipv4FlowKey, ulong> entry, ExpiryReason reason) => Count++;
    }

    private record struct Wide(long A, long B, long C);
}

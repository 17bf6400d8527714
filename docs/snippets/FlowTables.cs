using System.Security.Cryptography;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Docs.Snippets;

public class FlowTables
{
    private static readonly Ipv4FlowKey[] Burst = [.. Enumerable.Range(0, 32).Select(i => new Ipv4FlowKey(0x0a000000u + (uint)i, 0xc0000201, 1024, 443, 6))];

    [Fact]
    public void First_steps()
    {
        // snippet: flow-table-create
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(capacity: 100_000);

        Ipv4FlowKey key = new(0x0a000001, 0xc0000201, sourcePort: 4242, destinationPort: 443, protocol: 6);
        uint hash = SymmetricRss.Hash.Compute(key); // or the one that the network card computed
        AddResult added = table.TryAdd(hash, key, 7);
        bool found = table.TryGetValue(hash, key, out int value);
        bool removed = table.Remove(hash, key);
        // end
        Assert.Equal(AddResult.Added, added);
        Assert.True(found && removed);
        Assert.Equal(7, value);
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Bursts()
    {
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(capacity: 100_000);
        Ipv4FlowKey[] keys = Burst;
        table.TryAdd(SymmetricRss.Hash.Compute(keys[3]), keys[3], 7);

        // snippet: flow-table-burst
        Span<uint> hashes = stackalloc uint[32];
        Span<int> values = stackalloc int[32];
        Span<bool> hits = stackalloc bool[32];
        SymmetricRss.Hash.Compute(keys, hashes);
        int found = table.Lookup(hashes, keys, values, hits);
        // end
        Assert.Equal(1, found);
        Assert.True(hits[3]);
        Assert.Equal(7, values[3]);
    }

    [Fact]
    public void Timeouts_and_counters()
    {
        Ipv4FlowKey key = Burst[0];
        uint hash = SymmetricRss.Hash.Compute(key);
        uint packetLength = 64;
        List<ulong> bytesOfExpired = [];

        // snippet: flow-table-timeouts
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(100_000, new FlowTableOptions { Timeouts = true, Counters = true });

        uint now = (uint)(Environment.TickCount64 / 1_000); // seconds; one reading serves a burst or more
        table.TryAdd(hash, key, 7, new FlowTimeouts(idle: 60, hard: 3_600), now);
        table.TryGetValue(hash, key, now, packetLength, out int value); // counts the packet and starts the idle timeout again

        // Once a tick or more often: a part of the table each time.
        int expired = table.Sweep(now, maxBuckets: table.BucketCount / 10, (entry, reason) => bytesOfExpired.Add(entry.Bytes));
        // end
        Assert.Equal(0, expired);
        Assert.Equal(7, value);
        Assert.Equal(1, table.Sweep(now + 60, table.BucketCount, (entry, _) => bytesOfExpired.Add(entry.Bytes)));
        Assert.Equal([64ul], bytesOfExpired);
    }

    [Fact]
    public void Full()
    {
        uint now = 5;
        List<int> released = [];

        // snippet: flow-table-full
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(24, new FlowTableOptions { WhenFull = TableFullPolicy.EvictOldest });
        foreach (Ipv4FlowKey key in Burst)
        {
            uint hash = ToeplitzHash.Microsoft.Compute(key);
            if (table.TryAdd(hash, key, 7, default, now, out FlowEntry<Ipv4FlowKey, int> evicted) == AddResult.Evicted)
                released.Add(evicted.Value);
        }
        // end
        Assert.Equal(8, released.Count);
    }

    // snippet: flow-table-state
    private record struct FlowState(ulong Packets, ulong Bytes, uint LastSequence);

    private static void Account(CuckooFlowTable<Ipv4FlowKey, FlowState> table, ReadOnlySpan<uint> hashes, ReadOnlySpan<Ipv4FlowKey> keys, ReadOnlySpan<uint> lengths)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            ref FlowState state = ref table.GetOrAdd(hashes[i], keys[i], out AddResult result);
            if (result == AddResult.Full)
                continue; // the reference is to a spare value that nobody keeps
            state.Packets++;
            state.Bytes += lengths[i];
        }
    }
    // end

    [Fact]
    public void State_beside_readers()
    {
        using CuckooFlowTable<Ipv4FlowKey, FlowState> table = new(1_000);
        Ipv4FlowKey key = Burst[0];
        uint hash = SymmetricRss.Hash.Compute(key);
        Account(table, [hash, hash], [key, key], [60u, 1_500]);

        // snippet: flow-table-modify
        bool modified = table.TryModify(hash, key, 1_500u, static (ref FlowState state, uint length) =>
        {
            state.Packets++;
            state.Bytes += length;
            return true; // store it; false leaves the table's value as it is
        });
        // end
        Assert.True(modified);
        Assert.True(table.TryGetValue(hash, key, out FlowState state));
        Assert.Equal(new FlowState(3, 3_060, 0), state);

        // snippet: flow-table-compare
        FlowState next = state with { LastSequence = 99 };
        bool replaced = table.TryUpdate(hash, key, next, expected: state);
        // end
        Assert.True(replaced);
    }

    [Fact]
    public void Several_writers()
    {
        Ipv4FlowKey key = Burst[0];
        uint hash = SymmetricRss.Hash.Compute(key);
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(1_000);

        // snippet: flow-table-lock
        Lock writers = new();
        lock (writers)
            table.TryAdd(hash, key, 7);
        bool found = table.TryGetValue(hash, key, out int value); // lookups need no lock
        // end
        Assert.True(found);
        Assert.Equal(7, value);
    }

    [Fact]
    public void A_table_for_each_core()
    {
        const int cores = 4;
        Ipv4FlowKey key = Burst[0];

        // snippet: flow-table-partitions
        CuckooFlowTable<Ipv4FlowKey, int>[] tables = new CuckooFlowTable<Ipv4FlowKey, int>[cores];
        for (int core = 0; core < cores; core++)
            tables[core] = new CuckooFlowTable<Ipv4FlowKey, int>(1_000_000 / cores * 11 / 10);

        // On a core that receives queue number `queue`: the card has chosen the queue by the same hash for every packet of a flow.
        uint hash = SymmetricRss.Hash.Compute(key);
        uint queue = hash % cores;
        tables[queue].TryAdd(hash, key, 7);
        // end
        Assert.Equal(1, tables.Sum(table => table.Count));
        Assert.Equal(hash, SymmetricRss.Hash.Compute(key.Reversed()));
        foreach (CuckooFlowTable<Ipv4FlowKey, int> table in tables)
            table.Dispose();
    }

    [Fact]
    public void Hand_over()
    {
        using CuckooFlowTable<Ipv4FlowKey, int> old = new(1_000);
        foreach (Ipv4FlowKey key in Burst)
            old.TryAdd(SymmetricRss.Hash.Compute(key), key, 7);
        using CuckooFlowTable<Ipv4FlowKey, int> successor = new(2_000);
        uint now = 1_000;
        uint itsNow = 5;
        MemoryStream stream = new();

        // snippet: flow-table-snapshot
        int saved = old.Save(stream, now); // on the old table's writer thread

        stream.Position = 0;
        RestoreResult result = successor.Restore(stream, itsNow); // InvalidDataException says what is wrong with a bad one
        // end
        Assert.Equal(32, saved);
        Assert.Equal(32, result.Added);
    }

    [Fact]
    public void Seed()
    {
        // snippet: flow-table-seed
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(100_000, new FlowTableOptions { Seed = seed });
        // end
        Assert.Equal(seed, table.Options.Seed);
    }

    [Fact]
    public void Symmetric_hashes()
    {
        Ipv4FlowKey key = Burst[0];

        // snippet: flow-table-symmetric
        uint card = SymmetricRss.Hash.Compute(key); // what a card computes that was given SymmetricRss.Key
        uint software = ToeplitzHash.Microsoft.ComputeSorted(key); // no card does, but all 32 bits count
        Ipv4FlowKey identity = key.Canonical(); // the same for both directions: one entry for the two
        // end
        Assert.Equal(card, SymmetricRss.Hash.Compute(key.Reversed()));
        Assert.Equal(software, ToeplitzHash.Microsoft.ComputeSorted(key.Reversed()));
        Assert.Equal(identity, key.Reversed().Canonical());
    }
}

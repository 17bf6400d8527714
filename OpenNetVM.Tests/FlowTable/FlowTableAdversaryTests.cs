using OpenNetVM.FlowTable;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>What somebody who chooses the keys can do to the table, and to the others who use it.</summary>
public class FlowTableAdversaryTests
{
    [Fact]
    public void Keys_chosen_for_two_buckets_of_an_unseeded_table_spread_over_a_seeded_one()
    {
        Random random = FlowKeys.NewRandom(out int seed);
        using CuckooFlowTable<Ipv4FlowKey, int> unseeded = new(240);
        using CuckooFlowTable<Ipv4FlowKey, int> seeded = new(240, new FlowTableOptions { Seed = (ulong)random.NextInt64() + 1 });
        List<(uint Hash, Ipv4FlowKey Key)> chosen = [];
        while (chosen.Count < 100)
        {
            Ipv4FlowKey key = FlowKeys.Ipv4(random);
            uint hash = SymmetricRss.Hash.Compute(key);
            (uint first, uint second, _) = unseeded.PlaceOf(hash, key);
            if (Math.Min(first, second) == 0 && Math.Max(first, second) == 1)
                chosen.Add((hash, key));
        }
        int refused = chosen.Count(flow => unseeded.TryAdd(flow.Hash, flow.Key, 1) == AddResult.Full);
        Assert.Equal(100 - (2 * Bucket.Slots), refused);
        Assert.All(chosen, flow => Assert.True(seeded.TryAdd(flow.Hash, flow.Key, 1) == AddResult.Added, $"seed {seed}: {flow} was refused"));
    }

    [Fact]
    public void Refusing_keys_whose_two_buckets_are_full_takes_no_room_from_others_and_moves_nothing()
    {
        Random random = FlowKeys.NewRandom(out int seed);
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(24_000, new FlowTableOptions { HashOnly = true });
        for (uint i = 0; i < 2 * Bucket.Slots; i++)
            Assert.Equal(AddResult.Added, table.TryAdd(4711, new Ipv4FlowKey(i, i, 1, 1, 6), -1));
        int others = 0;
        while (table.LoadFactor < 0.95)
        {
            // In turn with the attack's adds, all of which are refused.
            Assert.Equal(AddResult.Full, table.TryAdd(4711, FlowKeys.Ipv4(random), -1));
            uint hash = (uint)random.NextInt64();
            others += table.TryAdd(hash, FlowKeys.Ipv4(random), 1) == AddResult.Full ? 1 : 0;
        }
        Assert.True(others <= 3, $"seed {seed}: {others} adds of others were refused");
        Assert.Equal(2 * Bucket.Slots, table.Count(entry => entry.Value == -1));
    }

    [Fact]
    public void An_add_looks_at_no_more_buckets_than_the_search_limit_however_far_away_room_is()
    {
        // What an add looks at shows in what it finds: breadth first over buckets without repetition, it must find any room that is near, and
        // none that lies beyond the limit.
        Random random = FlowKeys.NewRandom(out int seed);
        using CuckooFlowTable<Ipv4FlowKey, int> table = new(60_000);
        int limit = CuckooFlowTable<Ipv4FlowKey, int>.SearchBound;
        int refusedBeforeRoom = 0;
        for (int i = 0; refusedBeforeRoom < 20; i++)
        {
            Assert.True(i < 1_000_000, $"seed {seed}: no add was refused with room beyond the limit");
            Ipv4FlowKey key = FlowKeys.Ipv4(random);
            uint hash = SymmetricRss.Hash.Compute(key);
            int distance = table.LoadFactor < 0.9 ? 0 : BucketsUntilRoom(table, hash, key);
            AddResult result = table.TryAdd(hash, key, i);
            if (result == AddResult.Added)
                Assert.True(distance <= limit, $"seed {seed}: an add looked at {distance} buckets at least, the limit is {limit}");
            else if (distance < int.MaxValue)
                refusedBeforeRoom += 1;

            // Paths that meet are looked at again, but not often.
            if (result == AddResult.Full)
                Assert.True(distance > limit / 2, $"seed {seed}: an add was refused with room {distance} buckets away");
        }
    }

    // How many different buckets a search from the key's two buckets looks at until one has room; int.MaxValue where none that can be reached has.
    private static unsafe int BucketsUntilRoom(CuckooFlowTable<Ipv4FlowKey, int> table, uint hash, Ipv4FlowKey key)
    {
        (uint first, uint second, _) = table.PlaceOf(hash, key);
        HashSet<uint> seen = [first, second];
        Queue<uint> queue = new([first, second]);
        int looked = 0;
        if (HasRoom(first) || HasRoom(second))
            return 0;
        looked = 2;
        while (queue.TryDequeue(out uint bucket))
        {
            for (int slot = 0; slot < Bucket.Slots; slot++)
            {
                uint partner = CuckooFlowTable<Ipv4FlowKey, int>.PartnerOf(bucket, table.HeadOf(bucket)->Tags[slot], (uint)table.BucketCount);
                if (!seen.Add(partner))
                    continue;
                looked++;
                if (HasRoom(partner))
                    return looked;
                queue.Enqueue(partner);
            }
        }
        return int.MaxValue;

        bool HasRoom(uint bucket) => Bucket.Match(table.HeadOf(bucket), 0) != 0;
    }
}

using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.LoadBalancing;

/// <summary>What every policy must do; derived once for each.</summary>
public abstract class LoadBalancerContract
{
    protected static IEnumerable<int> InstanceCounts => Enumerable.Range(1, 64);

    protected abstract ILoadBalancer Policy { get; }

    /// <summary>The digest of the table for 10 instances. It may only change with a release note: all flows of all users would move.</summary>
    protected abstract string DigestForTenInstances { get; }

    /// <summary>How far the load of an instance may be from the mean of so many instances, with so many slots or hashes for each.</summary>
    protected abstract double Tolerance(int instances, double each);

    [Fact]
    public void Every_instance_has_slots_and_no_slot_is_without_instance()
    {
        foreach (int count in InstanceCounts)
        {
            // The count fails by itself where a slot holds no index of an instance.
            int[] slots = Balancing.SlotCounts(Policy.BuildTable(Balancing.Instances(count)), count);
            Assert.All(slots, number => Assert.True(number > 0, $"of {count} instances one has no slot"));
        }
    }

    [Fact]
    public void All_symmetric_hashes_spread_within_the_tolerance()
    {
        foreach (int count in InstanceCounts)
        {
            double mean = 65_536.0 / count;
            double tolerance = Tolerance(count, mean);
            Assert.All(Balancing.SymmetricLoads(Policy, Balancing.Instances(count)), load => Assert.InRange(load, mean - tolerance, mean + tolerance));
        }
    }

    [Fact]
    public void All_full_hashes_spread_within_the_tolerance()
    {
        foreach (int count in InstanceCounts)
        {
            // In units of 2^16 hashes, to share the tolerance with the symmetric hashes.
            double mean = 65_536.0 / count;
            double tolerance = Tolerance(count, mean);
            long[] loads = Balancing.FullLoads(Policy.BuildTable(Balancing.Instances(count)), count);
            Assert.All(loads, load => Assert.InRange(load / 65_536.0, mean - tolerance, mean + tolerance));
        }
    }

    [Fact]
    public void The_table_is_the_same_in_every_process()
    {
        int[] table = Policy.BuildTable(Balancing.Instances(10));
        Assert.Equal(table, Policy.BuildTable(Balancing.Instances(10)));
        Assert.Equal(DigestForTenInstances, Balancing.Digest(table));
    }

    [Fact]
    public void Both_directions_of_a_flow_choose_the_same_instance()
    {
        Random random = new(7);
        BalancerTable table = BalancerTable.Create(Policy, Balancing.Instances(7));
        HashSet<int> chosen = [];
        for (int i = 0; i < 5_000; i++)
        {
            Ipv4FlowKey key = RandomKey(random);
            int there = table.Select(SymmetricRss.Hash.Compute(key));
            Assert.Equal(there, table.Select(SymmetricRss.Hash.Compute(key.Reversed())));
            chosen.Add(there);
        }

        Assert.Equal(7, chosen.Count);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(48)]
    public void Flows_of_one_subnet_spread(int count)
    {
        // Clients of one /16 talking to one server: the five-tuples that real RSS hashes are made of, far from random.
        BalancerTable table = BalancerTable.Create(Policy, Balancing.Instances(count));
        int[] loads = new int[count];
        HashSet<uint> hashes = [];
        const int Flows = 48_000;
        for (int i = 0; i < Flows; i++)
        {
            Ipv4FlowKey key = new(0x0A010000 + (uint)(i % 6_000), 0xC0000201, (ushort)(32_768 + i / 6_000 * 2), 443, 6);
            uint hash = SymmetricRss.Hash.Compute(key);
            loads[table.Select(hash)]++;
            hashes.Add(hash);
        }

        // So alike flows have few different hashes; no policy can do better than to draw the instance of each fairly: five sigma.
        double mean = (double)Flows / count;
        double tolerance = 5 * mean / Math.Sqrt((double)hashes.Count / count);
        Assert.All(loads, load => Assert.InRange(load, mean - tolerance, mean + tolerance));
        Assert.InRange(hashes.Count, 1_000, 65_536);
    }

    [Fact]
    public void Ten_thousand_instances_get_a_table()
    {
        BalancedInstance[] instances = Balancing.Instances(10_000);
        int[] table = Policy.BuildTable(instances);
        int[] slots = Balancing.SlotCounts(table, instances.Length);
        double mean = (double)table.Length / instances.Length;
        Assert.All(slots, count => Assert.InRange(count, 0, mean + 6 * Math.Sqrt(mean) + 1));
        // A fair draw leaves e^-6.5 of the instances without a slot; nothing may leave more.
        Assert.InRange(slots.Count(count => count == 0), 0, 40);
    }

    [Fact]
    public void Unusable_instances_are_refused()
    {
        Refused([], "at least one");
        Refused([new(new InstanceId(0))], "no instance");
        Refused([new(new InstanceId(ushort.MaxValue))], "no instance");
        Refused([new(new InstanceId(2)), new(new InstanceId(1))], "ordered");
        Refused([new(new InstanceId(2)), new(new InstanceId(2))], "ordered");
        Refused([new(new InstanceId(1), 0)], "weight");
        Refused([new(new InstanceId(1), -1)], "weight");
        Refused([new(new InstanceId(1), BalancedInstance.MaxWeight + 1)], "weight");
    }

    private static Ipv4FlowKey RandomKey(Random random) => new(
        (uint)random.NextInt64(1L << 32),
        (uint)random.NextInt64(1L << 32),
        (ushort)random.Next(65_536),
        (ushort)random.Next(65_536),
        6);

    private void Refused(BalancedInstance[] instances, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => Policy.BuildTable(instances)).Message, StringComparison.Ordinal);
}

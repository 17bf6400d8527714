using FsCheck.Xunit;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.LoadBalancing;

public class RendezvousTests : LoadBalancerContract
{
    protected override ILoadBalancer Policy { get; } = new Rendezvous();

    protected override string DigestForTenInstances => "3895F184BEF37300";

    // Five standard deviations of a fair draw, and the 15 slots that symmetric hashes hit twice.
    protected override double Tolerance(int instances, double each) => 5 * Math.Sqrt(each * (1 - 1.0 / instances)) + 16;

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(64)]
    public void Exactly_the_flows_of_an_instance_that_goes_move(int count)
    {
        BalancedInstance[] all = Balancing.Instances(count);
        for (int victim = 0; victim < count; victim += Math.Max(1, count / 5))
            OnlyTheVictimsSlotsMove(Policy, all, victim);
    }

    [Property(MaxTest = 100)]
    public void Exactly_the_flows_of_an_instance_that_comes_or_goes_move_whatever_the_weights(ushort[] ids, int seed)
    {
        Random random = new(seed);
        BalancedInstance[] all = [.. ids.Select(id => new InstanceId(id)).Where(id => id.IsValid).Distinct().Order()
            .Select(id => new BalancedInstance(id, random.Next(1, BalancedInstance.MaxWeight + 1)))];
        if (all.Length < 2)
            return;
        OnlyTheVictimsSlotsMove(new Rendezvous(4_093), all, random.Next(all.Length));
    }

    [Property(MaxTest = 100)]
    public void A_table_made_from_the_one_before_is_the_one_made_from_nothing(ushort[] ids, int seed)
    {
        // One policy object lives through instances that come, go and change their weights; a new one sees only the last set.
        Random random = new(seed);
        Rendezvous remembering = new(1_021);
        SortedDictionary<ushort, int> weights = [];
        foreach (ushort id in ids.Concat(Enumerable.Range(1, 40).Select(i => (ushort)i)).Where(id => new InstanceId(id).IsValid))
        {
            // Mostly one change at a time, sometimes several, sometimes none.
            for (int changes = random.Next(4); changes >= 0; changes--)
            {
                ushort changed = changes == 0 || weights.Count == 0 ? id : weights.Keys.ElementAt(random.Next(weights.Count));
                if (random.Next(3) == 0 && weights.Count > 1)
                    weights.Remove(changed);
                else
                    weights[changed] = random.Next(1, 4);
            }

            BalancedInstance[] instances = [.. weights.Select(pair => new BalancedInstance(new InstanceId(pair.Key), pair.Value))];
            Assert.Equal(new Rendezvous(1_021).BuildTable(instances), remembering.BuildTable(instances));
        }
    }

    [Fact]
    public void A_returned_table_is_the_callers()
    {
        Rendezvous policy = new(251);
        int[] table = policy.BuildTable(Balancing.Instances(9));
        int[] copy = [.. table];
        Array.Clear(table);
        Assert.Equal(copy, policy.BuildTable(Balancing.Instances(9)));
    }

    [Fact]
    public void More_weight_only_attracts_flows()
    {
        BalancedInstance[] before = Balancing.Instances(8);
        BalancedInstance[] after = [.. before];
        after[3] = after[3] with { Weight = 2 };
        int[] tableBefore = Policy.BuildTable(before);
        int[] tableAfter = Policy.BuildTable(after);
        for (int slot = 0; slot < tableBefore.Length; slot++)
        {
            if (tableBefore[slot] != tableAfter[slot])
                Assert.Equal(3, tableAfter[slot]);
        }

        Assert.True(tableAfter.Count(index => index == 3) > tableBefore.Count(index => index == 3));
    }

    [Fact]
    public void Weights_are_shares_of_the_slots()
    {
        int[] weights = [1, 2, 3, 10, 100, 1_000];
        BalancedInstance[] instances = [.. weights.Select((weight, i) => new BalancedInstance(new InstanceId((ushort)(i + 1)), weight))];
        int[] table = Policy.BuildTable(instances);
        int[] slots = Balancing.SlotCounts(table, instances.Length);
        for (int i = 0; i < weights.Length; i++)
        {
            double share = (double)weights[i] / weights.Sum();
            double tolerance = 5 * Math.Sqrt(table.Length * share * (1 - share));
            Assert.InRange(slots[i], table.Length * share - tolerance, table.Length * share + tolerance);
        }
    }

    [Fact]
    public void Equal_weights_of_any_size_make_the_same_table()
    {
        BalancedInstance[] instances = Balancing.Instances(20);
        int[] table = Policy.BuildTable(instances);
        // A power of two: scores scale without rounding.
        Assert.Equal(table, Policy.BuildTable([.. instances.Select(instance => instance with { Weight = 1_024 })]));
    }

    [Fact]
    public void The_number_of_slots_is_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Rendezvous(65_537));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Rendezvous(1_000));
        Assert.Throws<ArgumentException>(() => new Rendezvous(251).BuildTable(Balancing.Instances(252)));
        Assert.Equal((251, 65_521), (new Rendezvous(251).Slots, new Rendezvous().Slots));
    }

    private static void OnlyTheVictimsSlotsMove(ILoadBalancer policy, BalancedInstance[] all, int victim)
    {
        InstanceId[] ownersBefore = Balancing.Owners(policy.BuildTable(all), all);
        BalancedInstance[] rest = Balancing.Without(all, victim);
        InstanceId[] ownersAfter = Balancing.Owners(policy.BuildTable(rest), rest);
        for (int slot = 0; slot < ownersBefore.Length; slot++)
        {
            if (ownersBefore[slot] != ownersAfter[slot] && ownersBefore[slot] != all[victim].Id)
                Assert.Fail($"slot {slot} moved from {ownersBefore[slot]} to {ownersAfter[slot]} when {all[victim].Id} went");
        }
    }
}

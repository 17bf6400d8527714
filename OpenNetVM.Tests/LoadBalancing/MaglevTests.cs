using FsCheck.Xunit;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.LoadBalancing;

public class MaglevTests : LoadBalancerContract
{
    protected override ILoadBalancer Policy { get; } = new Maglev();

    protected override string DigestForTenInstances => "421C5D11D14DCCA8";

    // Slot counts differ by one at most; of 65,536 symmetric hashes, 15 hit a slot of 65,521 for a second time.
    protected override double Tolerance(int instances, double each) => 16;

    [Fact]
    public void Shares_are_even_to_one_slot()
    {
        foreach (int count in InstanceCounts)
        {
            int[] slots = Balancing.SlotCounts(Policy.BuildTable(Balancing.Instances(count)), count);
            Assert.InRange(slots.Max() - slots.Min(), 0, 1);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(500)]
    public void Few_flows_move_beyond_those_of_an_instance_that_goes(int count)
    {
        BalancedInstance[] instances = Balancing.Instances(count);
        for (int victim = 0; victim < count; victim += Math.Max(1, count / 5))
        {
            int moved = Balancing.MovedHashes(Policy, instances, Balancing.Without(instances, victim));
            double share = 1.0 / count;
            Assert.InRange(moved / 65_536.0, share - 0.001, share + 0.03);
        }
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
            double share = (double)table.Length * weights[i] / weights.Sum();
            // An instance is never more than a turn ahead or behind of its own share, or of the others'.
            Assert.InRange(slots[i], share - 2, share + 2);
        }
    }

    [Property(MaxTest = 200)]
    public void Equal_weights_of_any_size_make_the_same_table_and_unequal_ones_a_full_one(ushort[] ids, byte seed)
    {
        InstanceId[] valid = [.. ids.Select(id => new InstanceId(id)).Where(id => id.IsValid).Distinct().Order()];
        if (valid.Length == 0)
            return;
        Maglev policy = new(1_021);
        int[] table = policy.BuildTable([.. valid.Select(id => new BalancedInstance(id))]);
        Assert.Equal(table, policy.BuildTable([.. valid.Select(id => new BalancedInstance(id, seed + 1))]));
        Random random = new(seed);
        BalancedInstance[] weighted = [.. valid.Select(id => new BalancedInstance(id, random.Next(1, 1 << random.Next(1, 16))))];
        int[] weightedTable = policy.BuildTable(weighted);
        int[] slots = Balancing.SlotCounts(weightedTable, weighted.Length);
        double sum = weighted.Sum(instance => (double)instance.Weight);
        for (int i = 0; i < weighted.Length; i++)
        {
            // Turns are dealt in order of time, so by then everybody had the whole turns that were due to him, give or take one.
            double share = 1_021 * weighted[i].Weight / sum;
            Assert.InRange(slots[i], Math.Floor(share) - weighted.Length, Math.Ceiling(share) + weighted.Length);
        }
    }

    [Fact]
    public void Unequal_weights_deal_turns_as_equal_ones_do()
    {
        // Weights that differ, but by less than one slot in the whole table: the slow way of dealing must agree with the short one.
        BalancedInstance[] equal = Balancing.Instances(4);
        BalancedInstance[] nearly = [.. equal.Select((instance, i) => instance with { Weight = i == 0 ? 65_535 : 65_534 })];
        int[] a = new Maglev(251).BuildTable(equal);
        int[] b = new Maglev(251).BuildTable(nearly);
        Assert.Equal(a, b);
    }

    [Fact]
    public void A_number_of_slots_that_does_not_do_is_refused_with_one_that_does()
    {
        Assert.Contains("65539", Assert.Throws<ArgumentOutOfRangeException>(() => new Maglev(65_537)).Message, StringComparison.Ordinal);
        Assert.Contains("1009", Assert.Throws<ArgumentOutOfRangeException>(() => new Maglev(1_000)).Message, StringComparison.Ordinal);
        Assert.Contains("16777213", Assert.Throws<ArgumentOutOfRangeException>(() => new Maglev(1 << 24)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Maglev(250));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Maglev(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Maglev(int.MaxValue));
        Assert.Equal((251, 65_521), (new Maglev(251).Slots, new Maglev().Slots));
    }

    [Fact]
    public void More_instances_than_slots_are_refused() =>
        Assert.Contains("252", Assert.Throws<ArgumentException>(() => new Maglev(251).BuildTable(Balancing.Instances(252))).Message, StringComparison.Ordinal);
}

using FsCheck.Xunit;
using OpenNetVM.Core.LoadBalancing;

namespace OpenNetVM.Tests.LoadBalancing;

public class BalancerTableTests
{
    [Fact]
    public void The_remainder_is_exact_for_every_small_divisor_and_the_hashes_around_its_multiples()
    {
        Random random = new(1);
        for (uint divisor = 1; divisor <= 70_000; divisor++)
        {
            ulong inverse = BalancerTable.Inverse(divisor);
            uint last = uint.MaxValue - uint.MaxValue % divisor;
            Check(0, divisor, inverse);
            Check(divisor - 1, divisor, inverse);
            Check(divisor, divisor, inverse);
            Check(last - 1, divisor, inverse);
            Check(last, divisor, inverse);
            Check(uint.MaxValue, divisor, inverse);
            Check((uint)random.NextInt64(1L << 32), divisor, inverse);
        }
    }

    [Fact]
    public void The_remainder_is_exact_around_powers_of_two()
    {
        uint[] edges = [.. Enumerable.Range(0, 32).SelectMany(bit => new[] { (1u << bit) - 1, 1u << bit, (1u << bit) + 1 }), uint.MaxValue - 1, uint.MaxValue];
        foreach (uint divisor in edges.Where(d => d != 0))
        {
            foreach (uint hash in edges)
                Check(hash, divisor, BalancerTable.Inverse(divisor));
        }
    }

    [Property(MaxTest = 2_000)]
    public bool The_remainder_is_exact(uint hash, uint divisor) =>
        divisor == 0 || BalancerTable.Remainder(hash, divisor, BalancerTable.Inverse(divisor)) == hash % divisor;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(65_521)]
    public void A_hash_selects_the_slot_of_its_remainder(int length)
    {
        BalancedInstance[] instances = Balancing.Instances(Math.Min(length, 1_000));
        int[] slots = [.. Enumerable.Range(0, length).Select(slot => (int)((slot * 7919L + 3) % instances.Length))];
        BalancerTable table = BalancerTable.Create(new FixedTable(slots), instances);
        Random random = new(length);
        Assert.Equal(length, table.Length);
        for (int i = 0; i < 10_000; i++)
        {
            uint hash = (uint)random.NextInt64(1L << 32);
            Assert.Equal(slots[hash % (uint)length], table.Select(hash));
        }
    }

    [Fact]
    public void A_table_of_a_users_policy_is_checked()
    {
        Refused(null, "no table");
        Refused([], "0 slots");
        Refused([0, 1, 2, 3], "index 3");
        Refused([0, -1], "index -1");
        Refused(new int[ILoadBalancer.MaxSlots + 1], "16777217 slots");
        Assert.Equal(3, BalancerTable.Create(new FixedTable([2, 1, 0]), Balancing.Instances(3)).Length);
        Assert.True(default(BalancerTable).IsEmpty);
        Assert.False(BalancerTable.Create(new FixedTable([0]), Balancing.Instances(1)).IsEmpty);
    }

    [Theory]
    [InlineData(65_537)]
    [InlineData(131_074)]
    public void A_table_size_that_all_symmetric_hashes_are_multiples_of_is_refused(int length)
    {
        // The reason, first: this size would be one slot for everybody.
        Assert.Single(Balancing.SymmetricHashes.Select(hash => hash % 65_537).Distinct());
        Refused(new int[length], "65537");
    }

    [Fact]
    public void Selecting_does_not_allocate()
    {
        BalancerTable table = BalancerTable.Create(new RssModulo(), Balancing.Instances(5));
        int sum = SumOfSelections(table);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sum += SumOfSelections(table);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }

    private static int SumOfSelections(BalancerTable table)
    {
        int sum = 0;
        for (uint hash = 0; hash < 1_000; hash++)
            sum += table.Select(hash * 65_537);
        return sum;
    }

    private static void Check(uint hash, uint divisor, ulong inverse)
    {
        uint remainder = BalancerTable.Remainder(hash, divisor, inverse);
        if (remainder != hash % divisor)
            Assert.Fail($"{hash} % {divisor} is {hash % divisor}, not {remainder}");
    }

    private static void Refused(int[]? slots, string reason)
    {
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => BalancerTable.Create(new FixedTable(slots), Balancing.Instances(3)));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'fixed'", refusal.Message, StringComparison.Ordinal);
    }

    private sealed class FixedTable(int[]? slots) : ILoadBalancer
    {
        public string Name => "fixed";

        public int[] BuildTable(ReadOnlySpan<BalancedInstance> instances) => slots!;
    }
}

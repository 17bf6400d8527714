using OpenNetVM.Core.LoadBalancing;

namespace OpenNetVM.Tests.LoadBalancing;

public class RssModuloTests : LoadBalancerContract
{
    protected override ILoadBalancer Policy { get; } = new RssModulo();

    protected override string DigestForTenInstances => "10B4796EAC59C7D8";

    // As even as whole hashes can be: 65,537 has no divisor in common with the number of instances.
    protected override double Tolerance(int instances, double each) => 1;

    [Fact]
    public void It_is_the_hash_modulo_the_number_of_instances()
    {
        foreach (int count in InstanceCounts)
        {
            BalancerTable table = BalancerTable.Create(Policy, Balancing.Instances(count));
            for (uint i = 0; i < 1_000; i++)
            {
                uint hash = i * 4_099_099;
                Assert.Equal((int)(hash % (uint)count), table.Select(hash));
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(50)]
    public void Most_flows_move_when_an_instance_goes(int count)
    {
        BalancedInstance[] instances = Balancing.Instances(count);
        int moved = Balancing.MovedHashes(Policy, instances, Balancing.Without(instances, count - 1));
        // h % n = h % (n - 1) for about one in n.
        Assert.InRange(moved / 65_536.0, 1 - 1.0 / count - 0.02, 1 - 1.0 / count + 0.02);
    }

    [Fact]
    public void Weights_are_ignored()
    {
        BalancedInstance[] instances = Balancing.Instances(3);
        instances[1] = instances[1] with { Weight = 100 };
        Assert.Equal([0, 1, 2], Policy.BuildTable(instances));
    }
}

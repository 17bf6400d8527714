using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>
/// Choosing an instance, per packet, for 4 instances and the RSS hashes of random flows: the rival is the plain remainder that
/// OpenNetVM takes. Rows differ in the size of the table, so in the cache that it lives in.
/// </summary>
public class BalancerBenchmarks
{
    private const int Packets = 16_384;
    private const uint Instances = 4;

    private readonly uint[] _hashes = new uint[Packets];
    private BalancerTable _table;
    private uint _divisor;

    /// <summary>Slots of the table; 4 is the modulo policy.</summary>
    [Params(4, 1_021, 16_381, 65_521)]
    public int Slots { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int i = 0; i < Packets; i++)
            _hashes[i] = (uint)random.Next(65_536) * 65_537;
        BalancedInstance[] instances = [.. Enumerable.Range(1, (int)Instances).Select(id => new BalancedInstance(new InstanceId((ushort)id)))];
        ILoadBalancer policy = Slots == Instances ? new RssModulo() : new Maglev(Slots);
        _table = BalancerTable.Create(policy, instances);
        _divisor = Instances;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Packets)]
    public uint Remainder()
    {
        uint sum = 0;
        uint divisor = _divisor;
        foreach (uint hash in _hashes)
            sum += hash % divisor;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int Select()
    {
        int sum = 0;
        BalancerTable table = _table;
        foreach (uint hash in _hashes)
            sum += table.Select(hash);
        return sum;
    }
}

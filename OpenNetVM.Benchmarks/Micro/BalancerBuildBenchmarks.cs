using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>Making the table when an instance comes or goes: what the registry's lock is held for.</summary>
[MemoryDiagnoser]
public class BalancerBuildBenchmarks
{
    private readonly Rendezvous _policy = new();
    private BalancedInstance[] _equal = [];
    private BalancedInstance[] _weighted = [];

    [Params(4, 100, 10_000)]
    public int Instances { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _equal = [.. Enumerable.Range(1, Instances).Select(id => new BalancedInstance(new InstanceId((ushort)id)))];
        _weighted = [.. _equal.Select(instance => instance with { Weight = instance.Id.Value % 10 + 1 })];
    }

    [Benchmark(Baseline = true)]
    public int[] Modulo() => new RssModulo().BuildTable(_equal);

    [Benchmark]
    public int[] Maglev() => new Maglev().BuildTable(_equal);

    [Benchmark]
    public int[] MaglevWeighted() => new Maglev().BuildTable(_weighted);

    /// <summary>One instance goes and comes back: two tables, each made from the one before.</summary>
    [Benchmark(OperationsPerInvoke = 2)]
    public int[] RendezvousOneChange()
    {
        _policy.BuildTable(_equal.AsSpan(1));
        return _policy.BuildTable(_equal);
    }

    [Benchmark]
    public int[] Rendezvous() => new Rendezvous().BuildTable(_equal);

    [Benchmark]
    public int[] RendezvousWeighted() => new Rendezvous().BuildTable(_weighted);
}

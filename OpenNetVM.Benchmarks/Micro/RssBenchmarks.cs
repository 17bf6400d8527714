using BenchmarkDotNet.Attributes;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>Software RSS over bursts of 32 tuples with ports. The mean is the time of one tuple.</summary>
[MemoryDiagnoser]
public class RssBenchmarks
{
    private const int Tuples = 4096;
    private const int Burst = 32;

    private readonly Ipv4FlowKey[] _ipv4 = new Ipv4FlowKey[Tuples];
    private readonly Ipv6FlowKey[] _ipv6 = new Ipv6FlowKey[Tuples];
    private readonly uint[] _hashes = new uint[Burst];

    [Params(false, true)]
    public bool SymmetricKey { get; set; }

    private ToeplitzHash Hash => SymmetricKey ? SymmetricRss.Hash : ToeplitzHash.Microsoft;

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int i = 0; i < Tuples; i++)
        {
            _ipv4[i] = new Ipv4FlowKey((uint)random.NextInt64(), (uint)random.NextInt64(), (ushort)random.Next(), (ushort)random.Next(), 6);
            _ipv6[i] = new Ipv6FlowKey(
                (ulong)random.NextInt64(), (ulong)random.NextInt64(), (ulong)random.NextInt64(), (ulong)random.NextInt64(),
                (ushort)random.Next(), (ushort)random.Next(), 6);
        }
    }

    [Benchmark(OperationsPerInvoke = Tuples)]
    public uint Ipv4Bulk32()
    {
        ToeplitzHash hash = Hash;
        for (int i = 0; i < Tuples; i += Burst)
            hash.Compute(_ipv4.AsSpan(i, Burst), _hashes);
        return _hashes[0];
    }

    [Benchmark(OperationsPerInvoke = Tuples)]
    public uint Ipv6Bulk32()
    {
        ToeplitzHash hash = Hash;
        for (int i = 0; i < Tuples; i += Burst)
            hash.Compute(_ipv6.AsSpan(i, Burst), _hashes);
        return _hashes[0];
    }

    [Benchmark(OperationsPerInvoke = Tuples)]
    public uint Ipv4Single()
    {
        ToeplitzHash hash = Hash;
        uint sum = 0;
        foreach (ref readonly Ipv4FlowKey key in _ipv4.AsSpan())
            sum += hash.Compute(key);
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Tuples)]
    public uint Ipv4Sorted()
    {
        ToeplitzHash hash = Hash;
        uint sum = 0;
        foreach (ref readonly Ipv4FlowKey key in _ipv4.AsSpan())
            sum += hash.ComputeSorted(key);
        return sum;
    }
}

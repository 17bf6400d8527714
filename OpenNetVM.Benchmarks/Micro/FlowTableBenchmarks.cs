using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>
/// Lookups of uniformly chosen IPv4 flows with 8-byte values and precomputed hashes, against the dictionaries of .NET.
/// The mean is the time of one lookup: every invocation makes <see cref="Lookups"/>.
/// </summary>
[MemoryDiagnoser]
public class FlowTableBenchmarks : IDisposable
{
    // More than the largest table's share of the cache, so that "uniform" is not "the same few lines again and again".
    private const int Lookups = 1 << 20;
    private const int Burst = 32;

    private readonly ulong[] _values = new ulong[Burst];
    private readonly bool[] _hits = new bool[Burst];
    private Ipv4FlowKey[] _keys = [];
    private uint[] _hashes = [];
    private Ipv4FlowKey[] _missingKeys = [];
    private uint[] _missingHashes = [];
    private CuckooFlowTable<Ipv4FlowKey, ulong> _table = null!;
    private CuckooFlowTable<Ipv4FlowKey, ulong> _hashOnly = null!;
    private Dictionary<Ipv4FlowKey, ulong> _dictionary = [];
    private ConcurrentDictionary<Ipv4FlowKey, ulong> _concurrent = [];

    [Params(65_536, 1_000_000)]
    public int Entries { get; set; }

    [Params(false, true)]
    public bool SymmetricHash { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        Ipv4FlowKey[] flows = new Ipv4FlowKey[Entries];
        for (int i = 0; i < Entries; i++)
            flows[i] = NewFlow(random);
        _keys = new Ipv4FlowKey[Lookups];
        _missingKeys = new Ipv4FlowKey[Lookups];
        for (int i = 0; i < Lookups; i++)
        {
            _keys[i] = flows[random.Next(Entries)];
            _missingKeys[i] = NewFlow(random);
        }
        ToeplitzHash toeplitz = SymmetricHash ? SymmetricRss.Hash : ToeplitzHash.Microsoft;
        _hashes = new uint[Lookups];
        _missingHashes = new uint[Lookups];
        toeplitz.Compute(_keys, _hashes);
        toeplitz.Compute(_missingKeys, _missingHashes);

        int capacity = Entries + (Entries / 16);
        _table = new CuckooFlowTable<Ipv4FlowKey, ulong>(capacity);
        _hashOnly = new CuckooFlowTable<Ipv4FlowKey, ulong>(capacity, new FlowTableOptions { HashOnly = true });
        _dictionary = new Dictionary<Ipv4FlowKey, ulong>(Entries);
        _concurrent = new ConcurrentDictionary<Ipv4FlowKey, ulong>(2, Entries);
        for (int i = 0; i < Entries; i++)
        {
            uint hash = toeplitz.Compute(flows[i]);
            _table.TryAdd(hash, flows[i], (ulong)i);
            _hashOnly.TryAdd(hash, flows[i], (ulong)i);
            _dictionary[flows[i]] = (ulong)i;
            _concurrent[flows[i]] = (ulong)i;
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _table.Dispose();
        _hashOnly.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int Bulk32() => LookupAll(_table, _hashes, _keys);

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int Bulk32HashOnly() => LookupAll(_hashOnly, _hashes, _keys);

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int Bulk32AllMisses() => LookupAll(_table, _missingHashes, _missingKeys);

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int Single()
    {
        int found = 0;
        for (int i = 0; i < Lookups; i++)
            found += _table.TryGetValue(_hashes[i], _keys[i], out _) ? 1 : 0;
        return found;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Lookups)]
    public int Dictionary()
    {
        int found = 0;
        for (int i = 0; i < Lookups; i++)
            found += _dictionary.TryGetValue(_keys[i], out _) ? 1 : 0;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ConcurrentDictionary()
    {
        int found = 0;
        for (int i = 0; i < Lookups; i++)
            found += _concurrent.TryGetValue(_keys[i], out _) ? 1 : 0;
        return found;
    }

    private int LookupAll(CuckooFlowTable<Ipv4FlowKey, ulong> table, uint[] hashes, Ipv4FlowKey[] keys)
    {
        int found = 0;
        for (int i = 0; i < Lookups; i += Burst)
            found += table.Lookup(hashes.AsSpan(i, Burst), keys.AsSpan(i, Burst), _values, _hits);
        return found;
    }

    private static Ipv4FlowKey NewFlow(Random random) =>
        new((uint)random.NextInt64(), (uint)random.NextInt64(), (ushort)random.Next(), (ushort)random.Next(), 6);
}

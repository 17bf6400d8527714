using BenchmarkDotNet.Attributes;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>
/// What the writer does, a million times over IPv4 flows with 8-byte values, timeouts and precomputed symmetric hashes, against a dictionary
/// without timeouts. The mean is the time for one entry, of sweeps and snapshots too: a complete round over the table takes a million times that.
/// </summary>
[MemoryDiagnoser]
public class FlowTableWriteBenchmarks : IDisposable
{
    private const int Entries = 1_000_000;
    private const uint Idle = 60;

    private readonly Dictionary<Ipv4FlowKey, ulong> _dictionary = new(Entries);
    private readonly MemoryStream _snapshot = new(64 << 20);
    private Ipv4FlowKey[] _keys = [];
    private uint[] _hashes = [];
    private CuckooFlowTable<Ipv4FlowKey, ulong> _table = null!;

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        _keys = new Ipv4FlowKey[Entries];
        for (int i = 0; i < Entries; i++)
            _keys[i] = new Ipv4FlowKey((uint)random.NextInt64(), (uint)random.NextInt64(), (ushort)random.Next(), (ushort)random.Next(), 6);
        _hashes = new uint[Entries];
        SymmetricRss.Hash.Compute(_keys, _hashes);
        _table = new CuckooFlowTable<Ipv4FlowKey, ulong>(Entries + (Entries / 16), new FlowTableOptions { Timeouts = true });
    }

    [IterationSetup(Targets = [nameof(Add), nameof(DictionaryAdd)])]
    public void Empty()
    {
        _table.Clear();
        _dictionary.Clear();
    }

    [IterationSetup(Targets = [nameof(Set), nameof(Update), nameof(Modify), nameof(GetOrAdd), nameof(Remove), nameof(SweepNothing), nameof(SweepAll), nameof(Save)])]
    public void Fill()
    {
        Empty();
        Add();
        _snapshot.Position = 0;
    }

    [IterationSetup(Target = nameof(Restore))]
    public void FillSnapshot()
    {
        Fill();
        Save();
        _table.Clear();
        _snapshot.Position = 0;
    }

    [IterationSetup(Target = nameof(DictionaryRemove))]
    public void FillDictionary()
    {
        Empty();
        DictionaryAdd();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _table.Dispose();
        _snapshot.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public int Add()
    {
        for (int i = 0; i < Entries; i++)
            _table.TryAdd(_hashes[i], _keys[i], (ulong)i, new FlowTimeouts(Idle), 0);
        return _table.Count;
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public void Set()
    {
        for (int i = 0; i < Entries; i++)
            _table.Set(_hashes[i], _keys[i], 1, new FlowTimeouts(Idle), 0);
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public void Update()
    {
        for (int i = 0; i < Entries; i++)
            _table.TryUpdate(_hashes[i], _keys[i], 1);
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public void Modify()
    {
        for (int i = 0; i < Entries; i++)
            _table.TryModify(_hashes[i], _keys[i], 1ul, static (ref ulong value, ulong more) => (value += more) != 0);
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public void GetOrAdd()
    {
        for (int i = 0; i < Entries; i++)
            _table.GetOrAdd(_hashes[i], _keys[i], out _)++;
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public int Remove()
    {
        for (int i = 0; i < Entries; i++)
            _table.Remove(_hashes[i], _keys[i]);
        return _table.Count;
    }

    /// <summary>One round over a million entries, all idle and none expired.</summary>
    [Benchmark(OperationsPerInvoke = Entries)]
    public int SweepNothing() => _table.Sweep(Idle - 1, _table.BucketCount);

    /// <summary>One round in which a million entries expire.</summary>
    [Benchmark(OperationsPerInvoke = Entries)]
    public int SweepAll() => _table.Sweep(Idle, _table.BucketCount);

    /// <summary>A million entries to memory.</summary>
    [Benchmark(OperationsPerInvoke = Entries)]
    public int Save() => _table.Save(_snapshot, 0);

    /// <summary>A million entries from memory into an empty table.</summary>
    [Benchmark(OperationsPerInvoke = Entries)]
    public RestoreResult Restore() => _table.Restore(_snapshot, 0);

    [Benchmark(Baseline = true, OperationsPerInvoke = Entries)]
    public int DictionaryAdd()
    {
        for (int i = 0; i < Entries; i++)
            _dictionary[_keys[i]] = (ulong)i;
        return _dictionary.Count;
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public int DictionaryRemove()
    {
        for (int i = 0; i < Entries; i++)
            _dictionary.Remove(_keys[i]);
        return _dictionary.Count;
    }
}

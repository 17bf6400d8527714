using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>
/// Flows, a sequence of lookups among them, and the tables that hold them: ours, and DPDK's where it is installed. Keys, hashes and addresses
/// of keys lie in memory outside the garbage collector's heap, made before anything is measured, the same for every contender.
/// </summary>
internal sealed unsafe class FlowTableWorkload : IDisposable
{
    internal const int Burst = 32;
    internal const int Lookups = 1 << 20;

    private readonly ulong* _values = (ulong*)NativeMemory.AlignedAlloc(Burst * sizeof(ulong), 64);

    internal FlowTableWorkload(int entries, LookupOrder order, bool symmetricHash, int seed)
    {
        Random random = new(seed);
        Entries = entries;
        ToeplitzHash toeplitz = symmetricHash ? SymmetricRss.Hash : ToeplitzHash.Microsoft;
        Flows = new FlowSequence(entries);
        HashSet<Ipv4FlowKey> distinct = new(entries);
        for (int i = 0; i < entries; i++)
        {
            Ipv4FlowKey key;
            do
                key = NewFlow(random);
            while (!distinct.Add(key));
            Flows.Set(i, key, toeplitz.Compute(key));
        }

        Sequence = new FlowSequence(Lookups);
        ZipfSampler zipf = new(order == LookupOrder.Zipf ? entries : 1);
        for (int i = 0; i < Lookups; i++)
        {
            bool miss = order == LookupOrder.AllMiss || (order == LookupOrder.TenthMiss && random.Next(10) == 0);
            Ipv4FlowKey key = miss ? NewFlow(random) : Flows.Keys[order == LookupOrder.Zipf ? zipf.Next(random) : random.Next(entries)];
            Sequence.Set(i, key, toeplitz.Compute(key));
        }
    }

    internal int Entries { get; }

    internal FlowSequence Flows { get; }

    internal FlowSequence Sequence { get; }

    /// <summary>Room for the entries at 94 % load, on reserved huge pages where the system has them free.</summary>
    internal CuckooFlowTable<Ipv4FlowKey, ulong> NewTable() => new(Entries + (Entries / 16), new FlowTableOptions { HugePages = HugePageUse.Reserved });

    /// <summary>Room for the entries at 94 % load.</summary>
    internal RteHash NewReference(string name) => new(Entries + (Entries / 16), name);

    internal void Fill(CuckooFlowTable<Ipv4FlowKey, ulong> table)
    {
        for (int i = 0; i < Entries; i++)
        {
            if (table.TryAdd(Flows.Hashes[i], Flows.Keys[i], (ulong)i) != AddResult.Added)
                throw new InvalidOperationException($"Entry {i} of {Entries} was refused at {table.LoadFactor:P1}.");
        }
    }

    /// <returns>How many entries were refused.</returns>
    internal int Fill(RteHash table)
    {
        int refused = 0;
        for (int i = 0; i < Entries; i++)
            refused += table.TryAdd(Flows.Hashes[i], Flows.Keys + i, (ulong)i) ? 0 : 1;
        return refused;
    }

    internal void Fill(Action<Ipv4FlowKey, ulong> add)
    {
        for (int i = 0; i < Entries; i++)
            add(Flows.Keys[i], (ulong)i);
    }

    internal void Empty(CuckooFlowTable<Ipv4FlowKey, ulong> table)
    {
        for (int i = 0; i < Entries; i++)
            table.Remove(Flows.Hashes[i], Flows.Keys[i]);
    }

    internal void Empty(RteHash table)
    {
        for (int i = 0; i < Entries; i++)
            table.Remove(Flows.Hashes[i], Flows.Keys + i);
    }

    /// <summary>Takes an entry out and puts it back.</summary>
    internal void Renew(CuckooFlowTable<Ipv4FlowKey, ulong> table, int entry)
    {
        table.Remove(Flows.Hashes[entry], Flows.Keys[entry]);
        table.TryAdd(Flows.Hashes[entry], Flows.Keys[entry], (ulong)entry);
    }

    internal long LookUpBulk(CuckooFlowTable<Ipv4FlowKey, ulong> table)
    {
        long found = 0;
        Span<ulong> values = new(_values, Burst);
        for (int i = 0; i < Lookups; i += Burst)
            found += table.Lookup(new ReadOnlySpan<uint>(Sequence.Hashes + i, Burst), new ReadOnlySpan<Ipv4FlowKey>(Sequence.Keys + i, Burst), values, out ulong _);
        return found;
    }

    internal long LookUpBulk(RteHash table)
    {
        long found = 0;
        for (int i = 0; i < Lookups; i += Burst)
            found += table.Lookup(Sequence.Hashes + i, Sequence.Addresses + i, Burst, _values, out _);
        return found;
    }

    internal long LookUpSingly(Dictionary<Ipv4FlowKey, ulong> dictionary)
    {
        long found = 0;
        for (int i = 0; i < Lookups; i++)
            found += dictionary.TryGetValue(Sequence.Keys[i], out _) ? 1 : 0;
        return found;
    }

    internal long LookUpSingly(ConcurrentDictionary<Ipv4FlowKey, ulong> dictionary)
    {
        long found = 0;
        for (int i = 0; i < Lookups; i++)
            found += dictionary.TryGetValue(Sequence.Keys[i], out _) ? 1 : 0;
        return found;
    }

    internal long LookUpSingly(CuckooFlowTable<Ipv4FlowKey, ulong> table)
    {
        long found = 0;
        for (int i = 0; i < Lookups; i++)
            found += table.TryGetValue(Sequence.Hashes[i], Sequence.Keys[i], out _) ? 1 : 0;
        return found;
    }

    internal long LookUpSingly(RteHash table)
    {
        long found = 0;
        for (int i = 0; i < Lookups; i++)
            found += table.TryGetValue(Sequence.Hashes[i], Sequence.Keys + i, out _) ? 1 : 0;
        return found;
    }

    public void Dispose()
    {
        Flows.Dispose();
        Sequence.Dispose();
        NativeMemory.AlignedFree(_values);
    }

    private static Ipv4FlowKey NewFlow(Random random) =>
        new((uint)random.NextInt64(), (uint)random.NextInt64(), (ushort)random.Next(), (ushort)random.Next(), 6);
}

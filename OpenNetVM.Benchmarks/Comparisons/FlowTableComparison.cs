using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>
/// The flow table beside DPDK's rte_hash and .NET's dictionaries: 16-byte keys, 8-byte values, hashes computed beforehand, bursts of 32, tables 94 %
/// full on huge pages. The same keys in the same order for all, in turn in one process.
/// </summary>
internal static class FlowTableComparison
{
    private const string Reference = "rte_hash, bursts";
    private const string ReferenceSingle = "rte_hash, single";

    // 1 GiB, enough for rte_hash with four million entries; ours takes its own pages beside it.
    private const int HugePages = 512;

    /// <param name="arguments">Number of rounds (default 7), and numbers of entries with commas between (default 65536,1000000,4000000).</param>
    internal static void Run(IReadOnlyList<string> arguments)
    {
        int rounds = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 7;
        int[] sizes = arguments.Count > 1 ? [.. arguments[1].Split(',').Select(static size => int.Parse(size, CultureInfo.InvariantCulture))] : [65_536, 1_000_000, 4_000_000];
        string? whyNot = RteEal.WhyNot(HugePages);
        if (whyNot is not null)
            Console.WriteLine($"rte_hash is left out: {whyNot}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.FrameworkDescription}, {DateTime.UtcNow:yyyy-MM-dd}; {rounds} rounds, bursts of {FlowTableWorkload.Burst}, tables 94 % full. Ratios: bursts to {Reference}, single lookups to {ReferenceSingle}, adds and removals to rte_hash's, the table beside a writer to the table alone."));
        foreach (int entries in sizes)
        {
            foreach (LookupOrder order in Enum.GetValues<LookupOrder>())
                CompareLookups(entries, order, whyNot is null, rounds);
            FlowTableWrites.Compare(entries, whyNot is null, rounds);
            FlowTableBesideWriter.Compare(entries, rounds);
        }
    }

    /// <summary>Writes a heading and the results below it.</summary>
    internal static void Report(string what, int entries, string operation, IEnumerable<ContenderResult> results)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{entries:N0} entries, {what}:"));
        Console.WriteLine();
        InterleavedComparison.WriteMarkdown(results, operation, Console.Out);
    }

    private static void CompareLookups(int entries, LookupOrder order, bool reference, int rounds)
    {
        using FlowTableWorkload mixed = new(entries, order, symmetricHash: false, seed: 1);
        using FlowTableWorkload symmetric = new(entries, order, symmetricHash: true, seed: 1);
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = mixed.NewTable();
        using CuckooFlowTable<Ipv4FlowKey, ulong> symmetricTable = symmetric.NewTable();
        mixed.Fill(table);
        symmetric.Fill(symmetricTable);

        InterleavedComparison comparison = new();
        comparison.Add("flow table, bursts", FlowTableWorkload.Lookups, () => mixed.LookUpBulk(table), Reference);
        comparison.Add("flow table, bursts, symmetric hashes", FlowTableWorkload.Lookups, () => symmetric.LookUpBulk(symmetricTable), Reference);
        comparison.Add("flow table, single", FlowTableWorkload.Lookups, () => mixed.LookUpSingly(table), ReferenceSingle);
        using RteHash? rival = reference ? mixed.NewReference($"lookups {entries} {order}") : null;
        if (rival is not null)
        {
            int refused = mixed.Fill(rival);
            if (refused > 0 || mixed.LookUpBulk(rival) != mixed.LookUpBulk(table))
                throw new InvalidOperationException($"rte_hash refused {refused} entries, or does not find what the flow table finds.");
            comparison.Add(Reference, FlowTableWorkload.Lookups, () => mixed.LookUpBulk(rival));
            comparison.Add(ReferenceSingle, FlowTableWorkload.Lookups, () => mixed.LookUpSingly(rival));
        }

        if (order == LookupOrder.Uniform)
            AddDictionaries(comparison, mixed);
        Report($"lookups, {Describe(order)}", entries, "lookup", comparison.Run(rounds));
    }

    private static void AddDictionaries(InterleavedComparison comparison, FlowTableWorkload workload)
    {
        Dictionary<Ipv4FlowKey, ulong> dictionary = new(workload.Entries);
        ConcurrentDictionary<Ipv4FlowKey, ulong> concurrent = new(Environment.ProcessorCount, workload.Entries);
        workload.Fill((key, value) => dictionary[key] = concurrent[key] = value);
        comparison.Add("Dictionary", FlowTableWorkload.Lookups, () => workload.LookUpSingly(dictionary), Reference);
        comparison.Add("ConcurrentDictionary", FlowTableWorkload.Lookups, () => workload.LookUpSingly(concurrent), Reference);
    }

    private static string Describe(LookupOrder order) => order switch
    {
        LookupOrder.Uniform => "every entry equally often",
        LookupOrder.Zipf => "Zipf(1.0)",
        LookupOrder.TenthMiss => "one in ten not there",
        _ => "none there",
    };
}

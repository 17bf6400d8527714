using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.FlowTable;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>
/// Software RSS of tuples with ports, ours and DPDK's in turn over the same tuples. Ours starts from flow keys, whose numbers are in host order; each of
/// DPDK's functions is given the tuples as it wants them: words in host order, or pointers to bytes in network order.
/// </summary>
internal static class RssComparison
{
    private const string Bulk = "rte_thash_gfni_bulk";
    private const string Single = "rte_thash_gfni";
    private const string Portable = "rte_softrss_be";

    /// <param name="arguments">Number of rounds (default 15).</param>
    internal static void Run(IReadOnlyList<string> arguments)
    {
        int rounds = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 15;
        using ReferenceLibrary? library = ReferenceLibrary.TryLoad("rss_reference.c", out string missing);
        if (library is null)
            Console.WriteLine($"DPDK's functions are left out: {missing}");

        RssTuples tuples = new();
        using RssReference? reference4 = library is null ? null : new(library, tuples.Ipv4Bytes(), RssTuples.Ipv4Length, ToeplitzHash.MicrosoftKey);
        using RssReference? reference6 = library is null ? null : new(library, tuples.Ipv6Bytes(), RssTuples.Ipv6Length, ToeplitzHash.MicrosoftKey);
        InterleavedComparison comparison = new();
        AddIpv4(comparison, tuples);
        AddReference(comparison, "IPv4", reference4);
        AddIpv6(comparison, tuples);
        AddReference(comparison, "IPv6", reference6);
        IReadOnlyList<ContenderResult> results = comparison.Run(rounds);

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.FrameworkDescription}, {DateTime.UtcNow:yyyy-MM-dd}; {rounds} rounds, {RssTuples.Count} tuples with ports, bursts of {RssTuples.Burst}, GFNI {(ToeplitzGfni.IsSupported ? "used" : "not there")}"));
        Console.WriteLine($"Ratios: bursts to {Bulk}, single tuples and raw bytes to {Single}, tables to {Portable}.");
        Console.WriteLine();
        InterleavedComparison.WriteMarkdown(results, "tuple", Console.Out);
    }

    private static void AddIpv4(InterleavedComparison comparison, RssTuples tuples)
    {
        ToeplitzHash any = ToeplitzHash.Microsoft;
        ToeplitzHash symmetric = SymmetricRss.Hash;
        ToeplitzTables tables = new(ToeplitzHash.MicrosoftKey);
        Ipv4FlowKey[] keys = tuples.Ipv4;
        byte[] bytes = tuples.Ipv4Bytes();
        uint[] hashes = new uint[RssTuples.Count];

        comparison.Add("IPv4 any key, bursts", RssTuples.Count, () => Bursts(any, keys, hashes), $"IPv4 {Bulk}");
        comparison.Add("IPv4 symmetric key, bursts", RssTuples.Count, () => Bursts(symmetric, keys, hashes), $"IPv4 {Bulk}");
        comparison.Add("IPv4 any key, single", RssTuples.Count, () => OneByOne(any, keys, hashes), $"IPv4 {Single}");
        comparison.Add("IPv4 symmetric key, single", RssTuples.Count, () => OneByOne(symmetric, keys, hashes), $"IPv4 {Single}");
        comparison.Add("IPv4 any key, single, made just before", RssTuples.Count, () => MadeJustBefore(any, keys, hashes), $"IPv4 {Single}");
        comparison.Add("IPv4 any key, raw bytes", RssTuples.Count, () => OneByOne(any, bytes, RssTuples.Ipv4Length, hashes), $"IPv4 {Single}");
        comparison.Add("IPv4 any key, tables", RssTuples.Count, () => tables.Compute(keys, hashes), $"IPv4 {Portable}");
    }

    private static void AddIpv6(InterleavedComparison comparison, RssTuples tuples)
    {
        ToeplitzHash any = ToeplitzHash.Microsoft;
        ToeplitzHash symmetric = SymmetricRss.Hash;
        ToeplitzTables tables = new(ToeplitzHash.MicrosoftKey);
        Ipv6FlowKey[] keys = tuples.Ipv6;
        byte[] bytes = tuples.Ipv6Bytes();
        uint[] hashes = new uint[RssTuples.Count];

        comparison.Add("IPv6 any key, bursts", RssTuples.Count, () => Bursts(any, keys, hashes), $"IPv6 {Bulk}");
        comparison.Add("IPv6 symmetric key, bursts", RssTuples.Count, () => Bursts(symmetric, keys, hashes), $"IPv6 {Bulk}");
        comparison.Add("IPv6 any key, single", RssTuples.Count, () => OneByOne(any, keys, hashes), $"IPv6 {Single}");
        comparison.Add("IPv6 symmetric key, single", RssTuples.Count, () => OneByOne(symmetric, keys, hashes), $"IPv6 {Single}");
        comparison.Add("IPv6 any key, raw bytes", RssTuples.Count, () => OneByOne(any, bytes, RssTuples.Ipv6Length, hashes), $"IPv6 {Single}");
        comparison.Add("IPv6 any key, tables", RssTuples.Count, () => tables.Compute(keys, hashes), $"IPv6 {Portable}");
    }

    private static void AddReference(InterleavedComparison comparison, string version, RssReference? reference)
    {
        if (reference is null)
            return;
        if (reference.HasGfni)
        {
            comparison.Add($"{version} {Bulk}", RssTuples.Count, () => reference.GfniBulk(RssTuples.Burst));
            comparison.Add($"{version} {Single}", RssTuples.Count, reference.Gfni);
        }
        comparison.Add($"{version} {Portable}", RssTuples.Count, reference.SoftRss);
    }

    private static void Bursts(ToeplitzHash hash, ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i += RssTuples.Burst)
            hash.Compute(keys.Slice(i, RssTuples.Burst), hashes[i..]);
    }

    private static void Bursts(ToeplitzHash hash, ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i += RssTuples.Burst)
            hash.Compute(keys.Slice(i, RssTuples.Burst), hashes[i..]);
    }

    private static void MadeJustBefore(ToeplitzHash hash, ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            ref readonly Ipv4FlowKey from = ref keys[i];
            Ipv4FlowKey key = new(from.Source, from.Destination, from.SourcePort, from.DestinationPort, from.Protocol);
            hashes[i] = hash.Compute(key);
        }
    }

    private static void OneByOne(ToeplitzHash hash, ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = hash.Compute(keys[i]);
    }

    private static void OneByOne(ToeplitzHash hash, ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = hash.Compute(keys[i]);
    }

    private static void OneByOne(ToeplitzHash hash, ReadOnlySpan<byte> bytes, int length, Span<uint> hashes)
    {
        for (int i = 0; i < hashes.Length; i++)
            hashes[i] = hash.Compute(bytes.Slice(i * length, length));
    }
}

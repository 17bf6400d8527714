using System.Globalization;
using System.Text.RegularExpressions;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>The memory that the guide promises, asked of the tables themselves.</summary>
public partial class FlowTableMemoryTests
{
    [Fact]
    public void Four_million_ipv4_flows_with_8_byte_values_take_less_than_256_megabytes()
    {
        const int Entries = 4_000_000;
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = new(Entries / 100 * 105, new FlowTableOptions { Timeouts = true });
        for (uint i = 0; i < Entries; i++)
        {
            Ipv4FlowKey key = new(0x0a000000 | i, 0xc0000201, (ushort)i, 443, 6);
            if (table.TryAdd(i * 0x9E3779B1, key, i, new FlowTimeouts(60), 0) != AddResult.Added)
                Assert.Fail($"entry {i} was refused at {table.LoadFactor:P1}");
        }
        Assert.Equal(Entries, table.Count);
        Assert.InRange(table.MemoryBytes, (long)Entries * 28, 256_000_000);
    }

    [Fact]
    public void The_guides_bytes_per_slot_are_those_of_the_tables()
    {
        Dictionary<string, double> promised = Row().Matches(File.ReadAllText(Path.Combine(RepositoryFiles.Root, "docs", "guides", "flow-tables.md")))
            .ToDictionary(row => row.Groups["what"].Value, row => double.Parse(row.Groups["bytes"].Value, CultureInfo.InvariantCulture));
        Dictionary<string, double> measured = new()
        {
            ["`Ipv4FlowKey`, 4 bytes"] = BytesPerSlot<Ipv4FlowKey, uint>(new FlowTableOptions()),
            ["`Ipv4FlowKey`, 8 bytes"] = BytesPerSlot<Ipv4FlowKey, ulong>(new FlowTableOptions()),
            ["`Ipv4FlowKey`, 8 bytes, timeouts"] = BytesPerSlot<Ipv4FlowKey, ulong>(new FlowTableOptions { Timeouts = true }),
            ["`Ipv4FlowKey`, 8 bytes, timeouts and counters"] = BytesPerSlot<Ipv4FlowKey, ulong>(new FlowTableOptions { Timeouts = true, Counters = true }),
            ["`Ipv6FlowKey`, 8 bytes"] = BytesPerSlot<Ipv6FlowKey, ulong>(new FlowTableOptions()),
            ["`Ipv6FlowKey`, 8 bytes, timeouts and counters"] = BytesPerSlot<Ipv6FlowKey, ulong>(new FlowTableOptions { Timeouts = true, Counters = true }),
        };
        foreach ((string what, double bytes) in measured)
            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {bytes:F1}");
        Assert.Equal(measured.Keys.Order(), promised.Keys.Order());
        Assert.All(measured, pair => Assert.Equal(pair.Value, promised[pair.Key], 0.06));
    }

    private static double BytesPerSlot<TKey, TValue>(FlowTableOptions options)
        where TKey : unmanaged, IEquatable<TKey>
        where TValue : unmanaged
    {
        using CuckooFlowTable<TKey, TValue> table = new(240_000, options with { HugePages = HugePageUse.None });
        return (double)table.MemoryBytes / table.Capacity;
    }

    [GeneratedRegex(@"^\| (?<what>`Ipv.FlowKey`, [^|]*[^| ]) +\| (?<bytes>[\d.]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}

using FsCheck.Xunit;
using OpenNetVM.Functions.Internals;

namespace OpenNetVM.Tests.Functions;

public class Ipv4RouteTableTests
{
    private static int Naive(List<(uint Network, int Length, int Target)> prefixes, uint address)
    {
        (int length, int target) = (-1, Ipv4RouteTable.None);
        foreach ((uint network, int bits, int its) in prefixes)
        {
            if (((address ^ network) & Ipv4RouteTable.Mask(bits)) == 0 && bits >= length)
                (length, target) = (bits, its);
        }

        return target;
    }

    [Property(MaxTest = 500)]
    public void The_longest_prefix_is_found_as_by_looking_at_all_of_them(uint[] networks, byte[] lengths, uint anywhere)
    {
        // Few different first bytes, so that prefixes nest and meet.
        List<(uint Network, int Length, int Target)> prefixes = [.. networks.Zip(lengths, (network, length) => ((network & 0x8300_03FF) | (network << 22), length % 33)).Select((pair, i) => (pair.Item1, pair.Item2, i))];
        Ipv4RouteTable table = new(prefixes);
        foreach (uint address in prefixes.SelectMany(Edges).Append(anywhere).Append(0u).Append(uint.MaxValue))
            Assert.Equal(Naive(prefixes, address), table.Find(address));
    }

    // Where the answer changes, if anywhere: a prefix's first and last address and their neighbours.
    private static IEnumerable<uint> Edges((uint Network, int Length, int Target) prefix)
    {
        uint mask = Ipv4RouteTable.Mask(prefix.Length);
        (uint first, uint last) = (prefix.Network & mask, prefix.Network | ~mask);
        return [first, unchecked(first - 1), last, unchecked(last + 1)];
    }

    [Fact]
    public void Nothing_is_found_in_an_empty_table()
    {
        Ipv4RouteTable table = new([]);
        Assert.Equal(Ipv4RouteTable.None, table.Find(0));
        Assert.Equal(Ipv4RouteTable.None, table.Find(uint.MaxValue));
    }

    [Fact]
    public void A_default_route_covers_every_address()
    {
        Ipv4RouteTable table = new([(0, 0, 7)]);
        Assert.Equal(7, table.Find(0));
        Assert.Equal(7, table.Find(uint.MaxValue));
    }

    [Fact]
    public void A_hundred_thousand_prefixes_are_found_as_by_dictionaries_of_every_length()
    {
        Random random = new(3);
        Dictionary<(uint, int), int> exact = [];
        for (int i = 0; i < 100_000; i++)
        {
            int length = random.Next(8, 33);
            exact[((uint)random.NextInt64(1L << 32) & Ipv4RouteTable.Mask(length), length)] = i;
        }

        Ipv4RouteTable table = new(exact.Select(pair => (pair.Key.Item1, pair.Key.Item2, pair.Value)));
        for (int i = 0; i < 100_000; i++)
        {
            uint address = (uint)random.NextInt64(1L << 32);
            int expected = Ipv4RouteTable.None;
            for (int length = 32; length >= 8 && expected == Ipv4RouteTable.None; length--)
                expected = exact.GetValueOrDefault((address & Ipv4RouteTable.Mask(length), length), Ipv4RouteTable.None);
            Assert.Equal(expected, table.Find(address));
        }
    }
}

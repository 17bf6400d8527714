using System.Net;
using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

public class ToeplitzHashTests
{
    // Microsoft's RSS verification suite, with the symmetric hashes of the same tuples.
    public static TheoryData<string, ushort, string, ushort, uint, uint, uint, uint> PublishedVectors => new()
    {
        { "66.9.149.187", 2794, "161.142.100.80", 1766, 0x323e8fc2, 0x51ccc178, 0x0a590a59, 0x9fcc9fcc },
        { "199.92.111.2", 14230, "65.69.140.83", 4739, 0xd718262a, 0xc626b0ea, 0x7ba97ba9, 0x60d760d7 },
        { "24.19.198.95", 12898, "12.22.207.184", 38024, 0xd2d0a5de, 0x5c2b394a, 0xa55aa55a, 0x3a3e3a3e },
        { "38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176, 0xafc7327f, 0xf8a7f8a7, 0xd26ed26e },
        { "153.39.163.191", 44251, "202.188.127.2", 1303, 0x5d1809c5, 0x10e828a2, 0x57545754, 0xf23ef23e },
        { "3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2cc18cd5, 0x40207d3d, 0x867e867e, 0x13eb13eb },
        { "3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0f0c461c, 0xdde51bbf, 0x2def2def, 0x36913691 },
        { "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, "fe80::200:f8ff:fe21:67cf", 38024, 0x4b61e985, 0x02d1feef, 0xc85ec85e, 0x08090809 },
    };

    [Theory]
    [MemberData(nameof(PublishedVectors))]
    public void Published_vectors_come_out_with_both_keys(
        string source, ushort sourcePort, string destination, ushort destinationPort, uint addresses, uint tuple, uint symmetricAddresses, uint symmetricTuple)
    {
        IPAddress from = IPAddress.Parse(source);
        IPAddress to = IPAddress.Parse(destination);
        byte[] input = [.. from.GetAddressBytes(), .. to.GetAddressBytes(), (byte)(sourcePort >> 8), (byte)sourcePort, (byte)(destinationPort >> 8), (byte)destinationPort];
        ToeplitzHash[] hashes = [ToeplitzHash.Microsoft, SymmetricRss.Hash];
        uint[] expectedAddresses = [addresses, symmetricAddresses];
        uint[] expectedTuple = [tuple, symmetricTuple];
        for (int i = 0; i < hashes.Length; i++)
        {
            Assert.Equal(expectedAddresses[i], hashes[i].Compute(input.AsSpan(0, input.Length - 4)));
            Assert.Equal(expectedTuple[i], hashes[i].Compute(input));
            if (input.Length == 12)
            {
                Ipv4FlowKey key = new(from, to, sourcePort, destinationPort, 6);
                Assert.Equal(expectedAddresses[i], hashes[i].ComputeAddresses(key));
                Assert.Equal(expectedTuple[i], hashes[i].Compute(key));
            }
            else
            {
                Ipv6FlowKey key = new(from, to, sourcePort, destinationPort, 6);
                Assert.Equal(expectedAddresses[i], hashes[i].ComputeAddresses(key));
                Assert.Equal(expectedTuple[i], hashes[i].Compute(key));
            }
        }
    }

    [Fact]
    public void Every_form_equals_the_bit_by_bit_definition_for_random_keys_and_tuples()
    {
        Random random = FlowKeys.NewRandom(out int seed);
        for (int round = 0; round < 40; round++)
        {
            // Random keys, keys that repeat every two bytes, and one constant byte.
            byte[] hashKey = new byte[40 + random.Next(30)];
            random.NextBytes(hashKey);
            for (int i = 2; round % 4 == 1 && i < hashKey.Length; i++)
                hashKey[i] = hashKey[i - 2];
            if (round % 8 == 2)
                Array.Fill(hashKey, (byte)round);
            ToeplitzHash hash = new(hashKey);
            Assert.Equal(hashKey, hash.Key.ToArray());

            Ipv4FlowKey[] v4 = FlowKeys.RandomIpv4(random, random.Next(1, 70));
            Ipv6FlowKey[] v6 = FlowKeys.RandomIpv6(random, random.Next(1, 70));
            uint[] tuples4 = new uint[v4.Length];
            uint[] addresses4 = new uint[v4.Length];
            uint[] tuples6 = new uint[v6.Length];
            uint[] addresses6 = new uint[v6.Length];
            hash.Compute(v4, tuples4);
            hash.ComputeAddresses(v4, addresses4);
            hash.Compute(v6, tuples6);
            hash.ComputeAddresses(v6, addresses6);
            for (int i = 0; i < v4.Length; i++)
            {
                byte[] wire = FlowKeys.WireOrder(v4[i]);
                Assert.True(ToeplitzDefinition.Compute(hashKey, wire) == hash.Compute(v4[i]), $"seed {seed}: tuple {v4[i]}");
                Assert.Equal(hash.Compute(v4[i]), tuples4[i]);
                Assert.Equal(hash.Compute(v4[i]), hash.Compute(wire));
                Assert.True(ToeplitzDefinition.Compute(hashKey, wire.AsSpan(0, 8)) == hash.ComputeAddresses(v4[i]), $"seed {seed}: addresses of {v4[i]}");
                Assert.Equal(hash.ComputeAddresses(v4[i]), addresses4[i]);
            }
            for (int i = 0; i < v6.Length; i++)
            {
                byte[] wire = FlowKeys.WireOrder(v6[i]);
                Assert.True(ToeplitzDefinition.Compute(hashKey, wire) == hash.Compute(v6[i]), $"seed {seed}: tuple {v6[i]}");
                Assert.Equal(hash.Compute(v6[i]), tuples6[i]);
                Assert.Equal(hash.Compute(v6[i]), hash.Compute(wire));
                Assert.True(ToeplitzDefinition.Compute(hashKey, wire.AsSpan(0, 32)) == hash.ComputeAddresses(v6[i]), $"seed {seed}: addresses of {v6[i]}");
                Assert.Equal(hash.ComputeAddresses(v6[i]), addresses6[i]);
            }
            byte[] longest = new byte[hash.MaximumInputLength];
            random.NextBytes(longest);
            Assert.Equal(ToeplitzDefinition.Compute(hashKey, longest), hash.Compute(longest));
            Assert.Equal(0u, hash.Compute([]));
        }
    }

    [Fact]
    public void Both_directions_hash_alike_under_the_symmetric_key_and_in_sorted_form()
    {
        Random random = FlowKeys.NewRandom(out _);
        foreach (Ipv4FlowKey key in FlowKeys.RandomIpv4(random, 500))
        {
            Assert.Equal(SymmetricRss.Hash.Compute(key), SymmetricRss.Hash.Compute(key.Reversed()));
            Assert.Equal(SymmetricRss.Hash.ComputeAddresses(key), SymmetricRss.Hash.ComputeAddresses(key.Reversed()));
            Assert.Equal(ToeplitzHash.Microsoft.ComputeSorted(key), ToeplitzHash.Microsoft.ComputeSorted(key.Reversed()));
        }
        foreach (Ipv6FlowKey key in FlowKeys.RandomIpv6(random, 500))
        {
            Assert.Equal(SymmetricRss.Hash.Compute(key), SymmetricRss.Hash.Compute(key.Reversed()));
            Assert.Equal(SymmetricRss.Hash.ComputeAddresses(key), SymmetricRss.Hash.ComputeAddresses(key.Reversed()));
            Assert.Equal(ToeplitzHash.Microsoft.ComputeSorted(key), ToeplitzHash.Microsoft.ComputeSorted(key.Reversed()));
        }
    }

    [Fact]
    public void The_sorted_form_keeps_32_bits_where_the_symmetric_key_keeps_16()
    {
        Random random = FlowKeys.NewRandom(out _);
        Ipv4FlowKey[] keys = FlowKeys.RandomIpv4(random, 200_000);
        int symmetric = keys.Select(key => SymmetricRss.Hash.Compute(key)).Distinct().Count();
        int sorted = keys.Select(key => ToeplitzHash.Microsoft.ComputeSorted(key)).Distinct().Count();
        Assert.True(symmetric <= 65_536, $"{symmetric} different symmetric hashes");
        Assert.True(sorted > 199_000, $"only {sorted} different sorted hashes of 200000 tuples");
    }

    [Fact]
    public void The_hash_is_linear()
    {
        Gen<byte[]> inputs = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(36);
        Property linear = Prop.ForAll(inputs.ToArbitrary(), inputs.ToArbitrary(), (left, right) =>
        {
            byte[] both = left.Zip(right, (a, b) => (byte)(a ^ b)).ToArray();
            return (ToeplitzHash.Microsoft.Compute(left) ^ ToeplitzHash.Microsoft.Compute(right)) == ToeplitzHash.Microsoft.Compute(both);
        });
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true), linear);
    }

    [Fact]
    public void A_longer_key_with_the_same_start_gives_the_same_hashes()
    {
        byte[] longer = SymmetricRss.CreateKey(52);
        Assert.Equal(52, longer.Length);
        Assert.Equal(SymmetricRss.Key.ToArray(), longer[..40]);
        foreach (Ipv6FlowKey key in FlowKeys.RandomIpv6(FlowKeys.NewRandom(out _), 50))
            Assert.Equal(SymmetricRss.Hash.Compute(key), new ToeplitzHash(longer).Compute(key));
    }

    [Fact]
    public void Wrong_lengths_are_refused_with_the_numbers_in_the_message()
    {
        Assert.Contains("39", Assert.Throws<ArgumentException>(() => new ToeplitzHash(new byte[39])).Message, StringComparison.Ordinal);
        Assert.Contains("37", Assert.Throws<ArgumentException>(() => ToeplitzHash.Microsoft.Compute(new byte[37])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ToeplitzHash.Microsoft.Compute(new Ipv4FlowKey[3], new uint[2]));
        Assert.Throws<ArgumentException>(() => ToeplitzHash.Microsoft.Compute(new Ipv6FlowKey[3], new uint[2]));
        Assert.Throws<ArgumentException>(() => ToeplitzHash.Microsoft.ComputeAddresses(new Ipv4FlowKey[3], new uint[2]));
        Assert.Throws<ArgumentException>(() => ToeplitzHash.Microsoft.ComputeAddresses(new Ipv6FlowKey[3], new uint[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => SymmetricRss.CreateKey(51));
        Assert.Throws<ArgumentOutOfRangeException>(() => SymmetricRss.CreateKey(38));
    }

    [Fact]
    public void Hashing_allocates_nothing()
    {
        Ipv4FlowKey[] v4 = FlowKeys.RandomIpv4(FlowKeys.NewRandom(out _), 64);
        Ipv6FlowKey[] v6 = FlowKeys.RandomIpv6(FlowKeys.NewRandom(out _), 64);
        uint[] hashes = new uint[64];
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            ToeplitzHash.Microsoft.Compute(v4, hashes);
            SymmetricRss.Hash.Compute(v6, hashes);
            hashes[0] = ToeplitzHash.Microsoft.ComputeSorted(v6[0]);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}

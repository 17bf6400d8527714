using System.Net;
using System.Runtime.CompilerServices;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

public class FlowKeyTests
{
    private static readonly Ipv4FlowKey V4 = new(0xC0000201, 0xC6336407, 4242, 80, 6);

    private static readonly Ipv6FlowKey V6 = new(
        IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8:ffff::2"), 4242, 80, 6);

    [Fact]
    public void Keys_have_the_documented_sizes()
    {
        Assert.Equal(16, Unsafe.SizeOf<Ipv4FlowKey>());
        Assert.Equal(40, Unsafe.SizeOf<Ipv6FlowKey>());
    }

    [Fact]
    public void Fields_come_back_as_given()
    {
        Assert.Equal((0xC0000201u, 0xC6336407u, (ushort)4242, (ushort)80, (byte)6), (V4.Source, V4.Destination, V4.SourcePort, V4.DestinationPort, V4.Protocol));
        Assert.Equal(new UInt128(0x20010DB8_00000000, 1), V6.Source);
        Assert.Equal(new UInt128(0x20010DB8_FFFF0000, 2), V6.Destination);
        Assert.Equal((0x20010DB8_00000000ul, 1ul, 0x20010DB8_FFFF0000ul, 2ul), (V6.SourceHigh, V6.SourceLow, V6.DestinationHigh, V6.DestinationLow));
        Assert.Equal(((ushort)4242, (ushort)80, (byte)6), (V6.SourcePort, V6.DestinationPort, V6.Protocol));
    }

    [Fact]
    public void Addresses_and_numbers_make_the_same_key()
    {
        Assert.Equal(V4, new Ipv4FlowKey(IPAddress.Parse("192.0.2.1"), IPAddress.Parse("198.51.100.7"), 4242, 80, 6));
        Assert.Equal(V6, new Ipv6FlowKey(V6.Source, V6.Destination, 4242, 80, 6));
        Assert.Equal(V6, new Ipv6FlowKey(V6.SourceHigh, V6.SourceLow, V6.DestinationHigh, V6.DestinationLow, 4242, 80, 6));
    }

    [Fact]
    public void Addresses_of_the_other_family_are_refused_and_the_right_type_is_named()
    {
        ArgumentException v4 = Assert.Throws<ArgumentException>(() => new Ipv4FlowKey(IPAddress.Loopback, IPAddress.IPv6Loopback, 1, 2, 6));
        Assert.Contains("::1", v4.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Ipv6FlowKey), v4.Message, StringComparison.Ordinal);
        ArgumentException v6 = Assert.Throws<ArgumentException>(() => new Ipv6FlowKey(IPAddress.Loopback, IPAddress.IPv6Loopback, 1, 2, 6));
        Assert.Contains("127.0.0.1", v6.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Ipv4FlowKey), v6.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => new Ipv4FlowKey(null!, IPAddress.Loopback, 1, 2, 6));
        Assert.Throws<ArgumentNullException>(() => new Ipv6FlowKey(IPAddress.IPv6Loopback, null!, 1, 2, 6));
    }

    [Fact]
    public void Every_field_counts_for_equality()
    {
        Ipv4FlowKey[] v4 =
        [
            V4, new(1, V4.Destination, 4242, 80, 6), new(V4.Source, 1, 4242, 80, 6), new(V4.Source, V4.Destination, 1, 80, 6),
            new(V4.Source, V4.Destination, 4242, 1, 6), new(V4.Source, V4.Destination, 4242, 80, 1),
        ];
        Ipv6FlowKey[] v6 =
        [
            V6, new(1, V6.Destination, 4242, 80, 6), new(V6.Source, 1, 4242, 80, 6), new(V6.Source, V6.Destination, 1, 80, 6),
            new(V6.Source, V6.Destination, 4242, 1, 6), new(V6.Source, V6.Destination, 4242, 80, 1),
            new(V6.SourceHigh, 9, V6.DestinationHigh, 2, 4242, 80, 6), new(V6.SourceHigh, 1, V6.DestinationHigh, 9, 4242, 80, 6),
        ];
        for (int i = 0; i < v4.Length; i++)
        {
            for (int j = 0; j < v4.Length; j++)
                AssertEquality(v4[i], v4[j], i == j);
        }
        for (int i = 0; i < v6.Length; i++)
        {
            for (int j = 0; j < v6.Length; j++)
                AssertEquality(v6[i], v6[j], i == j);
        }
        Assert.True(V4 == v4[0] && V4 != v4[1] && V6 == v6[0] && V6 != v6[1]);
        Assert.False(V4.Equals((object)V6));
        Assert.False(V6.Equals((object?)null));
    }

    [Fact]
    public void Reversing_twice_gives_the_key_and_both_directions_have_one_canonical_form()
    {
        Random random = FlowKeys.NewRandom(out _);
        foreach (Ipv4FlowKey key in FlowKeys.RandomIpv4(random, 1_000))
        {
            Ipv4FlowKey reversed = key.Reversed();
            Assert.Equal((key.Destination, key.Source, key.DestinationPort, key.SourcePort, key.Protocol),
                (reversed.Source, reversed.Destination, reversed.SourcePort, reversed.DestinationPort, reversed.Protocol));
            Assert.Equal(key, reversed.Reversed());
            Assert.Equal(key.Canonical(), reversed.Canonical());
            Assert.True(key.Canonical() == key || key.Canonical() == reversed);
        }
        foreach (Ipv6FlowKey key in FlowKeys.RandomIpv6(random, 1_000))
        {
            Ipv6FlowKey reversed = key.Reversed();
            Assert.Equal((key.Destination, key.Source, key.DestinationPort, key.SourcePort, key.Protocol),
                (reversed.Source, reversed.Destination, reversed.SourcePort, reversed.DestinationPort, reversed.Protocol));
            Assert.Equal(key, reversed.Reversed());
            Assert.Equal(key.Canonical(), reversed.Canonical());
            Assert.True(key.Canonical() == key || key.Canonical() == reversed);
        }
    }

    [Fact]
    public void End_points_are_ordered_as_pairs()
    {
        // Ordering addresses and ports apart would make one flow of A:1-B:2 and A:2-B:1.
        Assert.NotEqual(new Ipv4FlowKey(1, 2, 1, 2, 6).Canonical(), new Ipv4FlowKey(1, 2, 2, 1, 6).Canonical());
        Assert.NotEqual(new Ipv6FlowKey(1, 2, 1, 2, 6).Canonical(), new Ipv6FlowKey(1, 2, 2, 1, 6).Canonical());

        // Equal addresses are ordered by their ports; equal halves of addresses by the other halves.
        Assert.Equal(new Ipv4FlowKey(7, 7, 1, 2, 6), new Ipv4FlowKey(7, 7, 2, 1, 6).Canonical());
        Assert.Equal(new Ipv6FlowKey(7, 7, 1, 2, 6), new Ipv6FlowKey(7, 7, 2, 1, 6).Canonical());
        Assert.Equal(new Ipv6FlowKey(5, 1, 5, 2, 9, 8, 6), new Ipv6FlowKey(5, 2, 5, 1, 8, 9, 6).Canonical());
    }

    [Fact]
    public void Keys_print_as_people_write_them()
    {
        Assert.Equal("192.0.2.1:4242 > 198.51.100.7:80 proto 6", V4.ToString());
        Assert.Equal("[2001:db8::1]:4242 > [2001:db8:ffff::2]:80 proto 6", V6.ToString());
        Assert.Equal($"{V4}|{V6}", V4.ToString(null, null) + "|" + V6.ToString("x", null));

        Span<char> room = stackalloc char[64];
        Assert.True(V4.TryFormat(room, out int written, default, null));
        Assert.Equal(V4.ToString(), room[..written].ToString());
        Assert.True(V6.TryFormat(room, out written, default, null));
        Assert.Equal(V6.ToString(), room[..written].ToString());
        Assert.False(V4.TryFormat(room[..10], out _, default, null));
        Assert.False(V6.TryFormat(room[..10], out _, default, null));
    }

    private static void AssertEquality<TKey>(TKey left, TKey right, bool equal)
        where TKey : struct, IEquatable<TKey>
    {
        Assert.Equal(equal, left.Equals(right));
        Assert.Equal(equal, left.Equals((object)right));
        if (equal)
            Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }
}

using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>Every implementation of the Toeplitz hash, whichever of them this machine would choose, against the definition.</summary>
public class ToeplitzFormTests
{
    private const string Tables = "tables";
    private const string Gfni = "GFNI";
    private const string Folded = "folded";

    [Theory]
    [InlineData(Tables)]
    [InlineData(Gfni)]
    [InlineData(Folded)]
    public void Bytes_of_every_length_hash_as_defined(string form)
    {
        Gen<(byte[] Key, byte[] Input)> cases =
            from key in Keys(form)
            from length in Gen.Choose(0, key.Length - 4)
            from input in Bytes(length)
            select (key, input);
        Check(cases, sample => Make(form, sample.Key).Compute(sample.Input) == ToeplitzDefinition.Compute(sample.Key, sample.Input));
    }

    [Theory]
    [InlineData(Tables)]
    [InlineData(Gfni)]
    [InlineData(Folded)]
    public void Ipv4_tuples_hash_as_defined_one_by_one_and_in_bursts_of_every_length(string form) =>
        Check(Cases(form, FlowKeys.RandomIpv4), sample =>
        {
            IToeplitzForm hash = Make(form, sample.Key);
            uint[] tuples = [.. sample.Tuples.Select(key => ToeplitzDefinition.Compute(sample.Key, FlowKeys.WireOrder(key)))];
            uint[] addresses = [.. sample.Tuples.Select(key => ToeplitzDefinition.Compute(sample.Key, FlowKeys.WireOrder(key).AsSpan(0, 8)))];

            // One more, which must not be written.
            uint[] tuplesInBurst = new uint[sample.Tuples.Length + 1];
            uint[] addressesInBurst = new uint[sample.Tuples.Length + 1];
            hash.Compute(sample.Tuples, tuplesInBurst);
            hash.ComputeAddresses(sample.Tuples, addressesInBurst);
            return tuples.SequenceEqual(sample.Tuples.Select(key => hash.Compute(key)))
                && addresses.SequenceEqual(sample.Tuples.Select(key => hash.ComputeAddresses(key)))
                && tuplesInBurst.SequenceEqual([.. tuples, 0u])
                && addressesInBurst.SequenceEqual([.. addresses, 0u]);
        });

    [Theory]
    [InlineData(Tables)]
    [InlineData(Gfni)]
    [InlineData(Folded)]
    public void Ipv6_tuples_hash_as_defined_one_by_one_and_in_bursts_of_every_length(string form) =>
        Check(Cases(form, FlowKeys.RandomIpv6), sample =>
        {
            IToeplitzForm hash = Make(form, sample.Key);
            uint[] tuples = [.. sample.Tuples.Select(key => ToeplitzDefinition.Compute(sample.Key, FlowKeys.WireOrder(key)))];
            uint[] addresses = [.. sample.Tuples.Select(key => ToeplitzDefinition.Compute(sample.Key, FlowKeys.WireOrder(key).AsSpan(0, 32)))];
            uint[] tuplesInBurst = new uint[sample.Tuples.Length + 1];
            uint[] addressesInBurst = new uint[sample.Tuples.Length + 1];
            hash.Compute(sample.Tuples, tuplesInBurst);
            hash.ComputeAddresses(sample.Tuples, addressesInBurst);
            return tuples.SequenceEqual(sample.Tuples.Select(key => hash.Compute(key)))
                && addresses.SequenceEqual(sample.Tuples.Select(key => hash.ComputeAddresses(key)))
                && tuplesInBurst.SequenceEqual([.. tuples, 0u])
                && addressesInBurst.SequenceEqual([.. addresses, 0u]);
        });

    private static IToeplitzForm Make(string form, byte[] key) => form switch
    {
        Tables => new ToeplitzTables(key),
        Gfni => new ToeplitzGfni(key),
        _ => new ToeplitzFolded(key),
    };

    private static void Check<T>(Gen<T> cases, Func<T, bool> holds) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithQuietOnSuccess(true), Prop.ForAll(cases.ToArbitrary(), holds));

    private static Gen<(byte[] Key, T[] Tuples)> Cases<T>(string form, Func<Random, int, T[]> random) =>
        from key in Keys(form)
        from length in Gen.Choose(0, 40)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select (key, random(new Random(seed), length));

    // The lengths that cards take, and others. The folded form takes keys that repeat every two bytes.
    private static Gen<byte[]> Keys(string form)
    {
        Assert.SkipUnless(form != Gfni || ToeplitzGfni.IsSupported, "needs an x86 processor with GFNI and AVX2, and neither turned off by DOTNET_Enable*");
        return
            from length in Gen.OneOf(Gen.Elements(40, 52), Gen.Choose(41, 80))
            from key in Bytes(length)
            select form == Folded ? Repeat(key) : key;
    }

    private static byte[] Repeat(byte[] key)
    {
        byte[] repeated = [.. key.Select((_, i) => key[i % 2])];
        Assert.True(ToeplitzFolded.Takes(repeated));
        return repeated;
    }

    private static Gen<byte[]> Bytes(int count) => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(count);
}

using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>The table against a dictionary: every operation, compared step by step.</summary>
public class FlowTableModelTests
{
    public enum Kind
    {
        TryAdd,
        Set,
        TryUpdate,
        CompareAndUpdate,
        Modify,
        GetOrAdd,
        Remove,
        Lookup,
        LookupBurst,
        Clear,
    }

    public readonly record struct Step(Kind Kind, ushort Key, int Value);

    [Fact]
    public void Any_sequence_of_operations_agrees_with_a_dictionary()
    {
        Gen<Step> step =
            from kind in Gen.Frequency(
                (8, Gen.Constant(Kind.TryAdd)), (4, Gen.Constant(Kind.Set)), (2, Gen.Constant(Kind.TryUpdate)), (2, Gen.Constant(Kind.CompareAndUpdate)),
                (2, Gen.Constant(Kind.Modify)), (2, Gen.Constant(Kind.GetOrAdd)),
                (5, Gen.Constant(Kind.Remove)), (5, Gen.Constant(Kind.Lookup)), (1, Gen.Constant(Kind.LookupBurst)))
            from key in Gen.Choose(0, 80)
            from value in Gen.Choose(0, 1_000_000)
            select new Step(kind, (ushort)key, value);
        Arbitrary<Step[]> steps = Gen.Sized(size => step.ArrayOf(20 * size)).ToArbitrary();
        foreach (bool hashOnly in (bool[])[false, true])
        {
            FlowTableOptions options = new() { HashOnly = hashOnly };
            Property narrow = Prop.ForAll(steps, sequence => Run(sequence, 72, options, value => (long)value) is null);
            Property wide = Prop.ForAll(steps, sequence => Run(sequence, 48, options, value => (value, ~value, value * 3L)) is null);
            Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true), narrow);
            Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true), wide);
        }
    }

    [Theory]
    [InlineData(24, 30, TableFullPolicy.Refuse)]
    [InlineData(500, 600, TableFullPolicy.Refuse)]
    [InlineData(500, 900, TableFullPolicy.EvictOldest)]
    [InlineData(40_000, 50_000, TableFullPolicy.Refuse)]
    public void Long_random_runs_agree_with_a_dictionary(int capacity, int keys, TableFullPolicy policy)
    {
        Random random = FlowKeys.NewRandom(out int seed);
        Step[] steps = new Step[400_000];
        for (int i = 0; i < steps.Length; i++)
        {
            int dice = random.Next(100_000);
            Kind kind = dice < 2 ? Kind.Clear : dice < 100 ? Kind.LookupBurst : (Kind)random.Next((int)Kind.LookupBurst);
            steps[i] = new Step(kind, (ushort)random.Next(keys), random.Next());
        }
        string? difference = Run(steps, capacity, new FlowTableOptions { WhenFull = policy, Seed = (ulong)seed }, value => (value, (long)value));
        Assert.True(difference is null, $"seed {seed}: {difference}");
    }

    // Null if the table agreed with the dictionary at every step, else what differed.
    private static string? Run<TValue>(Step[] steps, int capacity, FlowTableOptions options, Func<int, TValue> valueOf)
        where TValue : unmanaged, IEquatable<TValue>
    {
        using CuckooFlowTable<Ipv4FlowKey, TValue> table = new(capacity, options);
        Dictionary<ushort, TValue> model = [];
        for (int i = 0; i < steps.Length; i++)
        {
            string? difference = Apply(table, model, steps[i], valueOf(steps[i].Value));
            if (difference is null && table.Count != model.Count)
                difference = $"{table.Count} entries, expected {model.Count}";
            if (difference is not null)
                return $"step {i}, {steps[i]}: {difference}";
        }
        Dictionary<ushort, TValue> left = [];
        foreach (FlowEntry<Ipv4FlowKey, TValue> entry in table)
            left.Add(entry.Key.SourcePort, entry.Value);
        return left.Count == model.Count && left.All(pair => model[pair.Key].Equals(pair.Value)) ? null : "the entries at the end differ";
    }

    private static string? Apply<TValue>(CuckooFlowTable<Ipv4FlowKey, TValue> table, Dictionary<ushort, TValue> model, Step step, TValue value)
        where TValue : unmanaged, IEquatable<TValue>
    {
        (uint hash, Ipv4FlowKey key) = Flow(step.Key);
        bool known = model.TryGetValue(step.Key, out TValue old);
        FlowEntry<Ipv4FlowKey, TValue> evicted = default;
        AddResult result;
        switch (step.Kind)
        {
            case Kind.TryAdd:
                result = table.TryAdd(hash, key, value, default, 0, out evicted);
                return CheckAdd(model, step.Key, known, result, AddResult.Exists, value, evicted);
            case Kind.Set:
                result = table.Set(hash, key, value, default, 0, out evicted);
                return CheckAdd(model, step.Key, known, result, AddResult.Replaced, value, evicted);
            case Kind.GetOrAdd when table.Options.WhenFull == TableFullPolicy.Refuse:
                ref TValue place = ref table.GetOrAdd(hash, key, out result);
                if (!place.Equals(old))
                    return "GetOrAdd gave another value";
                place = value;
                return CheckAdd(model, step.Key, known, result, AddResult.Exists, value, evicted) ?? (known ? Put(model, step.Key, value) : null);
            case Kind.TryUpdate:
                if (table.TryUpdate(hash, key, value) != known)
                    return "TryUpdate gave the wrong answer";
                return known ? Put(model, step.Key, value) : null;
            case Kind.CompareAndUpdate:
                // The value that is there, or, every third time, most likely another.
                bool same = step.Value % 3 != 0 || old.Equals(value);
                if (table.TryUpdate(hash, key, value, expected: same ? old : value) != (known && same))
                    return "the conditional TryUpdate gave the wrong answer";
                return known && same ? Put(model, step.Key, value) : null;
            case Kind.Modify:
                (TValue Seen, TValue New, int Calls) state = (default, value, 0);
                bool wanted = step.Value % 3 != 0;
                bool updated = table.TryModify(hash, key, new Callback<TValue>(ref state, wanted), static (ref TValue current, Callback<TValue> callback) =>
                {
                    callback.State = (current, callback.State.New, callback.State.Calls + 1);
                    current = callback.State.New;
                    return callback.Wanted;
                });
                if (updated != (known && wanted) || state.Calls != (known ? 1 : 0) || !state.Seen.Equals(old))
                    return "TryModify gave the wrong answer";
                return updated ? Put(model, step.Key, value) : null;
            case Kind.Remove:
                bool removed = table.Remove(hash, key, out evicted);
                model.Remove(step.Key);
                return removed == known && evicted.Value.Equals(old) ? null : "Remove gave the wrong answer";
            case Kind.Clear:
                table.Clear();
                model.Clear();
                return null;
            case Kind.LookupBurst:
                return CheckBurst(table, model, step);
            default:
                return table.TryGetValue(hash, key, out TValue found) == known && found.Equals(old) ? null : "TryGetValue gave the wrong answer";
        }
    }

    private static string? CheckAdd<TValue>(
        Dictionary<ushort, TValue> model, ushort id, bool known, AddResult result, AddResult ifKnown, TValue value, FlowEntry<Ipv4FlowKey, TValue> evicted)
        where TValue : unmanaged, IEquatable<TValue>
    {
        if (known)
        {
            if (ifKnown == AddResult.Replaced)
                model[id] = value;
            return result == ifKnown ? null : $"the key is there, but the answer is {result}";
        }
        if (result == AddResult.Full)
            return model.Count >= 24 ? null : $"full with {model.Count} entries";
        if (result == AddResult.Evicted && !(model.Remove(evicted.Key.SourcePort, out TValue was) && was.Equals(evicted.Value)))
            return "the evicted entry was not in the table";
        model.Add(id, value);
        return result is AddResult.Added or AddResult.Evicted ? null : $"the key is not there, but the answer is {result}";
    }

    private static string? CheckBurst<TValue>(CuckooFlowTable<Ipv4FlowKey, TValue> table, Dictionary<ushort, TValue> model, Step step)
        where TValue : unmanaged, IEquatable<TValue>
    {
        int count = step.Value % 100;
        uint[] hashes = new uint[count];
        Ipv4FlowKey[] keys = new Ipv4FlowKey[count];
        for (int i = 0; i < count; i++)
            (hashes[i], keys[i]) = Flow((ushort)(step.Key + i));
        TValue[] values = new TValue[count];
        Array.Fill(values, new TValue());
        bool[] hits = new bool[count];
        int found = table.Lookup(hashes, keys, values, hits);
        for (int i = 0; i < count; i++)
        {
            bool known = model.TryGetValue(keys[i].SourcePort, out TValue value);
            if (hits[i] != known || !values[i].Equals(value))
                return $"burst element {i} differs";
        }
        return found == hits.Count(hit => hit) ? null : "the number of hits is wrong";
    }

    private static string? Put<TValue>(Dictionary<ushort, TValue> model, ushort id, TValue value)
    {
        model[id] = value;
        return null;
    }

    // A few keys share every hash, and the hashes are symmetric ones.
    private static (uint Hash, Ipv4FlowKey Key) Flow(ushort id)
    {
        uint half = (uint)(id >> 2) * 40503 & 0xffff;
        return (half << 16 | half, new Ipv4FlowKey(0x0a000000u + id, 0x0b000000, id, 80, 17));
    }

    private readonly ref struct Callback<TValue>(ref (TValue Seen, TValue New, int Calls) state, bool wanted)
    {
        public readonly ref (TValue Seen, TValue New, int Calls) State = ref state;

        public readonly bool Wanted = wanted;
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>
/// One writer that keeps a small table nearly full, so that it displaces, removes, reuses and replaces all the time, and readers that hold
/// the table to its promises. OPENNETVM_STRESS_ROUNDS multiplies the writer's work (default 1).
/// </summary>
public class FlowTableConcurrencyTests
{
    private const int WriterSteps = 100_000;

    public enum Violation
    {
        Missed,
        Torn,
        Foreign,
    }

    private delegate bool Reader<TValue>(uint hash, in Ipv4FlowKey key, out TValue value);

    [Fact]
    public void Readers_of_one_word_values_never_miss_and_never_see_another_keys_value() =>
        Assert.Empty(Run<ulong>(table => table.TryGetValue, OneWord, OneWordBelongsTo, Rounds()));

    [Fact]
    public void Readers_of_wide_values_never_miss_and_never_see_a_torn_value() =>
        Assert.Empty(Run<Wide>(table => table.TryGetValue, WideOf, WideBelongsTo, Rounds()));

    [Fact]
    public void Bulk_readers_of_one_word_values_never_miss_and_never_see_another_keys_value() =>
        Assert.Empty(Run<ulong>(Bulk, OneWord, OneWordBelongsTo, Rounds()));

    [Fact]
    public void Bulk_readers_of_wide_values_never_miss_and_never_see_a_torn_value() =>
        Assert.Empty(Run<Wide>(Bulk, WideOf, WideBelongsTo, Rounds()));

    [Fact]
    public void The_stress_catches_a_reader_that_does_not_check_versions()
    {
        HashSet<Violation> seen = [];
        for (int attempt = 0; attempt < 100 && !(seen.Contains(Violation.Missed) && seen.Count > 1); attempt++)
            seen.UnionWith(Run<Wide>(table => new UncheckedReader<Wide>(table).TryGetValue, WideOf, WideBelongsTo, rounds: 1));
        Assert.Contains(Violation.Missed, seen);
        Assert.True(seen.Count > 1, "the unchecked reader never saw a torn or foreign value: the stress proves nothing");
    }

    [Fact]
    public void Enumeration_beside_a_writer_gives_whole_entries()
    {
        using CuckooFlowTable<Ipv4FlowKey, Wide> table = new(240);
        using CancellationTokenSource stop = new();
        Thread writer = Start(() =>
        {
            for (uint step = 0; !stop.IsCancellationRequested; step++)
            {
                uint id = step * 7919 % 235;
                if (table.Set(HashOf(id), KeyOf(id), WideOf(id, step)) == AddResult.Full || step % 3 == 0)
                    table.Remove(HashOf(id), KeyOf(id));
            }
        });
        int entries = 0;
        for (int round = 0; round < 1_000; round++)
        {
            foreach (FlowEntry<Ipv4FlowKey, Wide> entry in table)
            {
                entries++;
                uint id = entry.Key.Source;
                Assert.True(entry.Key == KeyOf(id) && entry.Hash == HashOf(id) && WideBelongsTo(entry.Value, id) is null, $"entry {entry}");
            }
        }
        stop.Cancel();
        writer.Join();
        Assert.True(entries > 1_000, $"only {entries} entries were seen");
    }

    [Fact]
    public void Readers_may_count_uses_while_the_writer_sweeps_and_evicts()
    {
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = new(
            240, new FlowTableOptions { Timeouts = true, Counters = true, WhenFull = TableFullPolicy.EvictOldest });
        using CancellationTokenSource stop = new();
        uint clock = 0;
        int wrong = 0;
        Thread reader = Start(() =>
        {
            for (uint step = 0; !stop.IsCancellationRequested; step++)
            {
                uint id = step % 400;
                if (table.TryGetValue(HashOf(id), KeyOf(id), Volatile.Read(ref clock), 100, out ulong value) && OneWordBelongsTo(value, id) is not null)
                    Interlocked.Increment(ref wrong);
            }
        });
        for (uint step = 0; step < WriterSteps; step++)
        {
            uint id = step * 7919 % 400;
            AddResult result = table.TryAdd(HashOf(id), KeyOf(id), OneWord(id, step), new FlowTimeouts(50, 400), clock);
            Assert.NotEqual(AddResult.Full, result);
            if (step % 10 == 0)
                Volatile.Write(ref clock, clock + 1);
            table.Sweep(clock, 1);
        }
        stop.Cancel();
        reader.Join();
        Assert.Equal(0, wrong);
        Assert.Equal(table.Count, table.ToArray().Length);
    }

    [Fact]
    public void Clearing_and_filling_beside_readers_shows_them_whole_entries_of_the_right_keys()
    {
        using CuckooFlowTable<Ipv4FlowKey, Wide> table = new(240);
        using CancellationTokenSource stop = new();
        int hits = 0;
        int entries = 0;
        ConcurrentQueue<string> wrong = [];
        Thread looker = Start(() =>
        {
            Reader<Wide> lookup = Bulk(table);
            for (uint step = 0; !stop.IsCancellationRequested; step++)
            {
                uint id = step % 230;
                if (!lookup(HashOf(id), KeyOf(id), out Wide value))
                    continue;
                Volatile.Write(ref hits, hits + 1);
                if (WideBelongsTo(value, id) is { } violation)
                    wrong.Enqueue($"lookup of {id}: {violation}");
            }
        });
        Thread enumerator = Start(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (FlowEntry<Ipv4FlowKey, Wide> entry in table)
                {
                    uint id = entry.Key.Source;
                    Volatile.Write(ref entries, entries + 1);
                    if (entry.Key != KeyOf(id) || entry.Hash != HashOf(id) || WideBelongsTo(entry.Value, id) is not null)
                        wrong.Enqueue($"entry {entry}");
                }
            }
        });
        uint round = 0;
        for (; wrong.IsEmpty && (round < 2_000 * (uint)Rounds() || Volatile.Read(ref hits) < 1_000 || Volatile.Read(ref entries) < 1_000); round++)
        {
            for (uint i = 0; i < 230; i++)
                table.Set(HashOf(i), KeyOf(i), WideOf(i, round));
            table.Clear();
            Assert.Equal(0, table.Count);
        }
        stop.Cancel();
        looker.Join();
        enumerator.Join();
        Assert.Empty(wrong);
        Assert.Empty(table);
    }

    private static HashSet<Violation> Run<TValue>(
        Func<CuckooFlowTable<Ipv4FlowKey, TValue>, Reader<TValue>> newReader, Func<uint, uint, TValue> valueOf, Func<TValue, uint, Violation?> check, int rounds)
        where TValue : unmanaged
    {
        // 240 slots, all but full most of the time: nearly every add displaces, permanent entries as often as churning ones.
        const uint Permanent = 120;
        const uint Churning = 240;
        using CuckooFlowTable<Ipv4FlowKey, TValue> table = new(240);
        for (uint id = 0; id < Permanent; id++)
            Assert.Equal(AddResult.Added, table.TryAdd(HashOf(id), KeyOf(id), valueOf(id, 0)));

        using CancellationTokenSource stop = new();
        using Barrier start = new(3);
        HashSet<Violation> violations = [];
        Thread[] readers = new Thread[2];
        for (int reader = 0; reader < readers.Length; reader++)
        {
            Reader<TValue> lookup = newReader(table);
            readers[reader] = Start(() =>
            {
                start.SignalAndWait();
                for (uint step = 0; !stop.IsCancellationRequested; step++)
                {
                    uint id = step % (Permanent + Churning);
                    bool found = lookup(HashOf(id), KeyOf(id), out TValue value);
                    Violation? violation = found ? check(value, id) : id < Permanent ? Violation.Missed : null;
                    if (violation is { } seen)
                    {
                        lock (violations)
                            violations.Add(seen);
                    }
                }
            });
        }
        start.SignalAndWait();
        Random random = new(1);
        for (uint step = 0; step < WriterSteps * (uint)rounds; step++)
        {
            uint churn = Permanent + (uint)random.Next((int)Churning);
            AddResult added = table.TryAdd(HashOf(churn), KeyOf(churn), valueOf(churn, step));
            for (uint id = churn; added == AddResult.Full && !table.Remove(HashOf(id), KeyOf(id)); id = Permanent + (uint)random.Next((int)Churning))
            {
            }
            uint permanent = (uint)random.Next((int)Permanent);
            bool updated = step % 2 == 0
                ? table.TryUpdate(HashOf(permanent), KeyOf(permanent), valueOf(permanent, step))
                : table.TryModify(HashOf(permanent), KeyOf(permanent), valueOf(permanent, step), static (ref TValue value, TValue next) =>
                {
                    value = next;
                    return true;
                });
            Assert.True(updated);
        }
        stop.Cancel();
        foreach (Thread reader in readers)
            reader.Join();
        return violations;
    }

    // The key in question amid 39 others, so that chunks of 32 and of the rest are read.
    private static Reader<TValue> Bulk<TValue>(CuckooFlowTable<Ipv4FlowKey, TValue> table)
        where TValue : unmanaged
    {
        Ipv4FlowKey[] keys = new Ipv4FlowKey[40];
        uint[] hashes = new uint[40];
        TValue[] values = new TValue[40];
        bool[] hits = new bool[40];
        for (uint i = 0; i < 40; i++)
            (keys[i], hashes[i]) = (KeyOf(i * 6), HashOf(i * 6));
        int turn = 0;
        return (uint hash, in Ipv4FlowKey key, out TValue value) =>
        {
            turn = (turn + 1) % 40;
            (Ipv4FlowKey, uint) before = (keys[turn], hashes[turn]);
            (keys[turn], hashes[turn]) = (key, hash);
            table.Lookup(hashes, keys, values, hits);
            (keys[turn], hashes[turn]) = before;
            value = values[turn];
            return hits[turn];
        };
    }

    private static int Rounds() =>
        int.TryParse(Environment.GetEnvironmentVariable("OPENNETVM_STRESS_ROUNDS"), CultureInfo.InvariantCulture, out int rounds) ? Math.Max(rounds, 1) : 1;

    private static Thread Start(Action action)
    {
        Thread thread = new(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static Ipv4FlowKey KeyOf(uint id) => new(id, ~id, (ushort)id, 80, 6);

    private static uint HashOf(uint id) => id * 0x9E3779B1;

    private static ulong OneWord(uint id, uint step) => ((ulong)id << 32) | step;

    private static Violation? OneWordBelongsTo(ulong value, uint id) => value >> 32 == id ? null : Violation.Foreign;

    private static Wide WideOf(uint id, uint step)
    {
        ulong word = OneWord(id, step);
        return new Wide(word, ~word, word * 3, word ^ 0x5555, word + 1);
    }

    private static Violation? WideBelongsTo(Wide value, uint id) =>
        value != WideOf((uint)(value.A >> 32), (uint)value.A) ? Violation.Torn : OneWordBelongsTo(value.A, id);

    private record struct Wide(ulong A, ulong B, ulong C, ulong D, ulong E);
}

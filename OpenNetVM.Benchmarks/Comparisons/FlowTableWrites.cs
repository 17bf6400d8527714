using System.Diagnostics;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>Filling an empty table to 94 % and emptying it again, entry by entry: ours and rte_hash in turn.</summary>
internal static class FlowTableWrites
{
    // Until the compiler has seen that the methods are hot, and has replaced their first code.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    internal static void Compare(int entries, bool reference, int rounds)
    {
        using FlowTableWorkload workload = new(entries, LookupOrder.Uniform, symmetricHash: false, seed: 2);
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = workload.NewTable();
        using RteHash? rival = reference ? workload.NewReference($"writes {entries}") : null;
        List<(double Add, double Remove)> ours = [];
        List<(double Add, double Remove)> theirs = [];

        long begin = Stopwatch.GetTimestamp();
        for (int round = 0; round < rounds;)
        {
            (double, double) own = (Time(entries, () => workload.Fill(table)), Time(entries, () => workload.Empty(table)));
            (double, double) other = rival is null ? default : (Time(entries, () => workload.Fill(rival)), Time(entries, () => workload.Empty(rival)));
            if (Stopwatch.GetElapsedTime(begin) < WarmUp)
                continue;
            ours.Add(own);
            theirs.Add(other);
            round++;
        }

        List<ContenderResult> results =
        [
            Result("flow table, add", ours, theirs, static figures => figures.Add, reference),
            Result("flow table, remove", ours, theirs, static figures => figures.Remove, reference),
        ];
        if (reference)
        {
            results.Add(Result("rte_hash, add", theirs, theirs, static figures => figures.Add, ratios: false));
            results.Add(Result("rte_hash, remove", theirs, theirs, static figures => figures.Remove, ratios: false));
        }

        FlowTableComparison.Report("adds and removals", entries, "entry", results);
    }

    private static ContenderResult Result(
        string name, List<(double Add, double Remove)> own, List<(double Add, double Remove)> other, Func<(double Add, double Remove), double> figure, bool ratios) =>
        new(
            name,
            Summary.Of([.. own.Select(figure)]),
            ratios ? Summary.Of([.. own.Zip(other, (mine, theirs) => figure(mine) / figure(theirs))]) : null);

    private static double Time(int entries, Action run)
    {
        long begin = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(begin).TotalNanoseconds / entries;
    }
}

using System.Diagnostics;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>What lookups in bursts lose to a thread beside them that adds and removes 100,000 entries a second.</summary>
internal static class FlowTableBesideWriter
{
    private const string Alone = "lookups alone";
    private const int EntriesPerMillisecond = 100;

    internal static void Compare(int entries, int rounds)
    {
        using FlowTableWorkload workload = new(entries, LookupOrder.Uniform, symmetricHash: false, seed: 3);
        using CuckooFlowTable<Ipv4FlowKey, ulong> table = workload.NewTable();
        workload.Fill(table);
        using CancellationTokenSource stop = new();
        bool writing = false;
        long written = 0;
        Thread writer = new(() =>
        {
            Random random = new(4);
            long next = Stopwatch.GetTimestamp();
            while (!stop.IsCancellationRequested)
            {
                next += Stopwatch.Frequency / 1_000;
                while (Stopwatch.GetTimestamp() < next)
                    Thread.SpinWait(10);
                if (!Volatile.Read(ref writing))
                    continue;

                // Taken out and put back, so that the table stays as full as it is: each put may displace others.
                for (int i = 0; i < EntriesPerMillisecond; i++)
                    workload.Renew(table, random.Next(entries));
                written += EntriesPerMillisecond;
            }
        });
        writer.Start();

        InterleavedComparison comparison = new();
        comparison.Add("lookups beside a writer", FlowTableWorkload.Lookups, () => LookUp(true), Alone);
        comparison.Add(Alone, FlowTableWorkload.Lookups, () => LookUp(false));
        IReadOnlyList<ContenderResult> results = comparison.Run(rounds);
        stop.Cancel();
        writer.Join();
        FlowTableComparison.Report($"a second thread takes out and puts back {EntriesPerMillisecond * 1_000:N0} entries a second ({written:N0} in all)", entries, "lookup", results);

        void LookUp(bool besideWriter)
        {
            Volatile.Write(ref writing, besideWriter);
            workload.LookUpBulk(table);
        }
    }
}

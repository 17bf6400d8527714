using System.Diagnostics;
using OpenNetVM.Benchmarks.Reference;
namespace OpenNetVM.Benchmarks.Comparisons;
internal static class FlowTableComparison
{
    internal static void Run(string[] args)
    {
        Console.WriteLine(RteEal.WhyNot() ?? "dpdk ok");
        int rounds = args.Length > 0 ? int.Parse(args[0]) : 7;
        int[] sizes = args.Length > 1 ? args[1].Split(',').Select(int.Parse).ToArray() : [65536, 1000000, 4000000];
        foreach (int n in sizes)
        foreach (LookupOrder order in Enum.GetValues<LookupOrder>())
        {
            using FlowTableWorkload w = new(n, order, false, 1);
            using var ours = FlowTableWorkload.NewTable(n);
            w.Fill(ours);
            using RteHash theirs = new(n + n / 16, "t" + n + order);
            int refused = w.Fill(theirs);
            var sw=Stopwatch.StartNew(); while (sw.ElapsedMilliseconds < 1500) { w.LookUpBulk(ours); w.LookUpSingly(ours); Thread.Sleep(1); }
            InterleavedComparison c = new();
            c.Add("ours", FlowTableWorkload.Lookups, () => w.LookUpBulk(ours), "rte");
            if (FlowTableWorkload.Burst <= 64) c.Add("rte", FlowTableWorkload.Lookups, () => w.LookUpBulk(theirs));
            if (Environment.GetEnvironmentVariable("ONE") != null) c.Add("ours 1", FlowTableWorkload.Lookups, () => w.LookUpSingly(ours), "rte 1");
            if (Environment.GetEnvironmentVariable("ONE") != null) c.Add("rte 1", FlowTableWorkload.Lookups, () => w.LookUpSingly(theirs));
            Console.WriteLine($"{n} {order} found {w.LookUpBulk(ours)} : " + string.Join("; ", c.Run(rounds).Select(r => $"{r.Name} {r.Nanoseconds.Median:F1}" + (r.Ratios is { } x ? $" ratio {1/x.Median:F2}":""))));
        }
    }
}

using BenchmarkDotNet.Running;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments;

// Comparisons with the same work done in C; everything else goes to BenchmarkDotNet (for example --filter *Ring*).
switch (args)
{
    case ["chain", ..]:
        await ChainThroughput.RunAsync(args[1..]);
        break;
    case ["chain-reference", ..]:
        await ChainThroughput.RunReferenceAsync(args[1..]);
        break;
    case ["rss", ..]:
        RssComparison.Run(args[1..]);
        break;
    case ["flow-table", ..]:
        FlowTableComparison.Run(args[1..]);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(ChainThroughput).Assembly).Run(args);
        break;
}

using BenchmarkDotNet.Running;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments;
using OpenNetVM.Benchmarks.Experiments.Paper;

// Comparisons with the same work done in C; everything else goes to BenchmarkDotNet (for example --filter *Ring*).
switch (args)
{
    case ["chain", ..]:
        await ChainThroughput.RunAsync(args[1..]);
        break;
    case ["chain-reference", ..]:
        await ChainThroughput.RunReferenceAsync(args[1..]);
        break;
    case ["director", ..]:
        await DirectorComparison.RunAsync(args[1..]);
        break;
    case ["experiments", ..]:
        return await PaperExperiments.RunAsync(args[1..]);
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

return 0;

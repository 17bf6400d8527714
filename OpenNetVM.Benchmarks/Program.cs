using BenchmarkDotNet.Running;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments;

// "chain" measures whole chains on a worker of its own, "rss" the hashes beside DPDK's; everything else goes to BenchmarkDotNet (for example --filter *Ring*).
if (args is ["chain", ..])
    await ChainThroughput.RunAsync(args[1..]);
else if (args is ["rss", ..])
    RssComparison.Run(args[1..]);
else
    BenchmarkSwitcher.FromAssembly(typeof(ChainThroughput).Assembly).Run(args);

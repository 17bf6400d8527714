using BenchmarkDotNet.Running;
using OpenNetVM.Benchmarks.Experiments;

// "chain" measures whole chains beside the same in C, "chain-reference" all that the C reference can do; everything else goes to BenchmarkDotNet
// (for example --filter *Ring*).
if (args is ["chain", ..])
    await ChainThroughput.RunAsync(args[1..]);
else if (args is ["chain-reference", ..])
    await ChainThroughput.RunReferenceAsync(args[1..]);
else
    BenchmarkSwitcher.FromAssembly(typeof(ChainThroughput).Assembly).Run(args);

using BenchmarkDotNet.Running;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Processes;
using OpenNetVM.Benchmarks.Regression;
using OpenNetVM.Benchmarks.Sdn;

// Comparisons with the same work done in C, and of this checkout with another commit; everything else goes to BenchmarkDotNet (for example --filter *Ring*).
switch (args)
{
    case ["--against", ..]:
        return RegressionGuard.Run(args);
    case ["chain", ..]:
        await ChainThroughput.RunAsync(args[1..]);
        break;
    case ["chain-reference", ..]:
        await ChainReferenceThroughput.RunAsync(args[1..]);
        break;
    case ["director", ..]:
        await DirectorComparison.RunAsync(args[1..]);
        break;
    case ["dpdk", "interfaces", ..]:
        return await DpdkInterfaces.RunAsync(args);
    case ["dpdk", ..]:
        await DpdkThroughput.RunAsync(args[1..]);
        break;
    case ["experiments", ..]:
        return await PaperExperiments.RunAsync(args[1..]);
    case ["openflow", "ovs", ..]:
        return await OvsSetUpCommand.RunAsync(args);
    case ["openflow", ..]:
        return SetUpCommand.Run(args[1..]);
    case ["processes", ..]:
        return await ProcessesCommand.RunAsync(args[1..]);
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

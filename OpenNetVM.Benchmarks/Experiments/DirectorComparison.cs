using System.Globalization;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// What the flow director costs at RX: 64-byte packets of many flows and of few, on one core, with a rule for every flow, with one rule for none of
/// them, and with none at all. Few flows show the work, many show how long memory takes besides.
/// </summary>
internal static class DirectorComparison
{
    private const int Many = 65_536;
    private const int Few = 64;
    private const double TcpShare = 0.5;
    private static readonly double[] Lengths = [0, 1, 5];

    /// <summary>Measures and writes a table.</summary>
    /// <param name="arguments">Number of rounds (default 9); then, to measure only some contenders, a part of their names.</param>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        int rounds = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 9;
        string part = arguments.Count > 1 ? arguments[1] : "";
        IReadOnlyList<Ipv4FlowKey> many = GeneratorFlows.Keys(Many, TcpShare);
        IReadOnlyList<Ipv4FlowKey> few = GeneratorFlows.Keys(Few, TcpShare);
        Ipv4FlowKey[] other = [new(1, 2, 3, 4, 17)];
        ExperimentSettings settings = new() { Rounds = rounds };
        const string Rule = "director, 64 k flows";
        const string None = "default chain, 64 k flows";
        const string FewRules = "director, 64 flows";
        const string FewNone = "default chain, 64 flows";
        LoadContender[] contenders =
        [
            Contender(Rule, Many, many),
            Contender(None, Many, []),
            Contender("director without counters, 64 k flows", Many, many, counters: false),
            Contender("director with a rule for none of 64 k flows", Many, other),
            Contender(FewRules, Few, few),
            Contender(FewNone, Few, []),
        ];

        string what = string.Create(CultureInfo.InvariantCulture, $"one core ({settings.Core}), fused hops, the port's RSS hash, half of the flows TCP");
        await ChainCommand.RunAsync(settings, what, Lengths, [.. contenders.Where(contender => contender.Name.Contains(part, StringComparison.Ordinal))], (Rule, None), (FewRules, FewNone));

        LoadContender Contender(string name, int flows, IReadOnlyList<Ipv4FlowKey> rules, bool counters = true) => new(name, length => ChainLoad.MeasureAsync(settings, new ChainLoadOptions
        {
            Length = (int)length,
            Port = () => new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.Fixed(64), Flows = flows, TcpShare = TcpShare, StampTime = false, ProvideRssHash = true }),
            Function = static () => new ReadFirstByte(),
            Rules = rules,
            Dataplane = new DataplaneOptions { Director = new FlowDirectorOptions { Ipv4Capacity = 2 * Many, Counters = counters } },
        }));
    }
}

using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>
/// What a miss costs: the best of 100,000 prioritised, wildcarded rules of 50 distinct mask sets for a packet. The mean is the time of one resolution;
/// <see cref="HighestPriorityFirst"/> says whether the search may end early.
/// </summary>
[MemoryDiagnoser]
public class RuleTableBenchmarks
{
    private const int Rules = 100_000;
    private const int MaskSets = 50;
    private const int Packets = 4096;

    private readonly PacketFields[] _packets = new PacketFields[Packets];
    private RuleTable _table = new(Rules + 1);

    /// <summary>False: every mask set has rules of every priority, so that nearly all must be asked.</summary>
    [Params(false, true)]
    public bool HighestPriorityFirst { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        _table = new RuleTable(Rules + 1);
        List<OpenFlowRule> rules = [];
        for (int i = 0; i < Rules; i++)
        {
            int set = i % MaskSets;
            ushort priority = (ushort)(HighestPriorityFirst ? 1000 - set : 1 + random.Next(1000));
            OpenFlowRule rule = new(new FlowMod(FlowModCommand.Add, Match(random, set, i), default) { Priority = priority }, 0);
            if (_table.Find(rule.Key, rule.Mask, rule.Priority) is not null)
                continue;
            _table.Add(rule);
            rules.Add(rule);
        }

        for (int i = 0; i < Packets; i++)
        {
            // A packet that one of the rules is for; what the rule leaves open is random.
            OpenFlowRule rule = rules[random.Next(rules.Count)];
            for (int word = 0; word < PacketFields.Words; word++)
                _packets[i][word] = rule.Key[word] | ((ulong)random.NextInt64() & ~rule.Mask[word]);
        }
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int Resolve()
    {
        int found = 0;
        foreach (ref readonly PacketFields packet in _packets.AsSpan())
            found += _table.Lookup(packet) is null ? 0 : 1;
        return found;
    }

    // Prefixes of both addresses of different lengths, with and without the ports and the ingress port.
    private static FlowMatch Match(Random random, int set, int number)
    {
        uint address = (uint)random.NextInt64();
        List<OxmField> fields =
        [
            new(OxmFieldId.EthernetType, EtherTypes.Ipv4),
            new(OxmFieldId.IpProtocol, IpProtocols.Tcp),
            new(OxmFieldId.Ipv4Source, address, uint.MaxValue << (8 - (set % 8))),
            new(OxmFieldId.Ipv4Destination, (uint)number * 2_654_435_761, uint.MaxValue << (12 - (set / 8))),
        ];
        if (set % 3 == 0)
            fields.Add(new OxmField(OxmFieldId.TcpDestination, (ushort)number));
        if (set % 5 == 0)
            fields.Add(new OxmField(OxmFieldId.InPort, (UInt128)(1 + (number % 4))));
        return FlowMatch.Of([.. fields]);
    }
}

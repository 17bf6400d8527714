using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>The rule table against a plain list of rules, walked through.</summary>
public class RuleTableTests
{
    [Fact]
    public void A_thousand_random_tables_answer_as_a_list_that_is_walked_through()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        for (int run = 0; run < 1000; run++)
        {
            RuleTable table = new(10_000);
            List<OpenFlowRule> model = [];
            for (int step = 0; step < 60; step++)
                Step(random, table, model);
            Assert.Equal(model.Count, table.Count);
        }
    }

    [Fact]
    public void Subtables_that_cannot_hold_a_better_rule_are_not_asked_and_a_change_of_priorities_is_noticed()
    {
        RuleTable table = new(100);
        OpenFlowRule low = Rule(1, new OxmField(OxmFieldId.InPort, 1));
        OpenFlowRule high = Rule(9, new OxmField(OxmFieldId.EthernetType, 0x800));
        table.Add(low);
        table.Add(high);
        PacketFields packet = Packet(1, 0x800);
        Assert.Same(high, table.Lookup(packet));
        OpenFlowRule higher = Rule(10, new OxmField(OxmFieldId.InPort, 1));
        table.Add(higher);
        Assert.Same(higher, table.Lookup(packet));
        table.Remove(higher);
        Assert.Same(high, table.Lookup(packet));
        table.Remove(high);
        Assert.Same(low, table.Lookup(packet));
        Assert.Equal(1, table.SubtableCount);
    }

    [Fact]
    public void A_rule_tells_its_match_as_it_was_given()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        MessageGenerator generator = new(seed);
        RuleTable table = new(20_000);
        for (int i = 0; i < 10_000; i++)
        {
            FlowMatch given = generator.Match();
            // Rules on other fields are refused before they become rules.
            FlowMatch match = FlowMatch.Of([.. given.Fields.ToArray().Where(static field => PacketFields.Has(field.Id))]);
            OpenFlowRule rule = new(new FlowMod(FlowModCommand.Add, match, default) { Priority = (ushort)i }, 0);
            Assert.Equal(match, rule.Match);
            if (table.HasRoom(rule.Mask))
                table.Add(rule);
            Assert.Equal(match, rule.Match);
        }
    }

    private static void Step(Random random, RuleTable table, List<OpenFlowRule> model)
    {
        OpenFlowRule rule = RandomRule(random);
        OpenFlowRule? same = model.Find(other => other.Match.Equals(rule.Match) && other.Priority == rule.Priority);
        Assert.Same(same, table.Find(rule.Key, rule.Mask, rule.Priority));
        switch (random.Next(4))
        {
            case 0 when model.Count > 0:
                OpenFlowRule victim = model[random.Next(model.Count)];
                model.Remove(victim);
                table.Remove(victim);
                Assert.False(victim.IsLive);
                break;
            case 1:
                Assert.Equal(model.Where(other => IsWithin(other.Match, rule.Match)).ToHashSet(), table.Within(rule.Key, rule.Mask).ToHashSet());
                Assert.Equal(model.Exists(other => other.Priority == rule.Priority && Overlap(other.Match, rule.Match)), table.Overlaps(rule.Key, rule.Mask, rule.Priority));
                break;
            default:
                if (same is null)
                {
                    model.Add(rule);
                    table.Add(rule);
                }

                break;
        }

        PacketFields packet = Packet((uint)random.Next(3), random.Next(2) == 0 ? 0x800 : 0x806);
        packet.Set(OxmFieldId.EthernetDestination, (UInt128)random.Next(4));
        packet.Set(OxmFieldId.Ipv6Destination, (UInt128)random.Next(4));
        OpenFlowRule? expected = model.Where(other => Matches(other.Match, packet)).MaxBy(other => other.Priority);
        Assert.Equal(expected?.Priority, table.Lookup(packet)?.Priority);
    }

    // Few values and masks, so that rules meet.
    private static OpenFlowRule RandomRule(Random random)
    {
        List<OxmField> fields = [];
        if (random.Next(2) == 0)
            fields.Add(new OxmField(OxmFieldId.InPort, (UInt128)random.Next(3)));
        if (random.Next(2) == 0)
            fields.Add(new OxmField(OxmFieldId.EthernetDestination, (UInt128)random.Next(4), (UInt128)random.Next(4)));
        if (random.Next(2) == 0)
            fields.Add(new OxmField(OxmFieldId.EthernetType, random.Next(2) == 0 ? 0x800u : 0x806u));
        if (random.Next(3) == 0)
            fields.Add(new OxmField(OxmFieldId.Ipv6Destination, (UInt128)random.Next(4), (UInt128)random.Next(4)));
        return Rule((ushort)random.Next(5), [.. fields]);
    }

    private static OpenFlowRule Rule(ushort priority, params ReadOnlySpan<OxmField> fields) =>
        new(new FlowMod(FlowModCommand.Add, FlowMatch.Of(fields), default) { Priority = priority }, 0);

    private static PacketFields Packet(uint port, int etherType)
    {
        PacketFields packet = default;
        packet.Set(OxmFieldId.InPort, port);
        packet.Set(OxmFieldId.EthernetType, (UInt128)etherType);
        return packet;
    }

    private static bool Matches(FlowMatch match, in PacketFields packet)
    {
        foreach (OxmField field in match.Fields)
        {
            if ((packet.Get(field.Id) & field.Mask) != field.Value)
                return false;
        }

        return true;
    }

    private static bool IsWithin(FlowMatch rule, FlowMatch wider)
    {
        foreach (OxmField field in wider.Fields)
        {
            if (!rule.TryGet(field.Id, out OxmField own) || (own.Mask & field.Mask) != field.Mask || (own.Value & field.Mask) != field.Value)
                return false;
        }

        return true;
    }

    private static bool Overlap(FlowMatch left, FlowMatch right)
    {
        foreach (OxmField field in left.Fields)
        {
            if (right.TryGet(field.Id, out OxmField other) && ((field.Value ^ other.Value) & field.Mask & other.Mask) != 0)
                return false;
        }

        return true;
    }
}

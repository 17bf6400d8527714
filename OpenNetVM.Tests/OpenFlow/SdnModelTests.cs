using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.SdnPlatform;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>
/// A platform with rules that change all the time, against a model that keeps nothing: whether a packet is the first of its flow or one of a flow that the director knows, it goes the way that the rules
/// say at that moment, and each rule counts it once.
/// </summary>
public sealed class SdnModelTests
{
    private const int FirstDestination = 1000;
    private const int Destinations = 4;

    [Fact]
    public void Packets_go_where_the_rules_of_the_moment_send_them_and_are_counted_there()
    {
        Gen<int> word = Gen.Choose(0, int.MaxValue);
        Arbitrary<int[]> steps = word.ArrayOf().Resize(60).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(60), Prop.ForAll(steps, static words => RunAsync(words).GetAwaiter().GetResult()));
    }

    private static async Task RunAsync(int[] words)
    {
        await using SdnPlatform sdn = new();
        Dictionary<uint, int> visits = [];
        uint[] services = [.. Enumerable.Range(0, 2).Select(i =>
        {
            ServiceId id = default;
            id = sdn.Platform.Builder.AddScripted($"s{i}", (_, _) => visits[0x1000u + id.Value] = visits.GetValueOrDefault(0x1000u + id.Value) + 1);
            return 0x1000u + id.Value;
        })];
        TestChannel controller = await sdn.StartWithAsync();
        SdnReference model = new(services);
        uint[] ports = [First, Second, Third, .. services];
        foreach (int word in words)
        {
            Random random = new(word);
            if (random.Next(3) == 0)
                await ChangeAsync(random, controller, model, ports, services);
            for (int i = 0; i < 4; i++)
                Send(sdn, model, visits, random.Next(2) == 0 ? First : Third, (ushort)(FirstDestination + random.Next(Destinations)));
        }

        if (model.WasEndless)
            return;
        FlowStatisticsReply counted = await controller.AskAsync<FlowStatisticsReply>(new FlowStatisticsRequest(IsAggregate: false, FlowMatch.Everything));
        Assert.Equal(
            model.Rules.Select(static rule => ((uint)rule.Priority, rule.Packets)).Order(),
            counted.Flows.ToArray().Select(static rule => ((uint)rule.Priority, rule.Counters.Packets)).Order());
    }

    private static async Task ChangeAsync(Random random, TestChannel controller, SdnReference model, uint[] ports, uint[] services)
    {
        if (model.Rules.Count > 0 && random.Next(4) == 0)
        {
            ModelRule gone = model.Rules[random.Next(model.Rules.Count)];
            model.Rules.Remove(gone);
            await controller.TellAsync(new FlowMod(FlowModCommand.DeleteStrict, Match(gone), default) { Priority = gone.Priority });
            return;
        }

        bool modifies = model.Rules.Count > 0 && random.Next(3) == 0;
        // Priorities differ: which of two equal rules is taken, the specification leaves open.
        ModelRule rule = modifies
            ? model.Rules[random.Next(model.Rules.Count)]
            : new ModelRule(
                random.Next(4) == 0 ? null : ports[random.Next(ports.Length)],
                random.Next(2) == 0 ? null : (ushort)(FirstDestination + random.Next(Destinations)),
                (ushort)(model.Rules.Select(static old => (int)old.Priority).DefaultIfEmpty(0).Max() + 1 + random.Next(3)));
        rule.Kind = (ModelKind)random.Next(rule.Destination is null ? 5 : 6);
        rule.First = rule.Kind == ModelKind.Queues ? (uint)random.Next(1, 4) : ports[random.Next(ports.Length)];
        rule.Second = rule.Kind == ModelKind.Rewrite ? (uint)(FirstDestination + random.Next(Destinations)) : ports[random.Next(ports.Length)];
        if (!modifies)
            model.Rules.Add(rule);
        await controller.TellAsync(new FlowMod(modifies ? FlowModCommand.ModifyStrict : FlowModCommand.Add, Match(rule), Instructions(rule, services)) { Priority = rule.Priority });
    }

    private static FlowMatch Match(ModelRule rule)
    {
        List<OxmField> fields = [];
        if (rule.InPort is { } port)
            fields.Add(new OxmField(OxmFieldId.InPort, port));
        if (rule.Destination is { } destination)
            fields.AddRange([new OxmField(OxmFieldId.EthernetType, 0x0800), new OxmField(OxmFieldId.IpProtocol, 17), new OxmField(OxmFieldId.UdpDestination, destination)]);
        return FlowMatch.Of([.. fields]);
    }

    private static ValueArray<Instruction> Instructions(ModelRule rule, uint[] services) => rule.Kind switch
    {
        ModelKind.Output => To(rule.First),
        ModelKind.Both => To(rule.First, rule.Second),
        ModelKind.Flood => To(ReservedPort.Flood),
        ModelKind.Queues => Apply([.. services.Select(static port => new SetQueueAction(port - 0x1000)), new OutputAction(rule.First)]),
        ModelKind.Rewrite => Apply(new SetFieldAction(new OxmField(OxmFieldId.UdpDestination, rule.Second)), new OutputAction(rule.First)),
        _ => default,
    };

    // The source address says where a packet comes from: a flow comes from one port.
    private static void Send(SdnPlatform sdn, SdnReference model, Dictionary<uint, int> visits, uint inPort, ushort destination)
    {
        visits.Clear();
        model.Send(inPort, destination);
        LoopbackPort wire = inPort == First ? sdn.Platform.Input : sdn.ThirdWire;
        Assert.True(wire.Send(Frames.Udp(inPort, 0x0A000002, 7, destination)));
        sdn.Platform.Manager.PollUntilIdle();
        (uint, ushort)[] left =
        [
            .. sdn.Platform.Input.ReceiveAll().Select(static frame => (First, Destination(frame))),
            .. sdn.Platform.Output.ReceiveAll().Select(static frame => (Second, Destination(frame))),
            .. sdn.ThirdWire.ReceiveAll().Select(static frame => (Third, Destination(frame))),
        ];
        Assert.Equal(model.Left.Order(), left.Order());
        Assert.Equal(model.Visited.CountBy(static port => port).OrderBy(static pair => pair.Key), visits.OrderBy(static pair => pair.Key));
    }

    private static ushort Destination(byte[] frame) => (ushort)((frame[36] << 8) | frame[37]);
}

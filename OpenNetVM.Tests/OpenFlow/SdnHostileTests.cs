using System.Globalization;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.OpenFlow.SdnPlatform;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A controller that sends whatever it likes, while packets flow. OPENNETVM_FUZZ_CONTROLLER sets how many messages, OPENNETVM_FUZZ_SEED repeats a run.</summary>
public sealed class SdnHostileTests
{
    [Theory]
    [InlineData(WireVersion.Of13)]
    [InlineData(WireVersion.Of10)]
    public async Task Random_messages_break_nothing_lose_nothing_and_fill_no_more_than_they_may(byte version)
    {
        int messages = int.TryParse(Environment.GetEnvironmentVariable("OPENNETVM_FUZZ_CONTROLLER"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 100_000;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("OPENNETVM_FUZZ_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}, {messages} messages");
        Random random = new(seed);
        SdnSwitchOptions options = new() { MaxRules = 500, MaxGroups = 50, MaxPaths = 40, MaxHeldPackets = 64, MaxHeldPerFlow = 8, HoldTimeout = TimeSpan.FromMilliseconds(20) };
        await using SdnPlatform sdn = new(options);
        for (int i = 0; i < 4; i++)
            sdn.AddService($"s{i}");
        List<NfFault> faults = [];
        sdn.Start();
        sdn.Platform.Manager.InstanceFaulted += faults.Add;
        TestChannel controller = await sdn.ConnectAsync(version);
        Task reading = ReadAsync(controller);
        AgentSession session = sdn.Switch.Agent.Sessions[0];
        MessageGenerator generator = new(seed);
        byte[][] flows = Frames.Flows(40);
        for (int i = 0; i < messages; i++)
        {
            OpenFlowMessage message = Likely(random, version == WireVersion.Of13 ? generator.Next13(random.Next(MessageGenerator.Kinds13)) : generator.Next10(random.Next(MessageGenerator.Kinds10)));
            Task<OpenFlowError> handled = session.HandleAsync(message, TestContext.Current.CancellationToken).AsTask();
            while (!handled.IsCompleted)
            {
                sdn.Settle(1);
                await Task.Yield();
            }

            // A refusal is an answer; an exception is not.
            await handled;
            if (i % 10 != 0)
                continue;
            sdn.Run(flows[random.Next(flows.Length)], flows[random.Next(flows.Length)]);
            sdn.ThirdWire.ReceiveAll();
            sdn.Platform.Input.ReceiveAll();
            sdn.Settle(random.Next(5));
            SdnSwitchStatistics now = sdn.Statistics;
            Assert.InRange(now.Rules, 0, options.MaxRules);
            Assert.InRange(now.Paths, 0, options.MaxPaths);
            Assert.InRange(now.HeldPackets, 0, options.MaxHeldPackets);
        }

        Assert.Empty(faults);
        sdn.Settle(100);
        sdn.Platform.AssertConserved();
        // It can be talked with as before.
        await sdn.DisconnectAsync(controller);
        await reading;
        Assert.Equal(0, sdn.Statistics.HeldPackets);
        TestChannel honest = await sdn.ConnectAsync();
        await sdn.TellAsync(honest, new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default) { Table = OpenFlowConstants.AllTables }, Add(FlowMatch.Everything, To(Second)));
        Assert.Equal(40, sdn.Run(flows).Count);
    }

    // Half of what is sent has a chance to concern packets that are there.
    private static OpenFlowMessage Likely(Random random, OpenFlowMessage message)
    {
        uint[] ports = [First, Second, Third, 0x1001, 0x1002, 0x1003, 0x1004, ReservedPort.Controller, ReservedPort.Flood, ReservedPort.Table, ReservedPort.InPort, ReservedPort.Normal];
        return message switch
        {
            PacketOut packet when random.Next(2) == 0 => packet with { BufferId = (uint)random.Next(1, 200), Data = default, InPort = First, Actions = Actions(random, ports) },
            PacketOut packet => packet with { BufferId = OpenFlowConstants.NoBuffer, InPort = First },
            FlowMod rule when random.Next(2) == 0 => rule with
            {
                Table = 0,
                Match = random.Next(3) == 0 ? rule.Match : From(ports[random.Next(ports.Length)]),
                Instructions = [new ApplyActionsInstruction(Actions(random, ports))],
                BufferId = random.Next(2) == 0 ? OpenFlowConstants.NoBuffer : (uint)random.Next(1, 200),
                Priority = (ushort)random.Next(5),
                IdleTimeout = (ushort)random.Next(3),
            },
            // It would do nothing from there on.
            RoleRequest role => role with { Role = ControllerRole.Equal },
            _ => message,
        };
    }

    private static ValueArray<OpenFlowAction> Actions(Random random, uint[] ports)
    {
        OpenFlowAction[] actions = new OpenFlowAction[random.Next(4)];
        for (int i = 0; i < actions.Length; i++)
        {
            actions[i] = random.Next(6) switch
            {
                0 => new GroupAction((uint)random.Next(4)),
                1 => new SetQueueAction((uint)random.Next(8)),
                2 => new DecrementTtlAction(),
                _ => new OutputAction(ports[random.Next(ports.Length)], 64),
            };
        }

        return new ValueArray<OpenFlowAction>(actions);
    }

    private static async Task ReadAsync(TestChannel controller)
    {
        while (await controller.ReceiveAsync() is not null)
        {
            // What it says is others' matter.
        }
    }
}

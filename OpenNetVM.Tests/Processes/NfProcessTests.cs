using System.Buffers.Binary;
using System.Text;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Network functions in real other processes: packets, and what a function can ask of its manager.</summary>
public class NfProcessTests
{
    private const int Ask = 1;
    private const int Tell = 2;

    [Fact]
    public async Task A_function_in_another_process_handles_packets_in_the_manager_s_memory()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Marking>("marking"));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(1_000));

        Assert.Equal(Enumerable.Range(0, 1_000), left.Select(frame => Frames.Mark(frame)));
        Assert.All(left, frame => Assert.Equal(0xAB, frame[^1]));
        InstanceReport instance = Assert.Single(platform.Statistics.Instances);
        Assert.NotEqual(Environment.ProcessId, instance.ProcessId);
        Assert.Equal((1_000, 1_000, 0), (instance.Enqueued, instance.Handled, instance.Held));
        await platform.AssertConservedAsync();
        Assert.Empty(platform.Faults);
    }

    [Fact]
    public async Task Packets_that_arrive_while_the_first_processes_start_wait_for_them()
    {
        await using ProcessPlatform platform = new();
        platform.Builder.AddPort(new GeneratorPort(new GeneratorPortOptions { PacketCount = 10_000 }));
        platform.Start(platform.AddService<Marking>("marking"));

        ProcessPlatform.Until(() => platform.Statistics.Received == 10_000 && platform.Manager.PacketsUnderWay == 0, "all packets are worked off");

        Assert.Equal(10_000, platform.Statistics.Transmitted);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Functions_of_both_kinds_share_one_chain()
    {
        await using ProcessPlatform platform = new();
        ServiceId first = platform.Builder.AddService("here", () => new ScriptedFunction { OnPacket = static (_, packet) => packet.Data[^2] = 1 });
        ServiceId second = platform.AddService<Marking>("there");
        ServiceId third = platform.Builder.AddService("here again", () => new ScriptedFunction { OnPacket = static (_, packet) => packet.Data[^3] = packet.Data[^1] });
        platform.Start(first, second, third);

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(500));

        Assert.Equal(500, left.Count);
        Assert.All(left, frame => Assert.Equal([0xAB, 1, 0xAB], frame[^3..]));
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_may_drop_and_steer_packets_and_the_policy_holds_for_it()
    {
        await using ProcessPlatform platform = new();
        ServiceId steering = platform.AddService<Steering>("steering");
        ServiceId detour = platform.Builder.AddService("detour", () => new ScriptedFunction { OnPacket = static (_, packet) => packet.Data[^1] = 0xDD });
        LoopbackPort side = new("side");
        Assert.Equal(new PortId(Steering.SidePort), platform.Builder.AddPort(side));
        Assert.Equal(new ServiceId(Steering.Detour), detour);
        platform.Start(steering);

        // By the mark modulo 4: next, drop, to the detour (and back on the chain), out of the side port.
        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(400));

        Assert.Equal(Enumerable.Range(0, 400).Where(mark => mark % 4 is 0 or 2), left.Select(frame => Frames.Mark(frame)).Order());
        Assert.All(left, frame => Assert.Equal(Frames.Mark(frame) % 4 == 2 ? 0xDD : 0, frame[^1]));
        Assert.Equal(100, side.ReceiveAll().Count);
        Assert.Equal(100, platform.Statistics.DroppedByReason[DropReason.ByFunction]);

        platform.Manager.Policy = Core.Steering.SteeringPolicy.ChainsOnly;
        Assert.Equal(300, platform.Run(Frames.Flows(400)).Count);
        Assert.Equal(200, platform.Statistics.VetoedActions);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_holds_creates_and_clones_packets_and_its_timers_fire()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Holding>("holding"));

        // Each packet is held until a timer lets it go, with a clone of it and a packet of the function's own. It may make 256 before it sends some.
        List<byte[]> left = [];
        for (int round = 1; round <= 2; round++)
        {
            left.AddRange(platform.Run(Frames.Flows(100)));
            ProcessPlatform.Until(() => platform.Statistics.Transmitted == round * 300, "all packets are let go");
            left.AddRange(platform.Out.ReceiveAll());
        }

        Assert.Equal(200, left.Count(frame => frame[^1] == Holding.Original));
        Assert.Equal(200, left.Count(frame => frame[^1] == Holding.Clone));
        Assert.Equal(200, left.Count(frame => frame.Length == Holding.OwnLength));
        Assert.Equal(400, platform.Statistics.Created);
        Assert.Equal(400, Assert.Single(platform.Statistics.Instances).Created);
        Assert.InRange(platform.Manager.Pool.LentToProcesses, 1, 256);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Messages_go_from_the_application_to_a_process_and_between_processes()
    {
        await using ProcessPlatform platform = new();
        ServiceId asking = platform.AddService<Talking>("asking");
        ServiceId answering = platform.AddService<Talking>("answering");
        platform.Start(asking);

        // The asking one passes the question on to the other service, which answers to the sender; the answer is written into the next packet.
        byte[] body = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(body, answering.Value);
        Assert.Equal(1, platform.Manager.Post(asking, Ask, body));
        ProcessPlatform.Until(() => platform.Run([Frames.Udp(1, 2, 3, 4)]).Single()[^1] == Talking.Answered, "the answer has come");

        Assert.False(platform.Manager.TryPost(new InstanceId(60_000), Ask, body));
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_sees_the_services_sets_and_removes_chains_of_flows_and_asks_for_more_instances()
    {
        List<InstanceRequest> requests = [];
        await using ProcessPlatform platform = new();
        ServiceId asking = platform.AddService<Directing>("asking");
        ServiceId other = platform.Builder.AddService("other", () => new ScriptedFunction { OnPacket = static (_, packet) => packet.Data[^1] = 0xEE });
        platform.Builder.AddChain(ServiceChain.Through(asking, other).To(platform.OutId));
        platform.Start(asking);
        platform.Manager.InstancesRequested += requests.Add;
        byte[] frame = Frames.Udp(0x0A000001, 0x0A000002, 1_000, 2_000, 512);

        string answers = Encoding.UTF8.GetString(platform.Run([frame]).Single().AsSpan(64..^1)).TrimEnd('\0');

        Assert.Equal("asking,other; asking is 1; instances: 2; may set: True; set: True; no chain: KeyNotFoundException; wish: True", answers);
        Assert.Equal(new InstanceRequest(platform.Statistics.Instances[1].Id, asking, 3), Assert.Single(requests));
        Assert.Equal(1, platform.Manager.Director.Count);
        Assert.Equal(0xEE, platform.Run([frame]).Single()[^1]);

        // A packet of another length makes it remove the rule.
        platform.Run([Frames.Udp(0x0A000001, 0x0A000002, 1_000, 2_000, 100)]);
        Assert.Equal(0, platform.Manager.Director.Count);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_process_is_paused_and_goes_on()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Marking>("marking"));
        InstanceId instance = platform.Statistics.Instances[0].Id;

        platform.Manager.Pause(instance);
        platform.Run([]);
        platform.Send(Frames.Flows(100));
        ProcessPlatform.Until(() => platform.Statistics.Instances[0].Enqueued == 100, "the packets wait for it");
        long handled = platform.Statistics.Instances[0].Handled;
        platform.Manager.Resume(instance);
        ProcessPlatform.Until(() => platform.Manager.PacketsUnderWay == 0, "the packets are handled");

        // The pause is a message: it may have taken a packet before that came.
        Assert.InRange(handled, 0, 99);
        Assert.Equal(100, platform.Out.ReceiveAll().Count);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Replicas_in_processes_come_and_go_and_each_flow_stays_at_its_instance()
    {
        await using ProcessPlatform platform = new();
        ServiceId service = platform.AddService<Numbering>("numbering", new ServiceOptions { Instances = 2, LoadBalancer = new Maglev() });
        platform.Start(service);
        byte[][] frames = Frames.Flows(300);

        IReadOnlyList<byte[]> before = platform.Run(frames);
        IReadOnlyList<byte[]> again = platform.Run(frames);
        Assert.Equal(2, before.Select(Numbering.InstanceOf).Distinct().Count());
        Assert.Equal(before.OrderBy(frame => Frames.Mark(frame)).Select(Numbering.InstanceOf), again.OrderBy(frame => Frames.Mark(frame)).Select(Numbering.InstanceOf));

        InstanceId third = await platform.Manager.StartProcessAsync(service);
        Assert.Contains(third.Value, platform.Run(frames).Select(Numbering.InstanceOf));
        await platform.Manager.StopInstanceAsync(third);
        IReadOnlyList<byte[]> after = platform.Run(frames);
        Assert.Equal(before.OrderBy(frame => Frames.Mark(frame)).Select(Numbering.InstanceOf), after.OrderBy(frame => Frames.Mark(frame)).Select(Numbering.InstanceOf));
        Assert.Empty(platform.Faults);
        await platform.AssertConservedAsync();
    }

    public sealed class Marking : NetworkFunction
    {
        protected override void Process(Packet packet) => packet.Data[^1] = 0xAB;
    }

    public sealed class Steering : NetworkFunction
    {
        public const ushort SidePort = 2;
        public const ushort Detour = 2;

        protected override void Process(Packet packet)
        {
            switch (Frames.Mark(packet.Data) % 4)
            {
                case 1:
                    packet.Drop();
                    break;
                case 2:
                    packet.SendTo(new ServiceId(Detour));
                    break;
                case 3:
                    packet.SendTo(new PortId(SidePort));
                    break;
            }
        }
    }

    public sealed class Holding : NetworkFunction
    {
        public const byte Original = 1;
        public const byte Clone = 2;
        public const int OwnLength = 77;

        private readonly Queue<HeldPacket> _held = new();

        protected override void OnStart() => Context.Schedule(TimeSpan.FromMilliseconds(1), LetGo, TimeSpan.FromMilliseconds(1));

        protected override void Process(Packet packet)
        {
            packet.Data[^1] = Clone;
            if (Context.TryClone(packet, out HeldPacket clone))
                _held.Enqueue(clone);
            packet.Data[^1] = Original;
            _held.Enqueue(Context.Hold(packet));
            if (!Context.TryCreate(out HeldPacket own))
                return;
            Context.Open(ref own).TrySetData(packet.Data);
            Context.Open(ref own).TryAppend(OwnLength - packet.Length, out _);
            _held.Enqueue(own);
        }

        private void LetGo()
        {
            while (_held.TryDequeue(out HeldPacket packet))
            {
                if (Context.TrySend(ref packet, PacketAction.Next))
                    continue;
                _held.Enqueue(packet);
                return;
            }
        }
    }

    public sealed class Talking : NetworkFunction
    {
        public const byte Answered = 0x77;

        private byte _answer;

        protected override void Process(Packet packet) => packet.Data[^1] = _answer;

        protected override void OnMessage(in NfMessage message)
        {
            if (message.Kind == Ask && message.Body.Length == 2)
                Context.Post(new ServiceId(BinaryPrimitives.ReadUInt16LittleEndian(message.Body.Span)), Ask, new byte[] { Answered });
            else if (message.Kind == Ask)
                Context.TryPost(message.Sender, Tell, message.Body);
            else
                _answer = message.Body.Span[0];
        }
    }

    public sealed class Directing : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            packet.TryGetFlowKey(out Ipv4FlowKey flow);
            if (packet.Length == 100)
            {
                Context.Flows.Remove(flow);
                return;
            }

            if (packet.Data[64] != 0)
                return;
            Context.Services.TryFind("asking", out ServiceInfo? own);
            string answers = $"{string.Join(',', Context.Services.Services.Select(service => service.Name))}; {own?.Name} is {own?.Id.Value}; instances: {Context.Services.Instances.Count}; "
                + $"may set: {Context.Flows.MaySet}; set: {Context.Flows.TrySet(packet, new ChainId(1))}; no chain: {Trying(flow)}; wish: {Context.RequestInstances(3)}";
            Encoding.UTF8.GetBytes(answers, packet.Data[64..]);
        }

        private string Trying(in Ipv4FlowKey flow)
        {
            try
            {
                return Context.Flows.TrySet(flow, new ChainId(99)).ToString();
            }
            catch (KeyNotFoundException exception)
            {
                return exception.GetType().Name;
            }
        }
    }

    public sealed class Numbering : NetworkFunction
    {
        public static NfProcessOptions Waits(NfProcessOptions options) => options with { Idle = IdleStrategy.Wait() };

        public static ushort InstanceOf(byte[] frame) => BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(^2));

        protected override void Process(Packet packet) => BinaryPrimitives.WriteUInt16LittleEndian(packet.Data[^2..], Context.Instance.Value);
    }
}

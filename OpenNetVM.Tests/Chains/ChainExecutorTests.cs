using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Chains;

public abstract class ChainExecutorTests(bool fusedHops)
{
    private readonly NfManagerOptions _options = new() { Dataplane = new() { FusedHops = fusedHops } };

    [Fact]
    public void A_packet_visits_the_services_of_its_chain_in_order_and_leaves_by_its_port()
    {
        using TestPlatform platform = new(_options);
        List<string> visits = [];
        ServiceId first = platform.Builder.AddScripted("first", (_, _) => visits.Add("first"));
        ServiceId second = platform.Builder.AddScripted("second", (_, _) => visits.Add("second"));
        ServiceId third = platform.Builder.AddScripted("third", (_, _) => visits.Add("third"));
        platform.Start(ServiceChain.Through(first, second, third).To(TestPlatform.OutputId));

        byte[] frame = Frames.Udp(1, 2, 3, 4, mark: 42);
        byte[] left = Assert.Single(platform.Run(frame));

        Assert.Equal(frame, left);
        Assert.Equal(["first", "second", "third"], visits);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(254)]
    public void Chains_of_any_length_work_and_keep_the_order_of_packets(int length)
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        ServiceId[] services = [.. Enumerable.Range(0, length).Select(i => platform.Builder.AddScripted(functions, $"s{i}"))];
        platform.Start(ServiceChain.Through(services).To(TestPlatform.OutputId));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(1_000));

        Assert.Equal(Enumerable.Range(0, 1_000), left.Select(frame => Frames.Mark(frame)));
        Assert.All(functions, function => Assert.Equal(1_000, function.Seen.Count));
    }

    [Fact]
    public void A_chain_may_visit_the_same_service_twice()
    {
        using TestPlatform platform = new(_options);
        ServiceId counter = platform.Builder.AddScripted("counter", (_, packet) => packet.UserArea[0]++);
        ServiceId other = platform.Builder.AddScripted("other", (_, packet) => packet.Data[^1] = packet.UserArea[0]);
        platform.Start(ServiceChain.Through(counter, counter, other).To(TestPlatform.OutputId));

        Assert.Equal(2, Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)))[^1]);
    }

    [Fact]
    public void A_chain_whose_first_step_is_a_drop_drops()
    {
        using TestPlatform platform = new(_options);
        platform.Start(ServiceChain.Drop);

        Assert.Empty(platform.Run(Frames.Flows(100)));
        Assert.Equal(100, platform.Dropped(DropReason.ByChain));
    }

    [Fact]
    public void A_function_drops_sends_to_a_service_and_sends_to_a_port()
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        ServiceId side = default;
        ServiceId decider = platform.Builder.AddScripted(functions, "decider", (_, packet) =>
        {
            switch (Frames.Mark(packet.Data) % 4)
            {
                case 0: packet.Drop(); break;
                case 1: packet.SendTo(side); break;
                case 2: packet.SendTo(TestPlatform.InputId); break;
            }
        });
        side = platform.Builder.AddScripted(functions, "side");
        platform.Start(ServiceChain.Through(decider).To(TestPlatform.OutputId));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(400));

        Assert.Equal(100, platform.Dropped(DropReason.ByFunction));
        Assert.Equal(100, functions[1].Seen.Count);
        Assert.Equal(100, platform.Input.ReceiveAll().Count);
        Assert.Equal(200, left.Count);
    }

    [Fact]
    public void A_jump_ahead_in_the_chain_goes_on_from_there_and_a_detour_comes_back()
    {
        using TestPlatform platform = new(_options);
        ServiceId last = default;
        ServiceId aside = default;
        List<string> visits = [];
        ServiceId jumper = platform.Builder.AddScripted("jumper", (_, packet) => packet.SendTo(last));
        ServiceId skipped = platform.Builder.AddScripted("skipped", (_, _) => visits.Add("skipped"));
        last = platform.Builder.AddScripted("last", (_, packet) =>
        {
            visits.Add("last");
            packet.SendTo(aside);
        });
        aside = platform.Builder.AddScripted("aside", (_, _) => visits.Add("aside"));
        platform.Start(ServiceChain.Through(jumper, skipped, last).To(TestPlatform.OutputId));

        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(["last", "aside"], visits);
    }

    [Fact]
    public void Packets_for_a_service_or_port_that_does_not_exist_or_only_receives_are_dropped_and_counted()
    {
        using TestPlatform platform = new(_options);
        PortId source = platform.Builder.AddPort(new NullPort(new NullPortOptions { TransmitQueues = 0 }));
        ServiceId lost = platform.Builder.AddScripted("lost", (_, packet) =>
        {
            switch (Frames.Mark(packet.Data))
            {
                case 0:
                    packet.SendTo(new ServiceId(4_711));
                    break;
                case 1:
                    packet.SendTo(new PortId(4_711));
                    break;
                default:
                    packet.SendTo(source);
                    break;
            }
        });
        platform.Start(ServiceChain.Through(lost).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Flows(3)));
        Assert.Equal(3, platform.Dropped(DropReason.UnknownDestination));
    }

    [Fact]
    public void A_chain_cannot_end_with_a_port_that_only_receives()
    {
        using TestPlatform platform = new(_options);
        PortId source = platform.Builder.AddPort(new NullPort(new NullPortOptions { Name = "source", TransmitQueues = 0 }));
        platform.Start(ServiceChain.To(TestPlatform.OutputId));
        ServiceChain wrong = ServiceChain.To(source);
        Assert.Contains("source", Assert.Throws<ArgumentException>(() => platform.Manager.Chains.Add(wrong)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => platform.Manager.Chains.Default = wrong);
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
    }

    [Fact]
    public void Packets_that_go_in_circles_meet_the_hop_limit()
    {
        using TestPlatform platform = new(_options with { Dataplane = _options.Dataplane with { HopLimit = 20 } });
        List<ScriptedFunction> functions = [];
        ServiceId self = default;
        self = platform.Builder.AddScripted(functions, "self", (_, packet) => packet.SendTo(self));
        platform.Start(ServiceChain.Through(self).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Flows(10)));
        Assert.Equal(10, platform.Dropped(DropReason.HopLimit));
        Assert.Equal(200, functions[0].Seen.Count);
    }

    [Fact]
    public void Packets_for_a_service_without_instances_are_dropped_and_counted_there()
    {
        using TestPlatform platform = new(_options);
        ServiceId absent = platform.Builder.AddScripted("absent", options: new ServiceOptions { Instances = 0 });
        platform.Start(ServiceChain.Through(absent).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Flows(7)));
        Assert.Equal(7, platform.Dropped(DropReason.NoInstance));
        Assert.Equal(7, Assert.Single(platform.Statistics.Services).NoInstance);
    }

    [Theory]
    [InlineData(VetoAction.FollowChain, 1, 0)]
    [InlineData(VetoAction.Drop, 0, 1)]
    public void The_policy_vetoes_what_it_does_not_allow(VetoAction vetoed, int leaving, int dropped)
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        ServiceId secret = default;
        ServiceId curious = platform.Builder.AddScripted(functions, "curious", (_, packet) => packet.SendTo(secret));
        secret = platform.Builder.AddScripted(functions, "secret");
        platform.Builder.Options = platform.Builder.Options with
        {
            Dataplane = _options.Dataplane with { Policy = SteeringPolicy.Create(allow => allow.Send(secret, curious), vetoed) },
        };
        platform.Start(ServiceChain.Through(curious).To(TestPlatform.OutputId));

        Assert.Equal(leaving, platform.Run(Frames.Udp(1, 2, 3, 4)).Count);
        Assert.Equal(dropped, platform.Dropped(DropReason.Vetoed));
        Assert.Equal(1, platform.Statistics.VetoedActions);
        Assert.Empty(functions[1].Seen);
    }

    [Fact]
    public void A_policy_can_be_replaced_while_packets_flow()
    {
        using TestPlatform platform = new(_options);
        ServiceId sender = platform.Builder.AddScripted("sender", (_, packet) => packet.SendTo(TestPlatform.InputId));
        platform.Start(ServiceChain.Through(sender).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Udp(1, 2, 3, 4)));
        platform.Manager.Policy = SteeringPolicy.ChainsOnly;
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Single(platform.Input.ReceiveAll());
    }

    [Fact]
    public void Descriptors_that_are_not_the_functions_own_are_rejected_and_their_packets_survive()
    {
        using TestPlatform platform = new(_options);
        ServiceId honest = platform.Builder.AddScripted("honest");
        ServiceId forger = platform.Builder.AddService("forger", () => new Forger());
        platform.Start(ServiceChain.Through(forger, honest).To(TestPlatform.OutputId));

        // The forger names, in place of every other packet, one that is out of range or that it sent already.
        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(32));

        Assert.Equal(16, left.Count);
        Assert.Equal(16, platform.Statistics.RejectedDescriptors);
        Assert.Equal(16, platform.Statistics.Held);
    }

    [Fact]
    public void A_function_starts_packets_on_a_chain_from_its_beginning()
    {
        using TestPlatform platform = new(_options);
        List<string> visits = [];
        ServiceId other = platform.Builder.AddScripted("other", (_, _) => visits.Add("other"));
        ChainId chain = platform.Builder.AddChain(ServiceChain.Through(other).To(TestPlatform.OutputId));
        ServiceId decider = platform.Builder.AddScripted("decider", (_, packet) =>
        {
            visits.Add("decider");
            packet.SendTo(chain);
        });
        platform.Start(ServiceChain.Through(decider, decider).ToDrop());

        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(["decider", "other"], visits);
    }

    [Fact]
    public void A_chain_that_is_not_there_drops_and_one_that_the_policy_refuses_is_vetoed()
    {
        using TestPlatform platform = new(_options);
        ChainId wanted = new(50);
        ServiceId decider = platform.Builder.AddScripted("decider", (_, packet) => packet.SendTo(wanted));
        platform.Start(ServiceChain.Through(decider).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(1, platform.Dropped(DropReason.UnknownDestination));
        wanted = platform.Manager.Chains.Add(ServiceChain.Drop);
        platform.Manager.Policy = SteeringPolicy.ChainsOnly;
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(1, platform.Statistics.VetoedActions);
        platform.Manager.Policy = SteeringPolicy.Create(allow => allow.SetFlows(decider));
        Assert.Empty(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(1, platform.Dropped(DropReason.ByChain));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Packets_finish_a_fixed_chain_whatever_the_director_says_and_leave_another(bool isFixed)
    {
        using TestPlatform platform = new(_options);
        ChainId diverted = default, started = default;
        // Each packet's flow is given another chain while the packet is on its way.
        ServiceId first = platform.Builder.AddScripted("first", (function, packet) => function.Context.Flows.TrySet(packet, diverted));
        ServiceId second = platform.Builder.AddScripted("second", (_, packet) => packet.Data[50] = 1);
        ServiceId decider = platform.Builder.AddScripted("decider", (function, packet) =>
        {
            packet.SendTo(started);
            Assert.True(function.Context.TryGetChain(packet, out ChainId current));
            Assert.Equal(ChainId.Default, current);
        });
        platform.Start(ServiceChain.Through(decider).ToDrop());
        diverted = platform.Manager.Chains.Add(ServiceChain.To(TestPlatform.InputId));
        ServiceChain chain = ServiceChain.Through(first, second).To(TestPlatform.OutputId);
        started = isFixed ? platform.Manager.Chains.AddFixed(chain) : platform.Manager.Chains.Add(chain);

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(20));
        Assert.Equal(isFixed ? 20 : 0, left.Count);
        Assert.All(left, static frame => Assert.Equal(1, frame[50]));
        Assert.Equal(isFixed ? 0 : 20, platform.Input.ReceiveAll().Count);
        // What comes now is classified by the director.
        Assert.Empty(platform.Run(Frames.Flows(20)));
        Assert.Equal(20, platform.Input.ReceiveAll().Count);
    }

    private sealed class Forger : OpenNetVM.Core.NetworkFunctions.NetworkFunction
    {
        protected override void ProcessBatch(PacketBatch batch)
        {
            for (int i = 1; i < batch.Count; i += 2)
                batch.Descriptors[i].BufferIndex = i % 4 == 1 ? uint.MaxValue : batch.Descriptors[i - 1].BufferIndex;
        }
    }

    public sealed class Fused() : ChainExecutorTests(fusedHops: true);

    public sealed class OverRings() : ChainExecutorTests(fusedHops: false);
}

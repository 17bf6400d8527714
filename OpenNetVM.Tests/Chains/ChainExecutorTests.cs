using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Chains;

public class ChainExecutorTests
{
    [Fact]
    public void A_packet_visits_the_services_of_its_chain_in_order_and_leaves_by_its_port()
    {
        using HandDriven platform = new();
        List<string> visits = [];
        ServiceId first = platform.Service("first", (_, _) => visits.Add("first"));
        ServiceId second = platform.Service("second", (_, _) => visits.Add("second"));
        ServiceId third = platform.Service("third", (_, _) => visits.Add("third"));
        platform.Start(ServiceChain.Through(first, second, third).To(platform.OutId));

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
        using HandDriven platform = new();
        ServiceId[] services = [.. Enumerable.Range(0, length).Select(i => platform.Service($"s{i}"))];
        platform.Start(ServiceChain.Through(services).To(platform.OutId));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(1_000));

        Assert.Equal(Enumerable.Range(0, 1_000), left.Select(frame => Frames.Mark(frame)));
        Assert.All(platform.Functions, function => Assert.Equal(1_000, function.Seen.Count));
    }

    [Fact]
    public void A_chain_may_visit_the_same_service_twice()
    {
        using HandDriven platform = new();
        ServiceId counter = platform.Service("counter", (_, packet) => packet.UserArea[0]++);
        ServiceId other = platform.Service("other", (_, packet) => packet.Data[^1] = packet.UserArea[0]);
        platform.Start(ServiceChain.Through(counter, counter, other).To(platform.OutId));

        Assert.Equal(2, Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)))[^1]);
    }

    [Fact]
    public void A_chain_whose_first_step_is_a_drop_drops()
    {
        using HandDriven platform = new();
        platform.Start(ServiceChain.Drop);

        Assert.Empty(platform.Run(Frames.Flows(100)));
        Assert.Equal(100, platform.Dropped(DropReason.ByChain));
    }

    [Fact]
    public void A_function_drops_sends_to_a_service_and_sends_to_a_port()
    {
        using HandDriven platform = new();
        ServiceId side = default;
        ServiceId decider = platform.Service("decider", (_, packet) =>
        {
            switch (Frames.Mark(packet.Data) % 4)
            {
                case 0: packet.Drop(); break;
                case 1: packet.SendTo(side); break;
                case 2: packet.SendTo(platform.InId); break;
            }
        });
        side = platform.Service("side");
        platform.Start(ServiceChain.Through(decider).To(platform.OutId));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(400));

        Assert.Equal(100, platform.Dropped(DropReason.ByFunction));
        Assert.Equal(100, platform.Functions[1].Seen.Count);
        Assert.Equal(100, platform.In.ReceiveAll().Count);
        Assert.Equal(200, left.Count);
    }

    [Fact]
    public void A_jump_ahead_in_the_chain_goes_on_from_there_and_a_detour_comes_back()
    {
        using HandDriven platform = new();
        ServiceId last = default;
        ServiceId aside = default;
        List<string> visits = [];
        ServiceId jumper = platform.Service("jumper", (_, packet) => packet.SendTo(last));
        ServiceId skipped = platform.Service("skipped", (_, _) => visits.Add("skipped"));
        last = platform.Service("last", (_, packet) =>
        {
            visits.Add("last");
            packet.SendTo(aside);
        });
        aside = platform.Service("aside", (_, _) => visits.Add("aside"));
        platform.Start(ServiceChain.Through(jumper, skipped, last).To(platform.OutId));

        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(["last", "aside"], visits);
    }

    [Fact]
    public void Packets_for_a_service_or_port_that_does_not_exist_are_dropped_and_counted()
    {
        using HandDriven platform = new();
        ServiceId lost = platform.Service("lost", (_, packet) =>
        {
            if (Frames.Mark(packet.Data) == 0)
                packet.SendTo(new ServiceId(4_711));
            else
                packet.SendTo(new PortId(4_711));
        });
        platform.Start(ServiceChain.Through(lost).To(platform.OutId));

        Assert.Empty(platform.Run(Frames.Flows(2)));
        Assert.Equal(2, platform.Dropped(DropReason.UnknownDestination));
    }

    [Fact]
    public void Packets_that_go_in_circles_meet_the_hop_limit()
    {
        using HandDriven platform = new(new NfManagerOptions { Dataplane = new DataplaneOptions { HopLimit = 20 } });
        ServiceId self = default;
        self = platform.Service("self", (_, packet) => packet.SendTo(self));
        platform.Start(ServiceChain.Through(self).To(platform.OutId));

        Assert.Empty(platform.Run(Frames.Flows(10)));
        Assert.Equal(10, platform.Dropped(DropReason.HopLimit));
        Assert.Equal(200, platform.Functions[0].Seen.Count);
    }

    [Fact]
    public void Packets_for_a_service_without_instances_are_dropped_and_counted_there()
    {
        using HandDriven platform = new();
        ServiceId absent = platform.Service("absent", options: new ServiceOptions { Instances = 0 });
        platform.Start(ServiceChain.Through(absent).To(platform.OutId));

        Assert.Empty(platform.Run(Frames.Flows(7)));
        Assert.Equal(7, platform.Dropped(DropReason.NoInstance));
        Assert.Equal(7, Assert.Single(platform.Statistics.Services).NoInstance);
    }

    [Theory]
    [InlineData(VetoAction.FollowChain, 1, 0)]
    [InlineData(VetoAction.Drop, 0, 1)]
    public void The_policy_vetoes_what_it_does_not_allow(VetoAction vetoed, int leaving, int dropped)
    {
        using HandDriven platform = new();
        ServiceId secret = default;
        ServiceId curious = platform.Service("curious", (_, packet) => packet.SendTo(secret));
        secret = platform.Service("secret");
        platform.Builder.Options = platform.Builder.Options with
        {
            Dataplane = new DataplaneOptions { Policy = SteeringPolicy.Create(allow => allow.Send(secret, curious), vetoed) },
        };
        platform.Start(ServiceChain.Through(curious).To(platform.OutId));

        Assert.Equal(leaving, platform.Run(Frames.Udp(1, 2, 3, 4)).Count);
        Assert.Equal(dropped, platform.Dropped(DropReason.Vetoed));
        Assert.Equal(1, platform.Statistics.VetoedActions);
        Assert.Empty(platform.Functions[1].Seen);
    }

    [Fact]
    public void A_policy_can_be_replaced_while_packets_flow()
    {
        using HandDriven platform = new();
        ServiceId sender = platform.Service("sender", (_, packet) => packet.SendTo(platform.InId));
        platform.Start(ServiceChain.Through(sender).To(platform.OutId));

        Assert.Empty(platform.Run(Frames.Udp(1, 2, 3, 4)));
        platform.Manager.Policy = SteeringPolicy.ChainsOnly;
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Single(platform.In.ReceiveAll());
    }

    [Fact]
    public void Descriptors_that_are_not_the_functions_own_are_rejected_and_their_packets_survive()
    {
        using HandDriven platform = new();
        ServiceId honest = platform.Service("honest");
        ServiceId forger = platform.Builder.AddService("forger", () => new Forger());
        platform.Start(ServiceChain.Through(forger, honest).To(platform.OutId));

        // The forger names, in place of every other packet, one that is out of range or that it sent already.
        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(32));

        Assert.Equal(16, left.Count);
        Assert.Equal(16, platform.Statistics.RejectedDescriptors);
        Assert.Equal(16, platform.Statistics.Held);
    }

    private sealed class Forger : OpenNetVM.Core.NetworkFunctions.NetworkFunction
    {
        protected override void ProcessBatch(PacketBatch batch)
        {
            for (int i = 1; i < batch.Count; i += 2)
                batch.Descriptors[i].BufferIndex = i % 4 == 1 ? uint.MaxValue : batch.Descriptors[i - 1].BufferIndex;
        }
    }
}

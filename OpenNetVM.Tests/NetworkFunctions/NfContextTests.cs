using System.Text;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.NetworkFunctions;

public abstract class NfContextTests(bool fusedHops)
{
    private readonly NfManagerOptions _options = new() { Dataplane = new() { FusedHops = fusedHops } };

    [Fact]
    public void Held_packets_leave_when_they_are_sent_and_count_as_held_until_then()
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        List<HeldPacket> held = [];
        ServiceId keeper = platform.Builder.AddScripted(functions, "keeper", (function, packet) => held.Add(function.Context.Hold(packet)));
        platform.Start(ServiceChain.Through(keeper).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Flows(50)));
        Assert.Equal(50, platform.Statistics.Held);
        Assert.Equal(50, Assert.Single(platform.Statistics.Instances).Held);
        Assert.Equal(0, platform.Manager.PacketsUnderWay);

        NfContext context = functions[0].Context;
        for (int i = 0; i < held.Count; i++)
        {
            HeldPacket packet = held[i];
            if (i % 2 == 0)
                Assert.True(context.TrySend(ref packet, PacketAction.Next));
            else
                context.Drop(ref packet);
            Assert.False(packet.IsHeld);
        }

        platform.Manager.PollUntilIdle();
        Assert.Equal(25, platform.Output.ReceiveAll().Count);
        Assert.Equal(25, platform.Dropped(DropReason.ByFunction));
        Assert.Equal(0, platform.Statistics.Held);
    }

    [Fact]
    public void Some_packets_of_a_burst_can_be_held_while_the_others_go_on_in_order()
    {
        using TestPlatform platform = new(_options);
        ServiceId keeper = platform.Builder.AddScripted("keeper", (function, packet) =>
        {
            if (Frames.Mark(packet.Data) % 3 == 0)
                function.Context.Hold(packet);
        });
        platform.Start(ServiceChain.Through(keeper).To(TestPlatform.OutputId));

        Assert.Equal(Enumerable.Range(0, 30).Where(i => i % 3 != 0), platform.Run(Frames.Flows(30)).Select(frame => Frames.Mark(frame)));
    }

    [Fact]
    public void A_packet_that_is_sent_twice_is_rejected_the_second_time()
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        HeldPacket held = default;
        ServiceId keeper = platform.Builder.AddScripted(functions, "keeper", (function, packet) => held = function.Context.Hold(packet));
        platform.Start(ServiceChain.Through(keeper).To(TestPlatform.OutputId));
        platform.Run(Frames.Udp(1, 2, 3, 4));

        HeldPacket copy = held;
        NfContext context = functions[0].Context;
        Assert.True(context.TrySend(ref held, PacketAction.Next));
        Assert.True(context.TrySend(ref copy, PacketAction.Next));
        platform.Manager.PollUntilIdle();

        Assert.Single(platform.Output.ReceiveAll());
        Assert.Equal(1, platform.Statistics.RejectedDescriptors);
        Assert.Throws<InvalidOperationException>(() => context.TrySend(ref held, PacketAction.Next));
    }

    [Fact]
    public void Created_packets_go_on_behind_their_creators_step_and_are_counted()
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        byte[] frame = Frames.Udp(9, 9, 9, 9, mark: 77);
        ServiceId before = platform.Builder.AddScripted(functions, "before");
        ServiceId creator = platform.Builder.AddScripted(functions, "creator", () => new ScriptedFunction
        {
            Starting = function => function.Context.Schedule(TimeSpan.Zero, () =>
            {
                Assert.True(function.Context.TryCreate(out HeldPacket created));
                Packet packet = function.Context.Open(ref created);
                Assert.Equal(0, packet.Length);
                Assert.True(packet.TrySetData(frame));
                Assert.True(function.Context.TrySend(ref created, PacketAction.Next));
            }),
        });
        ServiceId after = platform.Builder.AddScripted(functions, "after");
        platform.Start(ServiceChain.Through(before, creator, after).To(TestPlatform.OutputId));

        Assert.Equal(frame, Assert.Single(platform.Run()));
        Assert.Equal(1, platform.Statistics.Created);
        Assert.Empty(functions[0].Seen);
        Assert.Equal([77], functions[2].Seen);
    }

    [Fact]
    public void A_clone_is_a_packet_of_its_own_with_the_same_frame_and_metadata()
    {
        using TestPlatform platform = new(_options);
        ServiceId mirror = platform.Builder.AddScripted("mirror", (function, packet) =>
        {
            packet.UserArea[3] = 33;
            Assert.True(packet.TryPrepend(4, out Span<byte> added));
            added.Fill(0xEE);
            Assert.True(function.Context.TryClone(packet, out HeldPacket clone));
            Packet copy = function.Context.Open(ref clone);
            Assert.True(copy.Data.SequenceEqual(packet.Data));
            Assert.Equal(packet.Headroom, copy.Headroom);
            Assert.Equal(packet.IngressPort, copy.IngressPort);
            Assert.Equal(packet.RssHash, copy.RssHash);
            Assert.Equal(33, copy.UserArea[3]);
            copy.Data[0] = 1;
            Assert.NotEqual(copy.Data[0], packet.Data[0]);
            Assert.True(function.Context.TrySend(ref clone, PacketAction.ToPort(TestPlatform.InputId)));
        });
        platform.Start(ServiceChain.Through(mirror).To(TestPlatform.OutputId));

        Assert.Equal(20, platform.Run(Frames.Flows(20)).Count);
        Assert.Equal(20, platform.Input.ReceiveAll().Count);
        Assert.Equal(20, platform.Statistics.Created);
    }

    [Fact]
    public void An_exhausted_pool_is_a_value_and_a_counter()
    {
        using TestPlatform platform = new(_options with { Dataplane = _options.Dataplane with { Pool = new PacketPoolOptions { Capacity = 64 } } });
        int refused = 0;
        ServiceId greedy = platform.Builder.AddScripted("greedy", (function, packet) =>
        {
            while (function.Context.TryCreate(out HeldPacket _))
            {
            }

            refused++;
        });
        platform.Start(ServiceChain.Through(greedy).To(TestPlatform.OutputId));

        platform.Run(Frames.Flows(3));
        Assert.Equal(3, refused);
        Assert.True(platform.Manager.Pool.AllocationFailures >= 3);
    }

    [Fact]
    public void Timers_fire_at_their_time_once_or_periodically_until_cancelled()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = new(_options with { Time = time });
        List<string> fired = [];
        NfTimer? periodic = null;
        ServiceId clock = platform.Builder.AddService("clock", () => new ScriptedFunction
        {
            Starting = function =>
            {
                function.Context.Schedule(TimeSpan.FromSeconds(2.5), () => fired.Add("once"));
                periodic = function.Context.Schedule(TimeSpan.FromSeconds(1), () => fired.Add("tick"), TimeSpan.FromSeconds(1));
            },
        });
        platform.Start(ServiceChain.Through(clock).To(TestPlatform.OutputId));

        platform.Manager.PollUntilIdle();
        Assert.Empty(fired);
        for (int i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            platform.Manager.PollUntilIdle();
        }

        Assert.Equal(["tick", "tick", "once", "tick"], fired);
        Assert.True(periodic!.IsActive);
        periodic.Cancel();
        time.Advance(TimeSpan.FromSeconds(5));
        platform.Manager.PollUntilIdle();
        Assert.Equal(4, fired.Count);
    }

    [Fact]
    public void Messages_reach_an_instance_or_a_service_and_name_their_sender()
    {
        using TestPlatform platform = new(_options);
        List<string> mail = [];
        void Note(ScriptedFunction function, NfMessage message) =>
            mail.Add($"{function.Context.Instance.Value}<-{message.Sender.Value}:{message.Kind}:{Encoding.ASCII.GetString(message.Body.Span)}");
        ServiceId pair = platform.Builder.AddService("pair", () => new ScriptedFunction { OnMail = Note }, new ServiceOptions { Instances = 2 });
        ServiceId sender = platform.Builder.AddService("sender", () => new ScriptedFunction
        {
            OnMail = (function, _) => function.Context.Post(pair, 5, "hello"u8.ToArray()),
        });
        platform.Start(ServiceChain.Through(pair).To(TestPlatform.OutputId));

        InstanceId first = platform.Manager.Services.Instances[0].Id;
        Assert.True(platform.Manager.TryPost(first, 1, "one"u8.ToArray()));
        Assert.Equal(1, platform.Manager.Post(sender, 2, default));
        Assert.False(platform.Manager.TryPost(new InstanceId(999), 1, default));
        platform.Manager.PollUntilIdle();

        Assert.Equal(["1<-0:1:one", "1<-3:5:hello", "2<-3:5:hello"], mail.Order());
    }

    [Fact]
    public void A_full_mailbox_refuses()
    {
        using TestPlatform platform = new(_options with { MailboxCapacity = 2 });
        ServiceId service = platform.Builder.AddScripted("service");
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));
        InstanceId instance = platform.Manager.Services.Instances[0].Id;

        Assert.True(platform.Manager.TryPost(instance, 1, default));
        Assert.True(platform.Manager.TryPost(instance, 1, default));
        Assert.False(platform.Manager.TryPost(instance, 1, default));
        platform.Manager.PollUntilIdle();
        Assert.True(platform.Manager.TryPost(instance, 1, default));
    }

    [Fact]
    public void A_function_has_no_context_before_it_is_started()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => new ScriptedFunction().Context);
        Assert.Contains("OnStart", error.Message, StringComparison.Ordinal);
    }

    public sealed class Fused() : NfContextTests(fusedHops: true);

    public sealed class OverRings() : NfContextTests(fusedHops: false);
}

using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Chains;

/// <summary>What is special about hops past the rings; that everything else is as through them, the suites that run in both modes show.</summary>
public class FusedHopsTests
{
    [Fact]
    public void A_burst_passes_all_functions_of_one_worker_in_the_round_in_which_it_comes_and_no_ring()
    {
        using TestPlatform platform = new();
        ServiceId[] services = [.. Enumerable.Range(0, 5).Select(i => platform.Builder.AddScripted($"s{i}"))];
        platform.Start(ServiceChain.Through(services).To(TestPlatform.OutputId));
        foreach (byte[] frame in Frames.Flows(64))
            platform.Input.Send(frame);

        platform.Manager.Workers[0].PollOnce();

        Assert.Equal(64, platform.Output.ReceiveAll().Count);
        Assert.All(platform.Statistics.Instances, instance => Assert.Equal((64L, 64L), (instance.Enqueued, instance.Handled)));
    }

    [Fact]
    public void Functions_on_other_workers_are_reached_through_their_rings()
    {
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        platform.Builder.AddWorker("here");
        platform.Builder.AddWorker("there");
        ServiceId near = platform.Builder.AddScripted(functions, "near");
        ServiceId far = platform.Builder.AddScripted(functions, "far", options: new ServiceOptions { Workers = ["there"] });
        ServiceId away = platform.Builder.AddScripted(functions, "away", options: new ServiceOptions { TransmitWorker = "there" });
        platform.Start(ServiceChain.Through(near, far, near, away, near).To(TestPlatform.OutputId));
        foreach (byte[] frame in Frames.Flows(10))
            platform.Input.Send(frame);

        platform.Manager.Workers[0].PollOnce();
        Assert.Equal([10, 0, 0], functions.Select(function => function.Seen.Count));
        Assert.Equal(10, platform.Statistics.Instances[1].ReceiveDepth);

        platform.Manager.PollUntilIdle();
        Assert.Equal(Enumerable.Range(0, 10), platform.Output.ReceiveAll().Select(frame => Frames.Mark(frame)));
        Assert.Equal([30, 10, 10], functions.Select(function => function.Seen.Count));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public void Packets_that_waited_in_the_rings_go_first(int pausedRounds, int lateRounds)
    {
        using TestPlatform platform = new();
        ServiceId first = platform.Builder.AddScripted("first");
        ServiceId second = platform.Builder.AddScripted("second");
        platform.Start(ServiceChain.Through(first, second).To(TestPlatform.OutputId));
        InstanceId paused = platform.Manager.Services.Instances[1].Id;
        byte[][] frames = Frames.Flows(64 * (pausedRounds + lateRounds + 4));
        int sent = 0;
        void Round(int packets)
        {
            for (int i = 0; i < packets; i++)
                platform.Input.Send(frames[sent++]);
            platform.Manager.Poll();
        }

        platform.Manager.Pause(paused);
        for (int i = 0; i < pausedRounds; i++)
            Round(64);
        platform.Manager.Resume(paused);
        for (int i = 0; i < lateRounds + 4; i++)
            Round(64);

        // A source that never rests must not keep the packets on the rings for ever.
        Assert.Equal(0, platform.Statistics.Instances[1].ReceiveDepth);
        platform.Manager.PollUntilIdle();
        Assert.Equal(Enumerable.Range(0, sent), platform.Output.ReceiveAll().Select(frame => Frames.Mark(frame)));
    }

    [Fact]
    public void Messages_and_timers_come_before_packets_that_came_after_them()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = new(new NfManagerOptions { Time = time });
        List<string> order = [];
        ServiceId service = platform.Builder.AddScripted([], "service", () => new ScriptedFunction
        {
            OnPacket = (_, _) => order.Add("packet"),
            OnMail = (_, _) => order.Add("message"),
            Starting = function => function.Context.Schedule(TimeSpan.FromSeconds(1), () => order.Add("timer")),
        });
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));

        platform.Run(Frames.Udp(1, 2, 3, 4));
        platform.Manager.TryPost(platform.Manager.Services.Instances[0].Id, 1, default);
        platform.Run(Frames.Udp(1, 2, 3, 4));
        time.Advance(TimeSpan.FromSeconds(2));
        platform.Run(Frames.Udp(1, 2, 3, 4));

        Assert.Equal(["packet", "message", "packet", "timer", "packet"], order);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Circles_end_at_the_hop_limit_and_take_no_more_stack_than_straight_ways(int services)
    {
        const int HopLimit = 60_000;
        using TestPlatform platform = new(new NfManagerOptions { Dataplane = new() { HopLimit = HopLimit } });
        ServiceId[] ids = new ServiceId[services];
        nint lowest = nint.MaxValue;
        nint highest = nint.MinValue;
        for (int i = 0; i < services; i++)
        {
            int next = (i + 1) % services;
            ids[i] = platform.Builder.AddService($"s{i}", () => new ScriptedFunction
            {
                OnPacket = (_, packet) =>
                {
                    int local = 0;
                    unsafe
                    {
                        lowest = Math.Min(lowest, (nint)(&local));
                        highest = Math.Max(highest, (nint)(&local));
                    }

                    packet.SendTo(ids[next]);
                },
            });
        }

        platform.Start(ServiceChain.Through(ids[0]).To(TestPlatform.OutputId));
        Assert.Empty(platform.Run(Frames.Flows(3)));

        Assert.Equal(3, platform.Dropped(DropReason.HopLimit));
        Assert.Equal(3 * HopLimit, platform.Statistics.Instances.Sum(instance => instance.Handled));
        Assert.True(highest - lowest < 16_384, $"{highest - lowest} bytes of stack");
    }

    [Fact]
    public void A_rule_that_is_set_in_the_middle_of_a_chain_holds_from_the_next_hop_on()
    {
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        ChainId other = default;
        ServiceId before = platform.Builder.AddScripted(functions, "before");
        ServiceId setter = platform.Builder.AddScripted(functions, "setter", (function, packet) =>
        {
            if (Frames.Mark(packet.Data) == 20)
                Assert.True(function.Context.Flows.TrySet(packet, other));
        });
        ServiceId usual = platform.Builder.AddScripted(functions, "usual");
        ServiceId special = platform.Builder.AddScripted(functions, "special");
        other = platform.Builder.AddChain(ServiceChain.Through(setter, special).To(TestPlatform.InputId));
        platform.Start(ServiceChain.Through(before, setter, usual).To(TestPlatform.OutputId));

        Assert.Equal(63, platform.Run(Frames.Flows(64)).Count);
        Assert.Equal(20, Frames.Mark(Assert.Single(platform.Input.ReceiveAll())));
        Assert.Equal([20], functions[3].Seen);
        Assert.DoesNotContain(20, functions[2].Seen);
    }

    [Fact]
    public void What_a_function_does_to_its_held_packets_during_a_call_is_as_through_the_rings()
    {
        using TestPlatform platform = new();
        ServiceId before = platform.Builder.AddScripted("before");
        ServiceId trickster = platform.Builder.AddScripted("trickster", (function, packet) =>
        {
            switch (Frames.Mark(packet.Data) % 4)
            {
                case 0:
                    // Held, and left in the batch nevertheless: one of the two is refused.
                    HeldPacket twice = function.Context.Hold(packet);
                    Assert.True(function.Context.TrySend(ref twice, PacketAction.Next));
                    packet.Next();
                    break;
                case 1:
                    // Freed, and left in the batch nevertheless.
                    HeldPacket gone = function.Context.Hold(packet);
                    function.Context.Drop(ref gone);
                    packet.Next();
                    break;
            }
        });
        ServiceId after = platform.Builder.AddScripted("after");
        platform.Start(ServiceChain.Through(before, trickster, after).To(TestPlatform.OutputId));

        Assert.Equal(30, platform.Run(Frames.Flows(40)).Count);
        Assert.Equal(10, platform.Dropped(DropReason.ByFunction));
        Assert.Equal(20, platform.Statistics.RejectedDescriptors);
        Assert.Equal(20, platform.Statistics.Instances[1].RejectedDescriptors);
    }

    [Fact]
    public void A_port_that_delivers_a_descriptor_twice_or_names_a_buffer_that_is_not_its_own_is_refused()
    {
        ForgingPort port = new();
        using TestPlatform platform = new();
        platform.Builder.AddPort(port);
        ServiceId service = platform.Builder.AddScripted("service");
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));
        platform.Manager.PollUntilIdle();

        // Two honest ones; one of them again; one that is nobody's; one that does not exist.
        Assert.Equal(2, platform.Output.ReceiveAll().Count);
        Assert.Equal(3, platform.Statistics.RejectedDescriptors);
        Assert.Equal(2, platform.Statistics.Instances[0].Handled);
    }

    [Fact]
    public void A_faulted_functions_buffers_are_found_exactly_whoever_was_called_when_it_held_them()
    {
        using TestPlatform platform = new();
        ServiceId keeper = platform.Builder.AddScripted(
            "keeper",
            (function, packet) =>
            {
                if (Frames.Mark(packet.Data) == 100)
                    throw new InvalidDataException();
                if (Frames.Mark(packet.Data) % 3 == 0)
                    function.Context.Hold(packet);
            },
            new ServiceOptions { Restart = RestartPolicy.Never });
        ServiceId collector = platform.Builder.AddScripted("collector", (function, packet) =>
        {
            if (Frames.Mark(packet.Data) % 3 == 1)
                function.Context.Hold(packet);
        });
        platform.Start(ServiceChain.Through(keeper, collector).To(TestPlatform.OutputId));

        platform.Run(Frames.Flows(100));
        Assert.Equal(67, platform.Statistics.Held);
        platform.Run(Frames.Udp(1, 2, 3, 4, mark: 100));
        Assert.Equal(34, platform.Dropped(DropReason.InstanceStopped));
        Assert.Equal(33, platform.Statistics.Held);
        Assert.Equal(1, platform.Dropped(DropReason.FunctionFault));
    }

    /// <summary>Delivers one burst in which two descriptors are honest.</summary>
    private sealed class ForgingPort : IPort
    {
        private PortContext? _context;
        private bool _delivered;

        public PortInfo Info { get; } = new() { Name = "forging", ProvidesRssHash = true };

        public PortStatus Status => new(_context is null ? PortState.Created : PortState.Running);

        public void Start(PortContext context) => _context = context;

        public int Receive(int queue, Span<PacketDescriptor> burst, OpenNetVM.Core.Memory.PoolCache cache)
        {
            if (_delivered)
                return 0;
            _delivered = true;
            cache.Allocate(burst[..2]);
            foreach (ref PacketDescriptor descriptor in burst[..2])
                _context!.Pool.Open(ref descriptor).TrySetData(Frames.Udp(1, 2, 3, 4));
            burst[2] = burst[0];
            burst[3] = new PacketDescriptor { BufferIndex = (uint)_context!.Pool.Capacity - 1 };
            burst[4] = new PacketDescriptor { BufferIndex = uint.MaxValue };
            return 5;
        }

        public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, OpenNetVM.Core.Memory.PoolCache cache) => 0;

        public void Stop()
        {
        }

        public PortStatistics GetStatistics() => new() { ReceivedPackets = _delivered ? 2 : 0 };

        public void Dispose()
        {
        }

    }
}

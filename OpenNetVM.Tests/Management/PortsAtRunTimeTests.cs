using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Management;

/// <summary>Ports that are added to and removed from a platform that runs.</summary>
public class PortsAtRunTimeTests
{
    private static readonly byte[] Frame = GeneratorPort.CreateFrame();

    private static (NfManager Manager, LoopbackPort First) HandDriven()
    {
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true } };
        LoopbackPort first = new("first");
        PortId id = builder.AddPort(first);
        builder.DefaultChain = ServiceChain.To(id);
        NfManager manager = builder.Build();
        manager.Start();
        return (manager, first);
    }

    [Fact]
    public async Task A_port_added_to_a_running_platform_receives_and_sends()
    {
        (NfManager manager, LoopbackPort first) = HandDriven();
        await using (manager)
        {
            LoopbackPort second = new("second");
            PortId id = manager.AddPort(second);
            Assert.Equal(new PortId(1), id);
            Assert.Equal(PortState.Running, second.Status.State);
            manager.Chains.SetDefault(new PortId(0), manager.Chains.Add(ServiceChain.To(id)));

            Assert.True(first.Send(Frame));
            Assert.True(second.Send(Frame));
            manager.PollUntilIdle();
            byte[] frame = new byte[2_048];
            Assert.True(second.TryReceive(frame, out _));
            Assert.True(first.TryReceive(frame, out _));
            PlatformStatistics statistics = manager.GetStatistics();
            Assert.Equal((2L, 2L), (statistics.Received, statistics.Transmitted));
        }
    }

    [Fact]
    public async Task A_removed_port_is_stopped_its_counters_stay_and_its_id_is_not_used_again()
    {
        (NfManager manager, LoopbackPort first) = HandDriven();
        await using (manager)
        {
            LoopbackPort second = new("second");
            PortId id = manager.AddPort(second);
            Assert.True(second.Send(Frame));
            manager.PollUntilIdle();
            manager.RemovePort(id);
            Assert.Equal(PortState.Stopped, second.Status.State);
            Assert.Throws<KeyNotFoundException>(() => manager.RemovePort(id));

            // The name is free again, the id is not.
            PortId third = manager.AddPort(new LoopbackPort("second"));
            Assert.Equal(new PortId(2), third);
            PlatformStatistics statistics = manager.GetStatistics();
            Assert.Equal((1L, 1L, 0L), (statistics.Received, statistics.Transmitted, statistics.Dropped));
            Assert.Equal([1L, 0L], statistics.Ports.Skip(1).Select(port => port.Statistics.ReceivedPackets));
        }
    }

    [Fact]
    public async Task A_port_that_a_chain_ends_with_is_not_removed_and_goes_on()
    {
        (NfManager manager, LoopbackPort first) = HandDriven();
        await using (manager)
        {
            InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => manager.RemovePort(new PortId(0)));
            Assert.Contains(ChainId.Default.ToString(), refusal.Message, StringComparison.Ordinal);
            Assert.True(first.Send(Frame));
            manager.PollUntilIdle();
            Assert.True(first.TryReceive(new byte[2_048], out _));
        }
    }

    [Fact]
    public async Task What_still_goes_to_a_removed_port_is_dropped_and_counted()
    {
        (NfManager manager, LoopbackPort first) = HandDriven();
        await using (manager)
        {
            PortId second = manager.AddPort(new LoopbackPort("second"));
            ServiceId service = manager.AddService("sends to the second port", () => new SendTo(second));
            manager.StartInstance(service);
            manager.Chains.Default = ServiceChain.Through(service).To(second);

            // One packet is on the old chain's way, at the function's ring, when port and chain go.
            Assert.True(first.Send(Frame));
            manager.Poll();
            manager.Chains.Default = ServiceChain.Drop;
            manager.RemovePort(second);
            manager.PollUntilIdle();
            manager.Chains.Default = ServiceChain.Through(service).ToDrop();
            Assert.True(first.Send(Frame));
            manager.PollUntilIdle();
            PlatformStatistics statistics = manager.GetStatistics();
            Assert.Equal((2L, 0L), (statistics.Received, statistics.Held));
            Assert.Equal(2, statistics.Transmitted + statistics.Dropped);
            Assert.NotEqual(0, statistics.DroppedByReason[DropReason.UnknownDestination]);
        }
    }

    [Fact]
    public async Task Packets_that_wait_for_a_port_as_it_is_removed_are_dropped_and_counted()
    {
        (NfManager manager, LoopbackPort first) = HandDriven();
        await using (manager)
        {
            PortId full = manager.AddPort(new LoopbackPort("full", new LoopbackPortOptions { Capacity = 8 }));
            ChainId chain = manager.Chains.Add(ServiceChain.To(full));
            manager.Chains.SetDefault(new PortId(0), chain);
            for (int i = 0; i < 50; i++)
                Assert.True(first.Send(Frame));
            for (int i = 0; i < 20; i++)
                manager.Poll();
            Assert.NotEqual(0, manager.PacketsUnderWay);
            manager.Chains.Remove(chain);
            manager.RemovePort(full);
            PlatformStatistics statistics = manager.GetStatistics();
            Assert.Equal((0L, 0L), (manager.PacketsUnderWay, statistics.Held));
            Assert.Equal((50L, 50L), (statistics.Received, statistics.Transmitted + statistics.Dropped));
            Assert.NotEqual(0, statistics.DroppedByReason[DropReason.PortFull]);
        }
    }

    [Fact]
    public async Task A_port_that_does_not_start_is_not_added()
    {
        (NfManager manager, _) = HandDriven();
        await using (manager)
        {
            NullPort tooLong = new(new NullPortOptions { Name = "too long", Frame = new byte[9_000] });
            Assert.Throws<InvalidOperationException>(() => manager.AddPort(tooLong));
            Assert.Single(manager.Ports);
            Assert.Throws<ArgumentException>(() => manager.AddPort(new NullPort(new NullPortOptions { Name = "first" })));
            Assert.Throws<ArgumentException>(() => manager.AddPort(new NullPort(new NullPortOptions { Name = "second" }), "no such worker"));
            Assert.Single(manager.Ports);
        }
    }

    [Fact]
    public async Task Ports_come_and_go_while_two_workers_move_packets_and_nothing_is_lost_uncounted()
    {
        const int Rounds = 60;
        NfManagerBuilder builder = new();
        builder.AddWorker("one", idle: IdleStrategy.Yield);
        builder.AddWorker("two", idle: IdleStrategy.Yield);
        PortId sink = builder.AddPort(new NullPort(new NullPortOptions { Name = "sink" }), "one");
        ServiceId service = builder.AddService("forward", () => new ScriptedFunction());
        builder.DefaultChain = ServiceChain.Through(service).To(sink);
        await using NfManager manager = builder.Build();
        manager.Start();
        for (int round = 0; round < Rounds; round++)
        {
            PortId source = manager.AddPort(new NullPort(new NullPortOptions { Name = $"source {round % 3}", Frame = Frame }), round % 2 == 0 ? "two" : "one");
            long before = manager.GetStatistics().Received;
            SpinWait.SpinUntil(() => manager.GetStatistics().Received > before + 200, TimeSpan.FromSeconds(60));
            Assert.NotEqual(before, manager.GetStatistics().Received);
            manager.RemovePort(source);
        }

        await manager.StopAsync();
        PlatformStatistics statistics = manager.GetStatistics();
        Assert.Equal(0, statistics.Held);
        Assert.Equal(statistics.Received, statistics.Transmitted + statistics.Dropped);
    }

    private sealed class SendTo(PortId port) : NetworkFunction
    {
        protected override void Process(Packet packet) => packet.Action = PacketAction.ToPort(port);
    }
}

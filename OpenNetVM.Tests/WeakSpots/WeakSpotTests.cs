using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.WeakSpots;

/// <summary>
/// Where the C original fails inside one process and no other test class shows that this library does not. The list of all of them, with the test
/// for each, is in docs/from-opennetvm.md.
/// </summary>
public class WeakSpotTests
{
    [Fact]
    public void Packets_that_a_function_keeps_are_not_transmitted_as_well()
    {
        // W4: the C library returns the number of packets received, and sends kept ones too.
        using TestPlatform platform = new();
        Queue<HeldPacket> kept = new();
        ServiceId keeper = platform.Builder.AddScripted("keeper", (function, packet) =>
        {
            kept.Enqueue(function.Context.Hold(packet));
            if (kept.Count > 10)
            {
                HeldPacket oldest = kept.Dequeue();
                Assert.True(function.Context.TrySend(ref oldest, PacketAction.Next));
            }
        });
        platform.Start(ServiceChain.Through(keeper).To(TestPlatform.OutputId));

        Assert.Equal(Enumerable.Range(0, 490), platform.Run(Frames.Flows(500)).Select(frame => Frames.Mark(frame)));
        Assert.Equal(10, platform.Statistics.Held);
        Assert.Equal(0, platform.Statistics.RejectedDescriptors);
    }

    [Fact]
    public async Task Every_transmit_worker_moves_packets()
    {
        // W11: in the C original, with few NFs only the first TX thread has any.
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true } };
        string[] workers = ["rx", "tx0", "tx1", "tx2"];
        foreach (string worker in workers)
            builder.AddWorker(worker);
        LoopbackPort port = new("wire");
        PortId id = builder.AddPort(port, "rx");
        ServiceId[] services = [.. Enumerable.Range(0, 3).Select(i => builder.AddService($"s{i}", () => new ScriptedFunction(), new ServiceOptions { TransmitWorker = $"tx{i}" }))];
        builder.DefaultChain = ServiceChain.Through(services).To(id);
        await using NfManager manager = builder.Build();
        manager.Start();
        foreach (byte[] frame in Frames.Flows(100))
            port.Send(frame);
        manager.PollUntilIdle();

        Assert.Equal(100, port.ReceiveAll().Count);
        Assert.All(manager.GetStatistics().Workers, worker => Assert.True(worker.BusyRounds > 0, $"{worker.Name} did nothing"));
    }

    [Fact]
    public async Task Timers_of_an_idle_function_on_a_sleeping_worker_fire()
    {
        // W14: the C original's shared-core mode waits without a time-out.
        NfManagerBuilder builder = new() { DefaultChain = ServiceChain.Drop };
        builder.AddWorker("sleeper", idle: IdleStrategy.Wait(TimeSpan.FromSeconds(30)));
        TaskCompletionSource fired = new();
        builder.AddService("idle", () => new ScriptedFunction { Starting = function => function.Context.Schedule(TimeSpan.FromMilliseconds(20), fired.SetResult) });
        await using NfManager manager = builder.Build();
        manager.Start();
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Packets_of_a_port_without_a_hash_are_spread_and_find_their_rules()
    {
        // W15: without NIC RSS the C original sends all flows to one instance, and rules never match.
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true } };
        LoopbackPort plain = new("plain", new LoopbackPortOptions { ProvidesRssHash = false });
        LoopbackPort other = new("other");
        PortId plainId = builder.AddPort(plain);
        PortId otherId = builder.AddPort(other);
        List<ScriptedFunction> functions = [];
        ServiceId service = builder.AddService(
            "service",
            () =>
            {
                functions.Add(new ScriptedFunction());
                return functions[^1];
            },
            new ServiceOptions { Instances = 4 });
        builder.DefaultChain = ServiceChain.Through(service).To(plainId);
        ChainId ruled = builder.AddChain(ServiceChain.To(otherId));
        NfManager manager = builder.Build();
        manager.Start();
        Assert.True(manager.Director.TrySet(new Ipv4FlowKey(1, 2, 3, 4, 17), ruled));

        foreach (byte[] frame in Frames.Flows(1_000))
            plain.Send(frame);
        plain.Send(Frames.Udp(1, 2, 3, 4));
        manager.PollUntilIdle();

        Assert.Single(other.ReceiveAll());
        Assert.All(functions, function => Assert.InRange(function.Seen.Count, 150, 350));
    }

    [Fact]
    public void Every_drop_is_counted_once_by_reason_and_place()
    {
        // W17: the C original counts no drop of NEXT, and writes its counters from several threads at once.
        using TestPlatform platform = new();
        ServiceId dropper = platform.Builder.AddScripted("dropper", (_, packet) =>
        {
            if (Frames.Mark(packet.Data) % 2 == 0)
                packet.Drop();
        });
        platform.Start(ServiceChain.Through(dropper).ToDrop());

        Assert.Empty(platform.Run(Frames.Flows(100)));
        PlatformStatistics statistics = platform.Statistics;
        Assert.Equal(50, statistics.DroppedByReason[DropReason.ByFunction]);
        Assert.Equal(50, statistics.DroppedByReason[DropReason.ByChain]);
        Assert.Equal(100, statistics.Instances[0].Dropped.Values.Sum());
        Assert.Equal(100, statistics.Services[0].Dropped);
    }

    [Fact]
    public async Task A_platform_needs_no_huge_pages_no_root_and_one_core()
    {
        // W20: the C original needs root, huge pages, a bound NIC and three cores.
        NfManagerBuilder builder = new()
        {
            Options = new NfManagerOptions { Dataplane = new DataplaneOptions { Pool = new PacketPoolOptions { Memory = new MemoryRegionOptions { HugePages = HugePagePolicy.Never } } } },
        };
        LoopbackPort port = new("wire");
        PortId id = builder.AddPort(port);
        ServiceId[] services = [.. Enumerable.Range(0, 3).Select(i => builder.AddService($"s{i}", () => new ScriptedFunction()))];
        builder.DefaultChain = ServiceChain.Through(services).To(id);
        await using NfManager manager = builder.Build();
        manager.Start();

        port.Send(Frames.Udp(1, 2, 3, 4, mark: 5));
        Assert.Equal(5, Frames.Mark(await port.ReceiveAsync(TestContext.Current.CancellationToken)));
        Assert.Single(manager.Workers);
    }

    [Fact]
    public void A_port_that_is_not_there_costs_its_packets_but_no_buffers()
    {
        // W8: the C original leaks them.
        using TestPlatform platform = new();
        ServiceId lost = platform.Builder.AddScripted("lost", (_, packet) => packet.SendTo(new PortId(17)));
        platform.Start(ServiceChain.Through(lost).To(TestPlatform.OutputId));

        for (int i = 0; i < 20; i++)
            Assert.Empty(platform.Run(Frames.Flows(1_000)));
        Assert.Equal(0, platform.Statistics.Held);
        Assert.Equal(20_000, platform.Dropped(DropReason.UnknownDestination));
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Management;

public abstract class BackPressureTests(bool fusedHops)
{
    private readonly NfManagerOptions _smallRings = new() { Dataplane = new DataplaneOptions { RingCapacity = 64, BurstSize = 32, FusedHops = fusedHops } };

    [Fact]
    public void A_congested_instance_sheds_new_packets_on_arrival_and_no_work_is_spent_on_them()
    {
        using TestPlatform platform = new(_smallRings);
        List<ScriptedFunction> functions = [];
        ServiceId early = platform.Builder.AddScripted(functions, "early");
        ServiceId slow = platform.Builder.AddScripted(functions, "slow");
        platform.Start(ServiceChain.Through(early, slow).To(TestPlatform.OutputId));

        // "slow" stands still: its ring fills, then packets are lost at the platform's entry.
        platform.Manager.Pause(platform.Manager.Services.Instances[1].Id);
        platform.Run(Frames.Flows(1_000));

        PlatformStatistics statistics = platform.Statistics;
        InstanceReport slowed = statistics.Instances[1];
        Assert.Equal(64, slowed.ReceiveDepth);
        Assert.True(slowed.Dropped[DropReason.BackPressure] >= 1_000 - 64 - (4 * 32), $"shed {slowed.Dropped[DropReason.BackPressure]}");
        Assert.Equal(statistics.DroppedByReason[DropReason.BackPressure], slowed.Dropped[DropReason.BackPressure]);
        Assert.True(functions[0].Seen.Count <= 64 + (4 * 32), $"{functions[0].Seen.Count} packets were handled in vain");

        // It goes on, and so do new packets.
        platform.Manager.Resume(statistics.Instances[1].Id);
        Assert.Equal(64, platform.Run().Count);
        Assert.Equal(50, platform.Run(Frames.Flows(50)).Count);
    }

    [Fact]
    public void Congestion_of_one_instance_does_not_cost_the_flows_of_another()
    {
        using TestPlatform platform = new(_smallRings);
        List<ScriptedFunction> functions = [];
        platform.Builder.AddWorker("alive");
        platform.Builder.AddWorker("stuck");
        ServiceId front = platform.Builder.AddScripted(functions, "front");
        ServiceId pair = platform.Builder.AddScripted(functions, "pair", options: new ServiceOptions { Instances = 2, Workers = ["alive", "stuck"] });
        platform.Start(ServiceChain.Through(front, pair).To(TestPlatform.OutputId));

        // One of the two workers gets no turn: the instance that it runs cannot empty its ring.
        foreach (byte[] frame in Frames.Flows(1_000))
            platform.Input.Send(frame);
        while (platform.Manager.Workers[0].PollOnce() > 0)
        {
        }

        IReadOnlyList<byte[]> left = platform.Output.ReceiveAll();
        InstanceReport stuck = platform.Statistics.Instances[2];
        Assert.Equal(functions[1].Seen.Count, left.Count);
        Assert.InRange(left.Count, 350, 650);
        Assert.Equal(1_000 - left.Count, stuck.ReceiveDepth + stuck.Dropped.Values.Sum());
        Assert.True(stuck.Dropped[DropReason.BackPressure] > 100);
    }

    [Fact]
    public async Task A_source_that_can_wait_loses_nothing_however_slow_the_functions_are()
    {
        LoopbackPort source = new("source", new LoopbackPortOptions { Capacity = 16_384, CanWait = true });
        LoopbackPort sink = new("sink", new LoopbackPortOptions { Capacity = 16_384 });
        NfManagerBuilder builder = new() { Options = _smallRings with { HandDriven = true } };
        builder.AddPort(source);
        PortId outId = builder.AddPort(sink);
        ServiceId[] services = [.. Enumerable.Range(0, 6).Select(i => builder.AddService($"s{i}", () => new ScriptedFunction(), new ServiceOptions { Instances = 1 + (i % 2) }))];
        builder.DefaultChain = ServiceChain.Through(services).To(outId);
        await using NfManager manager = builder.Build();
        manager.Start();

        foreach (byte[] frame in Frames.Flows(10_000))
            Assert.True(source.Send(frame));
        InstanceId paused = manager.Services.Instances[^1].Id;
        manager.Pause(paused);
        for (int i = 0; i < 1_000; i++)
            manager.Poll();
        Assert.True(source.FramesToReceive > 9_000 || manager.GetStatistics().Transmitted > 0);
        manager.Resume(paused);
        manager.PollUntilIdle();

        Assert.Equal(10_000, sink.ReceiveAll().Count);
        Assert.Equal(0, manager.GetStatistics().Dropped);
    }

    [Fact]
    public void A_port_that_takes_nothing_makes_packets_wait_and_then_be_dropped_at_it()
    {
        using TestPlatform platform = new(new NfManagerOptions { Dataplane = new() { FusedHops = fusedHops } });
        platform.Start(ServiceChain.To(TestPlatform.OutputId));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(16_000));
        Assert.Equal(16_000, left.Count);

        // Nobody takes frames from the wire's other end: first it fills, then what waits for it, then packets are dropped there.
        for (int i = 0; i < 3; i++)
        {
            foreach (byte[] frame in Frames.Flows(8_000))
                Assert.True(platform.Input.Send(frame));
            for (int round = 0; round < 1_000; round++)
                platform.Manager.Poll();
        }

        PortReport port = platform.Statistics.Ports[1];
        Assert.Equal(platform.Dropped(DropReason.PortFull), port.Refused);
        Assert.True(port.Refused > 5_000, $"{port.Refused}");
        Assert.True(port.Waiting > 0);
        platform.AssertConserved();
        platform.Output.ReceiveAll();
        platform.Manager.PollUntilIdle();
        Assert.Equal(0, platform.Statistics.Held);
    }

    public sealed class Fused() : BackPressureTests(fusedHops: true);

    public sealed class OverRings() : BackPressureTests(fusedHops: false);
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Management;

public class NfManagerBuilderTests
{
    private readonly NfManagerBuilder _builder = new() { DefaultChain = ServiceChain.Drop };

    [Fact]
    public void An_unknown_service_in_a_chain_is_named()
    {
        _builder.DefaultChain = ServiceChain.Through(new ServiceId(9)).ToDrop();
        AssertRefused("service 9", "default", "not registered");
    }

    [Fact]
    public void An_unknown_port_in_a_chain_is_named()
    {
        _builder.DefaultChain = ServiceChain.To(new PortId(3));
        AssertRefused("port 3", "does not exist");
    }

    [Fact]
    public void Two_services_with_one_id_are_named()
    {
        _builder.AddService("one", () => new ScriptedFunction(), new ServiceOptions { Id = new ServiceId(5) });
        _builder.AddService("two", () => new ScriptedFunction(), new ServiceOptions { Id = new ServiceId(5) });
        AssertRefused("\"one\"", "\"two\"", "5");
    }

    [Fact]
    public void Two_services_with_one_name_are_refused()
    {
        _builder.AddService("same", () => new ScriptedFunction());
        _builder.AddService("same", () => new ScriptedFunction());
        AssertRefused("\"same\"");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(32)]
    public void A_ring_capacity_that_is_not_a_power_of_two_or_too_small_is_refused(int capacity)
    {
        _builder.Options = new NfManagerOptions { Dataplane = new DataplaneOptions { RingCapacity = capacity } };
        AssertRefused("RingCapacity", $"{capacity}", "power of two");
    }

    [Fact]
    public void A_services_ring_capacity_is_checked_too()
    {
        _builder.AddService("odd", () => new ScriptedFunction(), new ServiceOptions { RingCapacity = 1_000 });
        AssertRefused("\"odd\"", "1000", "1024");
    }

    [Fact]
    public void Rings_that_hold_less_than_two_bursts_are_refused()
    {
        _builder.AddService("small", () => new ScriptedFunction(), new ServiceOptions { RingCapacity = 64 });
        AssertRefused("\"small\"", "64", "two bursts", "128");
    }

    [Fact]
    public void A_port_added_twice_is_named()
    {
        LoopbackPort port = new("wire");
        _builder.AddPort(port);
        _builder.AddPort(port);
        AssertRefused("\"wire\"", "twice");
    }

    [Fact]
    public void A_port_of_another_platform_is_refused()
    {
        using TestPlatform other = new();
        other.Start(ServiceChain.Drop);
        _builder.AddPort(other.Input);
        AssertRefused("\"input\"", "in use already");
    }

    [Fact]
    public void Two_ports_with_one_name_are_refused()
    {
        _builder.AddPort(new LoopbackPort("wire"));
        _builder.AddPort(new LoopbackPort("wire"));
        AssertRefused("\"wire\"");
    }

    [Fact]
    public void A_chain_that_never_ends_is_refused_where_it_is_made()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new ServiceChain(ChainStep.To(new ServiceId(1)), ChainStep.To(new ServiceId(2))));
        Assert.Contains("never ends", error.Message, StringComparison.Ordinal);
        Assert.Contains("service 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_that_goes_on_behind_its_end_is_refused_where_it_is_made()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new ServiceChain(ChainStep.To(new PortId(1)), ChainStep.To(new ServiceId(2)), ChainStep.ToDrop));
        Assert.Contains("Step 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_longer_than_positions_can_say_is_refused_where_it_is_made()
    {
        // The C original writes past the end of its chain array here.
        Assert.Equal(255, new ServiceChain([.. Enumerable.Repeat(ChainStep.To(new ServiceId(1)), 254), ChainStep.ToDrop]).Length);
        ArgumentException error = Assert.Throws<ArgumentException>(() => new ServiceChain([.. Enumerable.Repeat(ChainStep.To(new ServiceId(1)), 255), ChainStep.ToDrop]));
        Assert.Contains("256", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_platform_without_a_default_chain_is_refused()
    {
        _builder.DefaultChain = null;
        AssertRefused("DefaultChain");
    }

    [Fact]
    public void A_worker_that_does_not_exist_is_named()
    {
        _builder.AddWorker("left");
        _builder.AddService("lost", () => new ScriptedFunction(), new ServiceOptions { Workers = ["right"] });
        AssertRefused("\"lost\"", "\"right\"", "\"left\"");
    }

    [Fact]
    public void Two_workers_with_one_name_are_refused()
    {
        _builder.AddWorker("twin");
        _builder.AddWorker("twin");
        AssertRefused("\"twin\"");
    }

    [Theory]
    [InlineData(0, 2_048)]
    [InlineData(100, 32)]
    public void Pool_sizes_out_of_range_are_refused(int capacity, int bufferSize)
    {
        _builder.Options = new NfManagerOptions { Dataplane = new DataplaneOptions { Pool = new PacketPoolOptions { Capacity = capacity, BufferSize = bufferSize } } };
        AssertRefused("PacketPoolOptions");
    }

    [Fact]
    public async Task A_builder_builds_once_and_a_platform_starts_once()
    {
        await using NfManager manager = _builder.Build();
        Assert.Throws<InvalidOperationException>(() => _builder.Build());
        manager.Start();
        Assert.Throws<InvalidOperationException>(manager.Start);
    }

    [Fact]
    public async Task A_thousand_services_and_ten_thousand_instances_can_be_registered()
    {
        _builder.Options = new NfManagerOptions { HandDriven = true, Dataplane = new DataplaneOptions { RingCapacity = 64, BurstSize = 32 } };
        ServiceId[] services = [.. Enumerable.Range(0, 1_000).Select(i => _builder.AddService($"service {i}", () => new ScriptedFunction(), new ServiceOptions { Instances = 10 }))];
        LoopbackPort port = new("wire");
        PortId id = _builder.AddPort(port);
        _builder.DefaultChain = ServiceChain.Through(services[0], services[499], services[999]).To(id);
        await using NfManager manager = _builder.Build();
        manager.Start();

        Assert.Equal(1_000, manager.Services.Services.Count);
        Assert.Equal(10_000, manager.Services.Instances.Count);
        Assert.Equal(10_000, manager.Services.Instances.Select(instance => instance.Id).Distinct().Count());
        foreach (byte[] frame in Frames.Flows(100))
            port.Send(frame);
        manager.PollUntilIdle();
        Assert.Equal(100, port.ReceiveAll().Count);
    }

    private void AssertRefused(params string[] words)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => _builder.Build());
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Testing;

public class TestPlatformTests
{
    [Fact]
    public void A_function_is_tested_with_a_few_lines()
    {
        using TestPlatform platform = TestPlatform.Of(() => new DropTelnet());
        byte[] telnet = PacketBuilder.Tcp("10.0.0.1", 4242, "10.0.0.2", 23).Build();
        byte[] web = PacketBuilder.Tcp("10.0.0.1", 4242, "10.0.0.2", 80).Build();

        Assert.Equal(web, Assert.Single(platform.Run(telnet, web)));
        Assert.Equal(1, platform.Dropped(DropReason.ByFunction));
    }

    [Fact]
    public void Functions_are_visited_in_the_order_given()
    {
        using TestPlatform platform = TestPlatform.Of(() => new Append(1), () => new Append(2), () => new Append(3));
        Assert.Equal([1, 2, 3], Assert.Single(platform.Run(PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build()))[^3..]);
    }

    [Fact]
    public void A_buffer_that_is_not_accounted_for_fails_the_test()
    {
        TestPlatform platform = TestPlatform.Of();
        Assert.True(platform.Manager.Pool.CreateCache().TryAllocate(out _));
        Assert.Contains("held 1", Assert.Throws<TestAssertionException>(platform.Dispose).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_frames_than_the_wire_holds_are_refused_with_their_number()
    {
        using TestPlatform platform = TestPlatform.Of();
        byte[] frame = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build();
        Assert.Contains("16384", Assert.Throws<TestAssertionException>(() => platform.Run(Enumerable.Repeat(frame, 20_000))).Message, StringComparison.Ordinal);
        platform.Run();
    }

    [Fact]
    public void A_platform_that_is_set_up_step_by_step_starts_with_what_was_added()
    {
        using TestPlatform platform = new(new NfManagerOptions { Dataplane = new DataplaneOptions { BurstSize = 16 } });
        Assert.Contains(nameof(TestPlatform.Start), Assert.Throws<InvalidOperationException>(() => platform.Manager).Message, StringComparison.Ordinal);
        ServiceId first = platform.Builder.AddService("first", () => new Append(1));
        ServiceId second = platform.Builder.AddService("second", () => new Append(2));
        platform.Start(ServiceChain.Through(second, first).To(TestPlatform.InputId));

        Assert.Empty(platform.Run(PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build()));
        Assert.Equal([2, 1], Assert.Single(platform.Input.ReceiveAll())[^2..]);
        Assert.Throws<InvalidOperationException>(() => platform.Start());
    }

    [Fact]
    public void A_platform_that_was_never_started_has_nothing_to_check() => new TestPlatform().Dispose();

    private sealed class DropTelnet : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (packet.TryGetFlowKey(out Ipv4FlowKey flow) && flow is { Protocol: 6, DestinationPort: 23 })
                packet.Drop();
        }
    }

    private sealed class Append(byte value) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (packet.TryAppend(1, out Span<byte> added))
                added[0] = value;
        }
    }
}

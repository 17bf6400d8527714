using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Samples.Isolation;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Samples;

/// <summary>The function of samples/FlowPolicer, by hand.</summary>
public class FlowPolicerTests
{
    private static readonly byte[] Flow = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build();
    private static readonly byte[] OtherFlow = PacketBuilder.Udp("10.0.0.3", 1, "10.0.0.2", 2).Build();

    [Fact]
    public void A_flow_may_send_its_burst_at_once_and_then_goes_at_its_rate()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = Police(time, packetsPerSecond: 100, burst: 5);

        Assert.Equal(5, platform.Run(Many(Flow, 20)).Count);
        time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal(3, platform.Run(Many(Flow, 20)).Count);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, platform.Run(Many(Flow, 20)).Count);
    }

    [Fact]
    public void Flows_do_not_share_a_rate_and_what_is_not_IPv4_is_let_through()
    {
        using TestPlatform platform = Police(new FakeTimeProvider(), packetsPerSecond: 100, burst: 5);
        byte[] arp = PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2").Build();

        IReadOnlyList<byte[]> left = platform.Run([.. Many(Flow, 10), .. Many(OtherFlow, 4), .. Many(arp, 10)]);

        CaptureAssert.Equal([.. Many(Flow, 5), .. Many(OtherFlow, 4), .. Many(arp, 10)], left);
    }

    private static TestPlatform Police(FakeTimeProvider time, int packetsPerSecond, int burst) => TestPlatform.Create(builder =>
    {
        builder.Options = builder.Options with { Time = time };
        builder.DefaultChain = Core.Chains.ServiceChain.Through(builder.AddService("policer", () => new FlowPolicer(packetsPerSecond, burst))).To(TestPlatform.OutputId);
    });

    private static byte[][] Many(byte[] frame, int count) => [.. Enumerable.Repeat(frame, count)];
}

using System.Net;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Functions;
using OpenNetVM.Testing;

namespace OpenNetVM.Docs.Snippets;

public class BridgeAndRouter
{
    [Fact]
    public async Task A_bridge_joins_two_ports()
    {
        // snippet: bridge
        LoopbackPort left = new("left");
        LoopbackPort right = new("right");
        NfManagerBuilder builder = new();
        PortId[] ports = [builder.AddPort(left), builder.AddPort(right)];
        ServiceId bridge = builder.AddService("bridge", () => new LearningBridge(new() { Ports = ports }));
        builder.DefaultChain = ServiceChain.Through(bridge).ToDrop();
        await using NfManager manager = builder.Build();
        manager.Start();

        byte[] frame = PacketBuilder.Udp("10.0.0.1", 4242, "10.0.0.2", 53).Build();
        left.Send(frame);
        Assert.Equal(frame, await right.ReceiveAsync());
        // end
    }

    [Fact]
    public void A_router_answers_for_its_address()
    {
        // snippet: router
        Ipv4RouterOptions options = new()
        {
            Interfaces =
            [
                new Ipv4Interface(TestPlatform.InputId, new MacAddress(0x0200_0000_0001), IPAddress.Parse("10.0.1.1"), PrefixLength: 24),
                new Ipv4Interface(TestPlatform.OutputId, new MacAddress(0x0200_0000_0002), IPAddress.Parse("10.0.2.1"), PrefixLength: 24),
            ],
            Routes = [new Ipv4Route(IPNetwork.Parse("0.0.0.0/0"), Gateway: IPAddress.Parse("10.0.2.254"))],
        };
        Ipv4Router router = new(options);
        using TestPlatform platform = TestPlatform.Create(builder =>
            builder.DefaultChain = ServiceChain.Through(builder.AddService("router", () => router)).ToDrop());

        platform.Run(PacketBuilder.Ethernet("02:00:00:00:00:09", "ff:ff:ff:ff:ff:ff").ArpRequest("10.0.1.9", "10.0.1.1").Build());
        Assert.True(platform.Input.TryReceive(out byte[]? answer));
        FrameAssert.Equal(PacketBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:09").ArpReply("10.0.1.1", "10.0.1.9"), answer);
        Assert.Equal(1, router.Statistics.ArpReplies);
        // end
    }
}

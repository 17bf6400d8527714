using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.Testing;

namespace OpenNetVM.Docs.Snippets;

public class SdnController
{
    private sealed class Ids : NetworkFunction;

    [Fact]
    public async Task A_platform_is_a_switch_and_goes_on_without_its_controller()
    {
        using LoopbackPort lan = new("lan");
        using LoopbackPort wan = new("wan");
        // snippet: sdn-switch
        SdnSwitch sdn = new(new SdnSwitchOptions { Endpoints = [OpenFlowEndpoint.Parse("tcp:127.0.0.1:6653")] });
        NfManagerBuilder builder = new();
        builder.AddPort(lan);
        PortId outside = builder.AddPort(wan);
        builder.AddService("ids", () => new Ids());
        ServiceId service = builder.AddService("sdn", sdn.CreateFunction);
        builder.DefaultChain = ServiceChain.Through(service).To(outside);
        await using NfManager manager = builder.Build();
        manager.Start();
        sdn.Start(manager, service);
        // end

        byte[] frame = PacketBuilder.Udp("10.0.0.1", 4242, "10.0.0.2", 53).Build();
        lan.Send(frame);
        Assert.Equal(frame, await wan.ReceiveAsync(TestContext.Current.CancellationToken));
        await sdn.DisposeAsync();
    }

    [Fact]
    public async Task The_SDN_function_has_a_worker_that_nobody_has_to_wake()
    {
        using LoopbackPort lan = new("lan");
        using LoopbackPort wan = new("wan");
        SdnSwitch sdn = new(new SdnSwitchOptions { Endpoints = [OpenFlowEndpoint.Parse("tcp:127.0.0.1:6653")] });
        NfManagerBuilder builder = new();
        // snippet: sdn-worker
        builder.AddWorker("packets"); // core: 2 on a machine with cores to spare, IdleStrategy.Spin
        builder.AddWorker("control", idle: IdleStrategy.Nap(TimeSpan.FromMicroseconds(200)));
        builder.AddPort(lan, "packets");
        PortId outside = builder.AddPort(wan, "packets");
        ServiceId service = builder.AddService("sdn", sdn.CreateFunction, new ServiceOptions { Workers = ["control"] });
        // end
        builder.DefaultChain = ServiceChain.Through(service).To(outside);
        await using NfManager manager = builder.Build();
        manager.Start();
        sdn.Start(manager, service);

        byte[] frame = PacketBuilder.Udp("10.0.0.1", 4242, "10.0.0.2", 53).Build();
        lan.Send(frame);
        Assert.Equal(frame, await wan.ReceiveAsync(TestContext.Current.CancellationToken));
        await sdn.DisposeAsync();
    }
}

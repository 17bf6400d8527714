using System.Net;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;

namespace OpenNetVM.Docs.Snippets;

public class ChainsAndSteering
{
    private sealed class Pass : NetworkFunction;

    // snippet: divert
    sealed class Detector(ChainId quarantine) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (packet.Layers.Payload(packet.Data).StartsWith("evil"u8))
                Context.Flows.TrySet(packet, quarantine, new FlowRuleOptions { IdleTimeout = TimeSpan.FromMinutes(1) });
        }
    }

    // end

    [Fact]
    public async Task Chains_rules_and_policies()
    {
        LoopbackPort lan = new("lan");
        LoopbackPort wan = new("wan");
        LoopbackPort lab = new("lab");

        // snippet: chains
        NfManagerBuilder builder = new();
        PortId lanId = builder.AddPort(lan);
        PortId wanId = builder.AddPort(wan);
        PortId labId = builder.AddPort(lab);
        ServiceId firewall = builder.AddService("firewall", () => new Pass());
        ChainId quarantine = builder.AddChain(ServiceChain.Through(firewall).To(labId));
        ServiceId detector = builder.AddService("detector", () => new Detector(quarantine), new ServiceOptions { Instances = 2, LoadBalancer = new Maglev() });

        builder.DefaultChain = ServiceChain.Through(firewall, detector).To(wanId);
        builder.SetDefaultChain(wanId, ServiceChain.Through(firewall).To(lanId)); // what comes back
        // end

        // snippet: policy
        SteeringPolicy policy = SteeringPolicy.Create(allow => allow.SetFlows(detector).Send(firewall, labId), VetoAction.Drop);
        builder.Options = new NfManagerOptions { HandDriven = true, Dataplane = new DataplaneOptions { Policy = policy } };
        // end

        await using NfManager manager = builder.Build();
        manager.Start();
        lan.Send(PacketBuilder.Udp("10.0.0.1", 1, "192.0.2.1", 80, "good").Build());
        lan.Send(PacketBuilder.Udp("10.0.0.2", 1, "192.0.2.1", 80, "evil").Build());
        wan.Send(PacketBuilder.Udp("192.0.2.1", 80, "10.0.0.1", 1).Build());
        manager.PollUntilIdle();
        Assert.Single(wan.ReceiveAll());
        Assert.Single(lab.ReceiveAll());
        Assert.Single(lan.ReceiveAll());

        ServiceId inspector = firewall;

        // snippet: rules
        ChainId shortCut = manager.Chains.Add(ServiceChain.To(wanId));
        Ipv4FlowKey backup = new(IPAddress.Parse("10.0.0.9"), IPAddress.Parse("192.0.2.9"), 5000, 873, 6);
        bool hasRoom = manager.Director.TrySet(backup, shortCut, new FlowRuleOptions { IdleTimeout = TimeSpan.FromMinutes(5) });

        manager.Chains.Replace(shortCut, ServiceChain.Through(inspector).To(wanId)); // while packets flow
        // end
        Assert.True(hasRoom);
        lan.Send(PacketBuilder.ForFlow(backup).Build());
        manager.PollUntilIdle();
        Assert.Single(wan.ReceiveAll());
        Assert.True(manager.Director.TryGet(backup, out FlowRule? rule));
        Assert.Equal(1UL, rule!.Packets);
    }
}

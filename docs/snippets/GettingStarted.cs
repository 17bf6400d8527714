using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Docs.Snippets;

public class GettingStarted
{
    // snippet: port-filter
    sealed class PortFilter(ushort firstAllowed) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (packet.TryGetFlowKey(out Ipv4FlowKey flow) && flow.DestinationPort < firstAllowed)
                packet.Drop();
        }
    }

    // end

    [Fact]
    public async Task A_first_platform()
    {
        // snippet: first-platform
        NfManagerBuilder builder = new();
        builder.AddPort(new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.HttpMix, PacketCount = 100_000 }));
        PortId exit = builder.AddPort(new NullPort());
        ServiceId filter = builder.AddService("filter", () => new PortFilter(512));
        builder.DefaultChain = ServiceChain.Through(filter).To(exit);

        await using NfManager manager = builder.Build();
        manager.Start();
        while (manager.Ports[0].Status.State != PortState.Ended || manager.PacketsUnderWay > 0)
            await Task.Delay(10);
        await manager.StopAsync();
        string accounts = manager.GetStatistics().ConservationLine;
        // end
        Assert.StartsWith("received 100,000 + created 0 = transmitted 48,667 + dropped 51,333 + held 0", accounts);
        Assert.Equal(100_000, manager.GetStatistics().Received);
        Assert.Equal(0, manager.GetStatistics().Unaccounted);
        Assert.InRange(manager.GetStatistics().Dropped, 1, 99_999);
    }
}

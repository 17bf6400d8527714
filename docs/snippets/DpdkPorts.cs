using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Dpdk;
using OpenNetVM.Functions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Docs.Snippets;

public class DpdkPorts
{
    [Fact]
    public void What_is_installed_is_told()
    {
        // snippet: dpdk-find
        DpdkInstallation installation = DpdkInstallation.Find();
        string message = installation.Message; // what was found, or what to install
        // end
        Assert.NotEmpty(message);
    }

    [Fact]
    public async Task Two_devices_are_bridged()
    {
        DpdkEal.Get();

        // snippet: dpdk-bridge
        Eal eal = Eal.Current ?? Eal.Start();
        using DpdkPort left = new(new DpdkPortOptions { Device = "net_null100" });
        using DpdkPort right = new(new DpdkPortOptions { Device = "net_ring101" });

        NfManagerBuilder builder = new();
        builder.AddWorker("worker", idle: IdleStrategy.Adaptive);
        PortId[] ports = [builder.AddPort(left), builder.AddPort(right)];
        ServiceId bridge = builder.AddService("bridge", () => new LearningBridge(new() { Ports = ports }));
        builder.DefaultChain = ServiceChain.Through(bridge).ToDrop();
        await using NfManager manager = builder.Build();
        manager.Start();
        // end
        Assert.Same(Eal.Current, eal);

        // snippet: dpdk-statistics
        PortStatistics counters = left.GetStatistics();
        IReadOnlyDictionary<string, ulong> driver = left.GetExtendedStatistics();
        long notSent = left.TransmitErrors;
        // end
        Assert.Contains("rx_good_packets", driver);
        await manager.StopAsync();
        Assert.Equal(0, manager.GetStatistics().Unaccounted);
        Assert.InRange(counters.ReceivedPackets, 0, left.GetStatistics().ReceivedPackets);
        Assert.Equal(0, notSent);
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Docs.Snippets;

public class Threading
{
    private sealed class Pass : NetworkFunction;

    [Fact]
    public async Task Placement()
    {
        IPort nic = new GeneratorPort(new GeneratorPortOptions { ReceiveQueues = 2, PacketCount = 10_000 });

        // snippet: placement
        NfManagerBuilder builder = new();
        builder.AddWorker("rx"); // core: 1 would pin it
        builder.AddWorker("tx");
        builder.AddWorker("nf", idle: IdleStrategy.Wait());
        PortId port = builder.AddPort(nic, "rx");
        ServiceId service = builder.AddService("service", () => new Pass(), new ServiceOptions { Workers = ["nf"], TransmitWorker = "tx" });
        builder.DefaultChain = ServiceChain.Through(service).To(port);
        // end

        await using NfManager manager = builder.Build();
        manager.Start();
        while (nic.Status.State != PortState.Ended || manager.PacketsUnderWay > 0)
            await Task.Delay(5);
        await manager.StopAsync();
        Assert.Equal(10_000, manager.GetStatistics().Transmitted);
    }

    [Fact]
    public async Task By_hand()
    {
        LoopbackPort wire = new("wire");
        byte[] frame = GeneratorPort.CreateFrame();

        // snippet: by-hand
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true } };
        builder.DefaultChain = ServiceChain.To(builder.AddPort(wire));
        await using NfManager manager = builder.Build();
        manager.Start();

        wire.Send(frame);
        manager.PollUntilIdle(); // on this thread; when it returns, nothing moves
        IReadOnlyList<byte[]> left = wire.ReceiveAll();
        // end
        Assert.Equal(frame, Assert.Single(left));
    }
}

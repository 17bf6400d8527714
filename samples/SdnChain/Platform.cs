using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;

namespace OpenNetVM.Samples.Sdn;

/// <summary>
/// The platform of this sample. To the controller it is a switch with port 1 (generated traffic), port 2 (the way out) and the ports "ids" and "scrubber", which are services.
/// </summary>
internal sealed class Platform : IAsyncDisposable
{
    public const string Ids = "ids";
    public const string Scrubber = "scrubber";
    private const string Packets = "packets";
    private const string Functions = "functions";

    private readonly ServiceId _service;

    public Platform(Options options)
    {
        Switch = new SdnSwitch(new SdnSwitchOptions { Endpoints = options.Endpoints });
        NfManagerBuilder builder = new();
        builder.AddWorker(new WorkerOptions { Name = Packets, Idle = IdleStrategy.Wait() });
        builder.AddWorker(new WorkerOptions { Name = Functions, Idle = IdleStrategy.Wait() });
        builder.AddPort(new GeneratorPort(new GeneratorPortOptions { Name = "traffic", Flows = options.Flows, PacketsPerSecond = options.Rate, PacketCount = options.Packets, TransmitQueues = 0 }));
        PortId exit = builder.AddPort(new NullPort(new NullPortOptions { Name = "exit", ReceiveQueues = 0 }));
        ServiceOptions onFunctions = new() { Workers = [Functions] };
        ChainId scrubbing = default;
        builder.AddService(Ids, () => new Ids(() => scrubbing), onFunctions with { Instances = options.Replicas });
        ServiceId scrubber = builder.AddService(Scrubber, static () => new Scrubber(), onFunctions);
        _service = builder.AddService("sdn", Switch.CreateFunction, onFunctions);

        // While there is no controller, packets go out uninspected.
        builder.DefaultChain = ServiceChain.Through(_service).To(exit);
        scrubbing = builder.AddChain(ServiceChain.Through(scrubber).To(exit));
        Manager = builder.Build();
    }

    public SdnSwitch Switch { get; }

    public NfManager Manager { get; }

    public void Start()
    {
        Manager.Start();
        Switch.Start(Manager, _service);
    }

    /// <summary>Stops; the statistics are exact afterwards.</summary>
    public async Task StopAsync()
    {
        await Switch.DisposeAsync();
        await Manager.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Switch.DisposeAsync();
        await Manager.DisposeAsync();
    }
}

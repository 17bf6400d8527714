using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Samples.Functions;

namespace OpenNetVM.Samples;

/// <summary>The platform of this sample: source -> firewall -> monitor (2 instances) -> router -> sink.</summary>
internal static class Platform
{
    /// <summary>Telnet, NetBIOS and SMB.</summary>
    private static readonly ushort[] DeniedPorts = [23, 137, 138, 139, 445];

    /// <summary>Puts the platform together. Nothing moves yet.</summary>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    /// <exception cref="OpenNetVM.Core.Captures.CaptureFormatException">The input is no capture.</exception>
    public static NfManager Build(IPort source, IPort sink, Options options, MonitorReport monitored)
    {
        NfManagerBuilder builder = new()
        {
            Options = new NfManagerOptions { Dataplane = new DataplaneOptions { Pool = PoolFor(options.BufferSize) } },
        };

        // With two workers the chain is cut behind the firewall; with one, everything takes turns on it.
        string front = "front";
        string back = options.Workers == 1 ? front : "back";
        foreach (string name in new[] { front, back }.Distinct())
            builder.AddWorker(name);

        builder.AddPort(source, front);
        PortId exit = builder.AddPort(sink, front);

        ServiceOptions onFront = new() { Workers = [front], TransmitWorker = front };
        ServiceOptions onBack = new() { Workers = [back], TransmitWorker = back };
        ServiceId firewall = builder.AddService("firewall", static () => new Firewall(DeniedPorts), onFront);
        ServiceId monitor = builder.AddService("monitor", () => new FlowMonitor(monitored), onBack with { Instances = 2 });
        ServiceId router = builder.AddService("router", static () => new Router(new MacAddress(0x0200_0000_00FE), new MacAddress(0x0200_0000_00FF)), onBack);

        builder.DefaultChain = ServiceChain.Through(firewall, monitor, router).To(exit);
        return builder.Build();
    }

    /// <summary>Where packets come from.</summary>
    public static IPort OpenSource(Options options) => options.In is { } file
        ? new PcapPort(new PcapPortOptions { Name = "source", ReceivePath = file })
        : new GeneratorPort(new GeneratorPortOptions
        {
            Name = "source",
            Sizes = FrameSizes.HttpMix,
            TcpShare = 1,
            Flows = 10_000,
            Distribution = FlowDistribution.Zipf(1),
            PacketCount = options.Packets,
            Seed = options.Seed,
            TransmitQueues = 0,
        });

    /// <summary>Where packets go.</summary>
    public static IPort OpenSink(Options options) => options.Out is { } file
        ? new PcapPort(new PcapPortOptions { Name = "sink", TransmitPath = file })
        : new NullPort(new NullPortOptions { Name = "sink", ReceiveQueues = 0 });

    // A file or an unpaced generator waits for free buffers, so that few large ones do as well as many small ones.
    private static PacketPoolOptions PoolFor(int bufferSize) => new()
    {
        BufferSize = bufferSize,
        Capacity = Math.Clamp((64 << 20) / bufferSize, 512, 8_192),
        CacheSize = 64,
    };
}

using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.OpenFlow;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>
/// A platform whose new flows a controller decides on: clients and their server, and beside them a generator of known flows. RX and TX poll on one core; the SDN function has a
/// worker of its own on another, and naps when there is nothing to do, so that the first core is never interrupted to wake it.
/// </summary>
internal sealed class ControlledPlatform : IAsyncDisposable
{
    /// <summary>Flows of the generator.</summary>
    internal const int KnownFlows = 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly ServiceId _sdn;
    private readonly SdnSwitch _switch;
    private readonly bool _knownByRule;
    private long _astrayBefore;

    /// <param name="cores">The core of RX and TX, and the SDN function's.</param>
    /// <param name="controller">Who decides.</param>
    /// <param name="knownFlows">The keys of the generator's flows, to be set in the director; empty to leave that to rules; null for no generator.</param>
    internal ControlledPlatform((int Io, int Sdn) cores, ControllerProcess controller, IReadOnlyList<Ipv4FlowKey>? knownFlows = null)
    {
        _knownByRule = knownFlows is [];
        Clients = new NewFlowPort(() => Server.Arrived);
        _switch = new SdnSwitch(new SdnSwitchOptions { Endpoints = [controller.Endpoint], Channel = new() { ReconnectDelay = TimeSpan.FromMilliseconds(20) }, PacketInRate = 0 });
        NfManagerBuilder builder = new()
        {
            Options = new NfManagerOptions
            {
                Dataplane = new DataplaneOptions
                {
                    Pool = new PacketPoolOptions { Capacity = 16_384 },
                    Director = new FlowDirectorOptions { Ipv4Capacity = 1 << 20 },
                },
            },
        };
        builder.AddWorker("io", cores.Io, IdleStrategy.Spin);
        builder.AddWorker("sdn", cores.Sdn, IdleStrategy.Nap(TimeSpan.FromMicroseconds(200)));
        builder.AddPort(Clients, "io");
        PortId server = builder.AddPort(Server, "io");
        _sdn = builder.AddService("sdn", _switch.CreateFunction, new ServiceOptions { Workers = ["sdn"] });
        builder.DefaultChain = ServiceChain.Through(_sdn).To(server);
        if (knownFlows is not null)
        {
            builder.AddPort(new GeneratorPort(new GeneratorPortOptions { Flows = KnownFlows, StampTime = false }), "io");
            PortId end = builder.AddPort(Known, "io");
            Direct = builder.AddChain(ServiceChain.To(end));
            Manager = builder.Build();
            foreach (Ipv4FlowKey flow in knownFlows)
                Manager.Director.TrySet(flow, Direct);
        }

        Manager ??= builder.Build();
    }

    internal NfManager Manager { get; }

    /// <summary>The chain of the generator's flows, for rules that are set by hand.</summary>
    internal ChainId Direct { get; }

    internal NewFlowPort Clients { get; }

    internal ArrivalPort Server { get; } = new();

    /// <summary>Where known flows end.</summary>
    internal NullPort Known { get; } = new(new NullPortOptions { ReceiveQueues = 0 });

    internal SdnSwitchStatistics Statistics => _switch.GetStatistics();

    /// <summary>Starts, and waits until the controller decides and knows where the server is.</summary>
    internal async Task StartAsync()
    {
        Manager.Start();
        _switch.Start(Manager, _sdn);
        await UntilAsync(() => Statistics.IsControlled, "a controller");
        // It may come before the controller's rule that asks for it.
        for (long asked = Statistics.PacketsIn; Statistics.PacketsIn == asked;)
        {
            Server.Announce();
            await Task.Delay(20);
        }

        await UntilAsync(() => Statistics.HeldPackets == 0, "the controller's first answer");
        if (_knownByRule)
            await UntilAsync(() => Statistics.Flows == KnownFlows, "the installation of the generator's flows");
        _astrayBefore = Astray(Statistics);
    }

    /// <summary>Waits until as many flows have arrived as were sent, and ends.</summary>
    /// <exception cref="InvalidOperationException">Packets of new flows were lost, or took the default chain instead of the controller's.</exception>
    internal async Task StopAsync()
    {
        Clients.PerSecond = 0;
        await UntilAsync(() => Server.Arrived == Clients.Sent, "the arrival of all flows");
        SdnSwitchStatistics sdn = Statistics;
        await _switch.DisposeAsync();
        await Manager.StopAsync();
        PlatformStatistics end = Manager.GetStatistics();
        if (end.Unaccounted != 0 || Astray(sdn) != _astrayBefore)
            throw new InvalidOperationException($"Not all flows went by the controller's word: {end.ConservationLine}; {sdn}.");
    }

    // The generator does not wait until its flows are installed.
    private static long Astray(SdnSwitchStatistics sdn) => sdn.Overflowed + sdn.Unanswered + sdn.Undeliverable + sdn.Unroutable + sdn.NotInstalled;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _switch.DisposeAsync();
        await Manager.DisposeAsync();
    }

    internal async Task UntilAsync(Func<bool> condition, string what)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > Limit)
                throw new TimeoutException($"{what} did not come within {Limit.TotalSeconds} s: sent {Clients.Sent}, arrived {Server.Arrived}; {Statistics}.");
            await Task.Delay(5);
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>
/// Clients and their server on two interfaces, between which another switch stands: what the clients send goes out of the first, what comes in by the second goes to the server. One thread
/// does that; it naps when there is nothing to do, so that it takes little from the switch.
/// </summary>
internal sealed class OvsSetUpTraffic : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Nap = TimeSpan.FromMicroseconds(50);

    // Nothing that is on its way takes that long.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private static int _number;

    private readonly NfManager _manager;
    private readonly DpdkPort _toClients;
    private readonly DpdkPort _toServer;
    private int _announced;

    /// <param name="clients">The interface of the clients.</param>
    /// <param name="server">The interface of the server.</param>
    /// <param name="window">Most flows that have been sent and have not arrived.</param>
    internal OvsSetUpTraffic(string clients, string server, int window)
    {
        Clients = new NewFlowPort(() => Server.Arrived) { Window = window };
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Dataplane = new DataplaneOptions { Pool = new PacketPoolOptions { Capacity = 16_384 } } } };
        builder.AddWorker("traffic", idle: IdleStrategy.Nap(Nap));
        builder.DefaultChain = ServiceChain.Drop;
        _toClients = Open(clients);
        _toServer = Open(server);
        PortId toClients = builder.AddPort(_toClients);
        PortId toServer = builder.AddPort(_toServer);
        PortId atClients = builder.AddPort(Clients), atServer = builder.AddPort(Server);
        builder.SetDefaultChain(atClients, ServiceChain.To(toClients));
        builder.SetDefaultChain(toServer, ServiceChain.To(atServer));
        builder.SetDefaultChain(atServer, ServiceChain.To(toServer));
        _manager = builder.Build();
    }

    internal NewFlowPort Clients { get; }

    internal ArrivalPort Server { get; } = new();

    /// <summary>Starts, and waits until the controller knows where the server is.</summary>
    /// <exception cref="InvalidOperationException">The switch does not hand the server's packets on.</exception>
    internal async Task StartAsync()
    {
        _manager.Start();
        long begin = Stopwatch.GetTimestamp();
        // A controller that does not know yet where the clients are lets the server's packet out of all ports: having come here, it has been at the controller.
        while (_toClients.GetStatistics().ReceivedPackets == 0)
        {
            if (Stopwatch.GetElapsedTime(begin) > Limit)
                throw new InvalidOperationException($"The controller lets nothing out within {Limit.TotalSeconds} s.");
            Server.Announce();
            _announced++;
            await Task.Delay(50);
        }
    }

    /// <summary>Ends, when all flows have arrived or nothing arrives any more.</summary>
    /// <returns>How many flows arrived, and how many never did.</returns>
    /// <exception cref="InvalidOperationException">Packets went another way than the controller's rules, or were lost outside the switch.</exception>
    internal async Task<(int Arrived, int Lost)> StopAsync()
    {
        Clients.PerSecond = 0;
        long last = Server.Arrived;
        for (long since = Stopwatch.GetTimestamp(); Server.Arrived < Clients.Sent && Stopwatch.GetElapsedTime(since) < Silence; await Task.Delay(5))
        {
            if (Server.Arrived == last)
                continue;
            last = Server.Arrived;
            since = Stopwatch.GetTimestamp();
        }

        await _manager.StopAsync();
        PlatformStatistics end = _manager.GetStatistics();
        PortStatistics fromClients = _toClients.GetStatistics(), fromServer = _toServer.GetStatistics();
        int different = Enumerable.Range(0, (int)Math.Min(Clients.Sent, NewFlowPort.Remembered)).Count(flow => Server.ArrivedAt(flow) != 0);
        long outside = _toClients.TransmitErrors + _toServer.TransmitErrors + fromServer.DroppedError + fromServer.DroppedNoBuffer;
        // What came back to the clients is what the controller let out of all ports: the server's packets, once each, and no flow's.
        bool once = Clients.Sent <= NewFlowPort.Remembered && different == Server.Arrived && fromClients.ReceivedPackets <= _announced;
        if (!once || outside != 0 || end.Unaccounted != 0 || end.Dropped != fromClients.ReceivedPackets)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Not all flows went one way and once: {Clients.Sent} sent, {Server.Arrived} arrived, {different} different ones; {fromClients.ReceivedPackets} came to the clients after {_announced} of the server's; {outside} lost outside the switch; {end.ConservationLine}."));
        return (different, (int)Clients.Sent - different);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    private static DpdkPort Open(string name) =>
        new(new DpdkPortOptions { Device = string.Create(CultureInfo.InvariantCulture, $"net_af_packet{200 + Interlocked.Increment(ref _number)}"), Arguments = $"iface={name}", Name = name });
}

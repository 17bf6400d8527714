using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Functions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>Makes a port at whose other end is the interface <c>eth0</c> of a station, which is up and has no address yet.</summary>
/// <param name="platform">The namespace of the platform, for the port's own end.</param>
/// <param name="station">The namespace of the station.</param>
/// <param name="number">Number of the port on the platform, counted from 0.</param>
internal delegate IPort PortFactory(NetworkNamespace platform, NetworkNamespace station, int number);

/// <summary>
/// Stations in namespaces of their own, around a platform whose ports join them. When it is disposed, it checks that no packet was lost or leaked.
/// </summary>
internal sealed class TrafficNetwork(PortFactory factory) : IDisposable
{
    /// <summary>The name of every station's interface.</summary>
    public const string Interface = "eth0";

    private readonly NetworkNamespace _platform = NetworkNamespace.Create();
    private readonly List<NetworkNamespace> _stations = [];
    private readonly List<IPort> _ports = [];
    private NfManager? _manager;

    public NfManager Manager => _manager!;

    /// <summary>Adds a station.</summary>
    /// <param name="address">Its address with its prefix length, such as "10.0.0.2/24".</param>
    /// <param name="gateway">Its router; null for none.</param>
    public NetworkNamespace AddStation(string address, string? gateway = null)
    {
        NetworkNamespace station = NetworkNamespace.Create();
        _stations.Add(station);
        _ports.Add(factory(_platform, station, _ports.Count));
        station.AddAddress(Interface, address);
        if (gateway is not null)
            station.AddRoute("default", gateway);
        return station;
    }

    /// <summary>Starts a platform that bridges all stations, behind another function if one is given.</summary>
    public LearningBridge Bridge(Func<NetworkFunction>? before = null)
    {
        LearningBridge bridge = new(new LearningBridgeOptions { Ports = PortIds });
        Start(before, () => bridge);
        return bridge;
    }

    /// <summary>Starts a platform that routes between the stations, behind another function if one is given.</summary>
    /// <param name="addresses">The router's address at each station, with the prefix length.</param>
    /// <param name="before">Makes the other function.</param>
    public Ipv4Router Route(string[] addresses, Func<NetworkFunction>? before = null)
    {
        Ipv4Router router = new(new Ipv4RouterOptions
        {
            Interfaces = [.. addresses.Zip(PortIds, (address, port) => new Ipv4Interface(
                port, MacOf(port), System.Net.IPAddress.Parse(address.Split('/')[0]), int.Parse(address.Split('/')[1], System.Globalization.CultureInfo.InvariantCulture)))],
        });
        Start(before, () => router);
        return router;
    }

    public void Dispose()
    {
        try
        {
            if (_manager is not null)
                StopAndCheck(_manager);
        }
        finally
        {
            foreach (IPort port in _ports)
                port.Dispose();
            foreach (NetworkNamespace station in _stations)
                station.Dispose();
            _platform.Dispose();
        }
    }

    private PortId[] PortIds => [.. Enumerable.Range(0, _ports.Count).Select(number => new PortId((ushort)number))];

    // The port's own address where it has one: a NIC may filter.
    private MacAddress MacOf(PortId port) =>
        _ports[port.Value].Info.MacAddress is { } address ? new MacAddress(address.GetAddressBytes()) : new MacAddress(0x0200_0000_0100 + (ulong)port.Value);

    private void Start(Func<NetworkFunction>? before, Func<NetworkFunction> last)
    {
        // Two cores, on which the stations' programs run as well: a worker that finds nothing to do sleeps.
        NfManagerBuilder builder = new();
        builder.AddWorker("worker", idle: IdleStrategy.Adaptive);
        foreach (IPort port in _ports)
            builder.AddPort(port);
        List<ServiceId> services = [];
        if (before is not null)
            services.Add(builder.AddService("before", before));
        services.Add(builder.AddService("function", last));
        builder.DefaultChain = ServiceChain.Through(services).ToDrop();
        _manager = builder.Build();
        _manager.Start();
    }

    private static void StopAndCheck(NfManager manager)
    {
        manager.StopAsync().GetAwaiter().GetResult();
        PlatformStatistics statistics = manager.GetStatistics();
        int inUse = manager.Pool.InUse;
        long rejected = manager.Pool.RejectedFrees;
        long faults = statistics.Instances.Count(instance => instance.State == InstanceState.Faulted);
        manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.True(statistics.Unaccounted == 0, statistics.ConservationLine);
        Assert.Equal((0, 0L, 0L), (inUse, rejected, faults));
    }
}

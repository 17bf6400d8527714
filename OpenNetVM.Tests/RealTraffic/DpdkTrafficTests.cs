using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>Real traffic through a driver of DPDK.</summary>
public abstract class DpdkTrafficContract : RealTrafficContract
{
    private protected override void RequirePort() => DpdkEal.Get();

    /// <summary>A port made, started and stopped in a namespace, where its driver finds its interface.</summary>
    private protected sealed class PortInNamespace(NetworkNamespace where, DpdkPort port) : IPort
    {
        public PortInfo Info => port.Info;

        public PortStatus Status => port.Status;

        public static PortInNamespace Open(NetworkNamespace where, string driver, string arguments) =>
            new(where, where.Execute(() => DpdkEal.Open(driver, arguments)));

        public void Start(PortContext context) => where.Execute(() => port.Start(context));

        public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache) => port.Receive(queue, burst, cache);

        public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache) => port.Transmit(queue, burst, cache);

        public void Stop() => where.Execute(port.Stop);

        public PortStatistics GetStatistics() => port.GetStatistics();

        public void Dispose() => where.Execute(port.Dispose);
    }
}

/// <summary>Packet sockets with memory-mapped rings, on veth pairs.</summary>
public class DpdkAfPacketTrafficTests : DpdkTrafficContract
{
    private protected override IPort CreatePort(NetworkNamespace platform, NetworkNamespace station, int number)
    {
        string name = $"port{number}";
        NetworkNamespace.Connect(station, TrafficNetwork.Interface, platform, name);
        return PortInNamespace.Open(platform, "net_af_packet", $"iface={name}");
    }
}

/// <summary>AF_XDP sockets, on veth pairs: received into memory of the driver's, and copied.</summary>
public class DpdkAfXdpTrafficTests : DpdkTrafficContract
{
    private protected override IPort CreatePort(NetworkNamespace platform, NetworkNamespace station, int number)
    {
        string name = $"port{number}";
        NetworkNamespace.Connect(station, TrafficNetwork.Interface, platform, name);
        return PortInNamespace.Open(platform, "net_af_xdp", $"iface={name}");
    }
}

/// <summary>TAP interfaces, which the driver makes where the station is: it asks the kernel about them by name as long as it runs.</summary>
public class DpdkTapTrafficTests : DpdkTrafficContract
{
    private protected override IPort CreatePort(NetworkNamespace platform, NetworkNamespace station, int number)
    {
        IPort port = PortInNamespace.Open(station, "net_tap", $"iface={TrafficNetwork.Interface}");
        station.BringUp(TrafficNetwork.Interface);
        return port;
    }
}

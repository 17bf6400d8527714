using OpenNetVM.Core.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>Real traffic through packet sockets of Linux on veth pairs, without DPDK.</summary>
public class AfPacketTrafficTests : RealTrafficContract
{
    private protected override IPort CreatePort(NetworkNamespace platform, NetworkNamespace station, int number)
    {
        string name = $"port{number}";
        NetworkNamespace.Connect(station, TrafficNetwork.Interface, platform, name);
        return AfPacketPort.Open(platform, name);
    }
}

using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Samples.Functions;

/// <summary>Drops TCP and UDP packets for ports that nothing outside should reach; everything else goes on along its chain.</summary>
internal sealed class Firewall(params ushort[] deniedPorts) : NetworkFunction
{
    protected override void Process(Packet packet)
    {
        if (packet.TryGetFlowKey(out Ipv4FlowKey ipv4))
            Check(packet, ipv4.Protocol, ipv4.DestinationPort);
        else if (packet.TryGetFlowKey(out Ipv6FlowKey ipv6))
            Check(packet, ipv6.Protocol, ipv6.DestinationPort);
    }

    private void Check(Packet packet, byte protocol, ushort destinationPort)
    {
        if (protocol is IpProtocols.Tcp or IpProtocols.Udp && deniedPorts.AsSpan().Contains(destinationPort))
            packet.Drop();
    }
}

using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Samples.Functions;

/// <summary>
/// What a router does to a packet: takes one hop off its time to live, mends the checksum, and addresses the frame to the next hop. A packet whose
/// time has run out is dropped. What is not IP passes as it is.
/// </summary>
internal sealed class Router(MacAddress own, MacAddress nextHop) : NetworkFunction
{
    protected override void Process(Packet packet)
    {
        Span<byte> network = packet.Layers.Network(packet.Data);
        bool mayGoOn = packet.Layers.Status switch
        {
            FlowKeyStatus.Ipv4 => Ipv4Header.TryParse(network, out Ipv4Header ipv4) && ipv4.TryDecrementTimeToLive(),
            FlowKeyStatus.Ipv6 => Ipv6Header.TryParse(network, out Ipv6Header ipv6) && ipv6.TryDecrementHopLimit(),
            FlowKeyStatus.TruncatedIp or FlowKeyStatus.MalformedIp => false,
            _ => true,
        };
        if (!mayGoOn)
        {
            packet.Drop();
            return;
        }

        if (packet.Layers.HasKey && EthernetHeader.TryParse(packet.Data, out EthernetHeader ethernet))
        {
            ethernet.Source = own;
            ethernet.Destination = nextHop;
        }
    }
}

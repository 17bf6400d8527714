using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Ports;

/// <summary>Stateless. The RSS hash as a network card would report it for a frame, under the symmetric key.</summary>
internal static class SoftwareRss
{
    /// <summary>Addresses and ports of unfragmented TCP and UDP, addresses alone of other IP packets, 0 for the rest.</summary>
    public static uint Compute(ReadOnlySpan<byte> frame)
    {
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
        bool withPorts = layers.Fragment == FragmentKind.None && layers.Protocol is (IpProtocols.Tcp or IpProtocols.Udp);
        return status switch
        {
            FlowKeyStatus.Ipv4 => withPorts ? SymmetricRss.Hash.Compute(ipv4) : SymmetricRss.Hash.ComputeAddresses(ipv4),
            FlowKeyStatus.Ipv6 => withPorts ? SymmetricRss.Hash.Compute(ipv6) : SymmetricRss.Hash.ComputeAddresses(ipv6),
            _ => 0,
        };
    }
}

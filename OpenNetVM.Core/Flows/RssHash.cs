using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Flows;

/// <summary>
/// The hash by which packets are spread and flows are found: Toeplitz with the symmetric key, over addresses and ports of TCP and UDP, over
/// addresses alone for other protocols and for every fragment (as NICs do, so that all fragments of a datagram stay together).
/// A port that says it provides the hash must provide this one.
/// </summary>
public static class RssHash
{
    /// <summary>The hash of an unfragmented packet of a flow: the same for both directions.</summary>
    public static uint Of(in Ipv4FlowKey key) =>
        HasPorts(key.Protocol) ? SymmetricRss.Hash.Compute(key) : SymmetricRss.Hash.ComputeAddresses(key);

    /// <summary>The hash of an unfragmented packet of a flow: the same for both directions.</summary>
    public static uint Of(in Ipv6FlowKey key) =>
        HasPorts(key.Protocol) ? SymmetricRss.Hash.Compute(key) : SymmetricRss.Hash.ComputeAddresses(key);

    /// <summary>The hash of a frame, 0 if it has no flow key.</summary>
    public static uint Of(ReadOnlySpan<byte> frame) =>
        FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers) switch
        {
            FlowKeyStatus.Ipv4 => Of(ipv4, layers),
            FlowKeyStatus.Ipv6 => Of(ipv6, layers),
            _ => 0,
        };

    internal static uint Of(in Ipv4FlowKey key, PacketLayers layers) =>
        layers.Fragment == FragmentKind.None ? Of(key) : SymmetricRss.Hash.ComputeAddresses(key);

    internal static uint Of(in Ipv6FlowKey key, PacketLayers layers) =>
        layers.Fragment == FragmentKind.None ? Of(key) : SymmetricRss.Hash.ComputeAddresses(key);

    private static bool HasPorts(byte protocol) => protocol is IpProtocols.Tcp or IpProtocols.Udp;
}

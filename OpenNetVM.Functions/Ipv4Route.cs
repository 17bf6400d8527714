using System.Net;

namespace OpenNetVM.Functions;

/// <summary>A static route of an <see cref="Ipv4Router"/>.</summary>
/// <param name="Destination">The network that it leads to; 0.0.0.0/0 for the default route.</param>
/// <param name="Gateway">The router that packets are handed to, in the network of one of the interfaces.</param>
public sealed record Ipv4Route(IPNetwork Destination, IPAddress Gateway)
{
    /// <summary>For example "0.0.0.0/0 via 10.0.0.254".</summary>
    public override string ToString() => $"{Destination} via {Gateway}";
}

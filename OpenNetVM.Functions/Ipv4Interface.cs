using System.Net;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Functions;

/// <summary>An interface of an <see cref="Ipv4Router"/>: a port with an Ethernet address, an IPv4 address and the network that is reached directly through it.</summary>
/// <param name="Port">The port.</param>
/// <param name="Mac">The Ethernet address that the router uses on it.</param>
/// <param name="Address">The router's IPv4 address on that network.</param>
/// <param name="PrefixLength">Bits of the address that are the network's, 1 to 32.</param>
public sealed record Ipv4Interface(PortId Port, MacAddress Mac, IPAddress Address, int PrefixLength)
{
    /// <summary>The longest IPv4 packet that is sent through the interface, in bytes without Ethernet header: 68 (RFC 791) to 65,535. Default 1,500.</summary>
    public int Mtu { get; init; } = 1_500;

    /// <summary>For example "10.0.0.1/24 (02:00:00:00:00:01) on port 0".</summary>
    public override string ToString() => $"{Address}/{PrefixLength} ({Mac}) on {Port}";
}

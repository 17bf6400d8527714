namespace OpenNetVM.Core.Headers;

/// <summary>IP protocol numbers (IANA), as constants so that they can be used in a <c>switch</c>.</summary>
public static class IpProtocols
{
    /// <summary>IPv6 hop-by-hop options (RFC 8200).</summary>
    public const byte HopByHop = 0;

    /// <summary>ICMP for IPv4 (RFC 792).</summary>
    public const byte Icmp = 1;

    /// <summary>IGMP.</summary>
    public const byte Igmp = 2;

    /// <summary>IPv4 inside IP (RFC 2003).</summary>
    public const byte Ipv4 = 4;

    /// <summary>TCP (RFC 9293).</summary>
    public const byte Tcp = 6;

    /// <summary>UDP (RFC 768).</summary>
    public const byte Udp = 17;

    /// <summary>IPv6 inside IP (RFC 4213).</summary>
    public const byte Ipv6 = 41;

    /// <summary>IPv6 routing header (RFC 8200).</summary>
    public const byte Routing = 43;

    /// <summary>IPv6 fragment header (RFC 8200).</summary>
    public const byte Fragment = 44;

    /// <summary>GRE (RFC 2784).</summary>
    public const byte Gre = 47;

    /// <summary>IPsec encapsulating security payload (RFC 4303).</summary>
    public const byte Esp = 50;

    /// <summary>IPsec authentication header (RFC 4302).</summary>
    public const byte Ah = 51;

    /// <summary>ICMPv6 (RFC 4443).</summary>
    public const byte Icmpv6 = 58;

    /// <summary>Nothing follows an IPv6 header (RFC 8200).</summary>
    public const byte NoNextHeader = 59;

    /// <summary>IPv6 destination options (RFC 8200).</summary>
    public const byte DestinationOptions = 60;

    /// <summary>SCTP (RFC 9260).</summary>
    public const byte Sctp = 132;

    /// <summary>MPLS inside IP (RFC 4023).</summary>
    public const byte Mpls = 137;

    /// <summary>Whether a flow key has ports for the protocol: TCP, UDP and SCTP.</summary>
    public static bool HasPorts(byte protocol) => protocol is Tcp or Udp or Sctp;

    /// <summary>
    /// Whether the number is an IPv6 extension header that is followed to find the protocol of a flow: hop-by-hop, routing, fragment and
    /// destination options. AH, ESP and mobility end the chain: they are the flow's protocol.
    /// </summary>
    public static bool IsIpv6Extension(byte protocol) => protocol is HopByHop or Routing or Fragment or DestinationOptions;
}

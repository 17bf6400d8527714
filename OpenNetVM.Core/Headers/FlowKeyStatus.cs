namespace OpenNetVM.Core.Headers;

/// <summary>Which flow key a frame has, or why it has none.</summary>
public enum FlowKeyStatus : byte
{
    /// <summary>Nobody has looked yet (the value of zeroed memory).</summary>
    NotParsed = 0,

    /// <summary>The outermost IP header is IPv4 and the frame has an IPv4 key.</summary>
    Ipv4 = 1,

    /// <summary>The outermost IP header is IPv6 and the frame has an IPv6 key.</summary>
    Ipv6 = 2,

    /// <summary>The frame carries something other than IP (ARP, spanning tree, an Ethernet pseudowire...): it has no key.</summary>
    NotIp = 3,

    /// <summary>The frame ends inside its link headers (Ethernet, VLAN tags, MPLS labels, PPPoE, SNAP): it has no key.</summary>
    TruncatedLink = 4,

    /// <summary>The frame says that IP follows, but ends before the fixed part of the IP header does: it has no key.</summary>
    TruncatedIp = 5,

    /// <summary>The IP header contradicts itself (version, header length below 20, total length below the header length): it has no key.</summary>
    MalformedIp = 6,
}

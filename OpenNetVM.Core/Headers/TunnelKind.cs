namespace OpenNetVM.Core.Headers;

/// <summary>What carries an inner packet (see <see cref="TunnelReader"/>).</summary>
public enum TunnelKind : byte
{
    /// <summary>Nothing: there is no inner packet.</summary>
    None = 0,

    /// <summary>IPv4 or IPv6 directly behind an IP header (RFC 2003, RFC 2473, RFC 4213).</summary>
    Ip = 1,

    /// <summary>GRE with IP, an Ethernet frame or MPLS (RFC 2784, RFC 7637).</summary>
    Gre = 2,

    /// <summary>A mirrored Ethernet frame in ERSPAN type I, II or III.</summary>
    Erspan = 3,

    /// <summary>An Ethernet frame in VXLAN (RFC 7348).</summary>
    Vxlan = 4,

    /// <summary>An Ethernet pseudowire behind MPLS labels (RFC 4448).</summary>
    Pseudowire = 5,

    /// <summary>MPLS directly behind an IP header (RFC 4023).</summary>
    Mpls = 6,
}

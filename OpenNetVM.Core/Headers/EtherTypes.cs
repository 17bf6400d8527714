namespace OpenNetVM.Core.Headers;

/// <summary>Ethernet protocol numbers in host order (IEEE Registration Authority), as constants so that they can be used in a <c>switch</c>.</summary>
public static class EtherTypes
{
    /// <summary>IPv4.</summary>
    public const ushort Ipv4 = 0x0800;

    /// <summary>ARP (RFC 826).</summary>
    public const ushort Arp = 0x0806;

    /// <summary>Transparent Ethernet bridging: a whole Ethernet frame, for example inside GRE (NVGRE, RFC 7637).</summary>
    public const ushort TransparentEthernetBridging = 0x6558;

    /// <summary>802.1Q customer VLAN tag.</summary>
    public const ushort Vlan = 0x8100;

    /// <summary>IPv6.</summary>
    public const ushort Ipv6 = 0x86DD;

    /// <summary>MPLS with a downstream-assigned label (RFC 5332), the usual one.</summary>
    public const ushort Mpls = 0x8847;

    /// <summary>MPLS with an upstream-assigned label (RFC 5332).</summary>
    public const ushort MplsUpstream = 0x8848;

    /// <summary>PPPoE discovery (RFC 2516).</summary>
    public const ushort PppoeDiscovery = 0x8863;

    /// <summary>PPPoE session (RFC 2516).</summary>
    public const ushort PppoeSession = 0x8864;

    /// <summary>ERSPAN type II inside GRE.</summary>
    public const ushort Erspan2 = 0x88BE;

    /// <summary>802.1ad service VLAN tag, the outer tag of QinQ.</summary>
    public const ushort ServiceVlan = 0x88A8;

    /// <summary>Outer tag of QinQ on equipment older than 802.1ad.</summary>
    public const ushort OldQinQ = 0x9100;

    /// <summary>ERSPAN type III inside GRE.</summary>
    public const ushort Erspan3 = 0x22EB;

    /// <summary>The greatest value of the field that is a length of an IEEE 802.3 frame rather than a protocol number.</summary>
    public const ushort MaximumLength = 1500;

    /// <summary>Whether the number announces a VLAN tag: 0x8100, 0x88A8 or 0x9100.</summary>
    public static bool IsVlan(ushort etherType) => etherType is Vlan or ServiceVlan or OldQinQ;

    /// <summary>Whether the number announces an MPLS label stack: 0x8847 or 0x8848.</summary>
    public static bool IsMpls(ushort etherType) => etherType is Mpls or MplsUpstream;
}

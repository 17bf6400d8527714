namespace OpenNetVM.Core.Headers;

/// <summary>PPP protocol numbers (IANA), as they follow a PPPoE session header.</summary>
public static class PppProtocols
{
    /// <summary>IPv4 (RFC 1332).</summary>
    public const ushort Ipv4 = 0x0021;

    /// <summary>IPv6 (RFC 5072).</summary>
    public const ushort Ipv6 = 0x0057;

    /// <summary>Link control protocol (RFC 1661).</summary>
    public const ushort LinkControl = 0xC021;
}

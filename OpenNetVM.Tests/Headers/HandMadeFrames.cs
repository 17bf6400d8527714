namespace OpenNetVM.Tests.Headers;

/// <summary>
/// One small frame of every kind that the readers know, written byte by byte. Addresses are 192.0.2.1 to 198.51.100.2, or 2001:db8::1 to 2001:db8::2;
/// ports are 4660 (0x1234) to 80.
/// </summary>
internal static class HandMadeFrames
{
    private const string Macs = "020000000002 020000000001";
    private const string V4Addresses = "C0000201 C6336402";
    private const string V6Addresses = "20010DB8000000000000000000000001 20010DB8000000000000000000000002";
    private const string TcpSyn = "1234 0050 00000001 00000000 5002 FFFF 0000 0000";
    private const string UdpHi = "1234 0050 000A 0000 4869";
    private const string IcmpEcho = "0800 0000 0001 0001";

    public static byte[] Tcp4 => Bytes(Macs, "0800", V4(0x06, TcpSyn));

    public static byte[] Udp4 => Bytes(Macs, "0800", V4(0x11, UdpHi));

    public static byte[] Sctp4 => Bytes(Macs, "0800", V4(0x84, "1234 0050 00000000 00000000 0100 0014 00000001 0000FFFF 0001 0001 00000001"));

    public static byte[] Icmp4 => Bytes(Macs, "0800", V4(0x01, IcmpEcho));

    /// <summary>Record route of three bytes, two no-operations and end of list.</summary>
    public static byte[] Ipv4WithOptions => Bytes(Macs, "0800", "4700 0030 0001 4000 40 06 0000", V4Addresses, "0703 04 01 01 00 0000", TcpSyn);

    /// <summary>Maximum segment size, SACK permitted, timestamps, no-operation, window scale.</summary>
    public static byte[] TcpWithOptions =>
        Bytes(Macs, "0800", "4500 003C 0001 4000 40 06 0000", V4Addresses, "1234 0050 00000001 00000000 A002 FFFF 0000 0000", "020405B4 0402 080A0000000100000000 01 030307");

    public static byte[] FirstFragment4 => Bytes(Macs, "0800", "4500 001E 0007 2000 40 11 0000", V4Addresses, UdpHi);

    public static byte[] LaterFragment4 => Bytes(Macs, "0800", "4500 001E 0007 0002 40 11 0000", V4Addresses, UdpHi);

    /// <summary>Total length 0, as for packets of more than 65,535 bytes.</summary>
    public static byte[] NoTotalLength => Bytes(Macs, "0800", "4500 0000 0001 4000 40 06 0000", V4Addresses, TcpSyn);

    public static byte[] Vlan => Bytes(Macs, "8100 A064", "0800", V4(0x06, TcpSyn));

    public static byte[] QinQ => Bytes(Macs, "88A8 0064 8100 00C8", "0800", V4(0x11, UdpHi));

    public static byte[] ThreeTags => Bytes(Macs, "9100 0064 8100 00C8 8100 012C", "0800", V4(0x11, UdpHi));

    public static byte[] Snap => Bytes(Macs, "0024", "AAAA03 000000 0800", V4(0x11, UdpHi));

    public static byte[] SpanningTree => Bytes(Macs, "0026", "424203", "0000000000 8000020000000001 00000000 8000020000000001 8001 0000 1400 0200 0F00");

    public static byte[] Mpls => Bytes(Macs, "8847", "0001 00 40 0001 11 3F", V4(0x06, TcpSyn));

    public static byte[] Mpls6 => Bytes(Macs, "8847", "0001 01 40", V6(0x11, UdpHi));

    public static byte[] Pseudowire => Bytes(Macs, "8847", "0001 01 40", "00000000", Macs, "8100 0064 0800", V4(0x06, TcpSyn));

    public static byte[] Pppoe => Bytes(Macs, "8864", "1100 0007 0020 0021", V4(0x11, UdpHi));

    public static byte[] Pppoe6 => Bytes(Macs, "8864", "1100 0007 0034 0057", V6(0x11, UdpHi));

    public static byte[] Arp => Bytes(Macs, "0806", "0001 0800 06 04 0001 020000000001 C0000201 000000000000 C0000202");

    public static byte[] Tcp6 => Bytes(Macs, "86DD", V6(0x06, TcpSyn));

    public static byte[] Udp6 => Bytes(Macs, "86DD", V6(0x11, UdpHi));

    public static byte[] Icmp6 => Bytes(Macs, "86DD", V6(0x3A, "8000 0000 0001 0001"));

    /// <summary>Hop-by-hop, destination options, routing (16 bytes), atomic fragment, destination options, then UDP.</summary>
    public static byte[] Ipv6Extensions =>
        Bytes(Macs, "86DD", V6(0x00, "3C00 050200000000", "2B00 010400000000", "2C01 0401 00000000 0000000000000000", "3C00 0000 00000007", "1100 010400000000", UdpHi));

    public static byte[] FirstFragment6 => Bytes(Macs, "86DD", V6(0x2C, "1100 0001 00000007", UdpHi));

    public static byte[] LaterFragment6 => Bytes(Macs, "86DD", V6(0x2C, "1100 0010 00000007", UdpHi));

    public static byte[] Esp6 => Bytes(Macs, "86DD", V6(0x32, "00000001 00000001 0000000000000000"));

    /// <summary>AH ends the chain, although UDP follows.</summary>
    public static byte[] Ah6 => Bytes(Macs, "86DD", V6(0x33, "1104 0000 00000001 00000001 000000000000000000000000", UdpHi));

    public static byte[] GreKeyed => Bytes(Macs, "0800", V4(0x2F, "B000 0800 0000 0000 00000ABC 00000001", V4(0x06, TcpSyn)));

    public static byte[] GreBridging => Bytes(Macs, "0800", V4(0x2F, "2000 6558 00123400", Macs, "0800", V4(0x06, TcpSyn)));

    public static byte[] Pptp => Bytes(Macs, "0800", V4(0x2F, "3081 880B 0004 0001 00000001 00000002 FF030021"));

    public static byte[] Erspan1 => Bytes(Macs, "0800", V4(0x2F, "0000 88BE", Macs, "0800", V4(0x06, TcpSyn)));

    public static byte[] Erspan2 => Bytes(Macs, "0800", V4(0x2F, "1000 88BE 00000001", "1064 A407 00000123", Macs, "0800", V4(0x06, TcpSyn)));

    public static byte[] Erspan3 => Bytes(Macs, "0800", V4(0x2F, "1000 22EB 00000001", "2064 0007 00000009 0000 0001 0000000000000000", Macs, "0800", V4(0x06, TcpSyn)));

    public static byte[] Vxlan => Bytes(Macs, "0800", V4(0x11, "C000 12B5 0046 0000", "08000000 00002A00", Macs, "86DD", V6(0x06, TcpSyn)));

    public static byte[] IpInIp => Bytes(Macs, "0800", V4(0x29, V6(0x06, TcpSyn)));

    public static byte[] MplsInIp => Bytes(Macs, "0800", V4(0x89, "0001 01 40", V4(0x06, TcpSyn)));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<byte[]> All =>
    [
        Tcp4, Udp4, Sctp4, Icmp4, Ipv4WithOptions, TcpWithOptions, FirstFragment4, LaterFragment4, NoTotalLength, Vlan, QinQ, ThreeTags, Snap, SpanningTree, Mpls, Mpls6,
        Pseudowire, Pppoe, Pppoe6, Arp, Tcp6, Udp6, Icmp6, Ipv6Extensions, FirstFragment6, LaterFragment6, Esp6, Ah6, GreKeyed, GreBridging, Pptp, Erspan1, Erspan2, Erspan3,
        Vxlan, IpInIp, MplsInIp,
    ];

    private static byte[] Bytes(params string[] parts) => Convert.FromHexString(string.Concat(parts).Replace(" ", string.Empty, StringComparison.Ordinal));

    private static string V4(byte protocol, params string[] payload)
    {
        int length = 20 + Bytes(payload).Length;
        return $"4500 {length:X4} 0001 4000 40 {protocol:X2} 0000 {V4Addresses} {string.Concat(payload)}";
    }

    private static string V6(byte next, params string[] payload) => $"60000000 {Bytes(payload).Length:X4} {next:X2} 40 {V6Addresses} {string.Concat(payload)}";
}

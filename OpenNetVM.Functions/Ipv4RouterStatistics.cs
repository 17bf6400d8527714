namespace OpenNetVM.Functions;

/// <summary>
/// What an <see cref="Ipv4Router"/> has done with the packets that it was given. Each is counted once among <see cref="Forwarded"/>, <see cref="EchoReplies"/>,
/// <see cref="ArpReplies"/>, <see cref="IcmpErrors"/> and the reasons for which packets are dropped, when it leaves the router.
/// </summary>
public readonly record struct Ipv4RouterStatistics
{
    /// <summary>Packets sent on towards their destination.</summary>
    public long Forwarded { get; init; }

    /// <summary>ICMP echo requests for the router itself, answered.</summary>
    public long EchoReplies { get; init; }

    /// <summary>ARP requests for the router's addresses, answered.</summary>
    public long ArpReplies { get; init; }

    /// <summary>Packets that were sent back as ICMP errors: their time to live was over, or their destination unreachable.</summary>
    public long IcmpErrors { get; init; }

    /// <summary>ARP requests that the router itself sent.</summary>
    public long ArpRequests { get; init; }

    /// <summary>ARP requests that the router could not send, because the pool had no buffer or the transmit ring was full.</summary>
    public long ArpRequestsLost { get; init; }

    /// <summary>ARP packets that asked for nothing but may have told something, dropped once read.</summary>
    public long ArpRead { get; init; }

    /// <summary>Dropped: from a port without an interface, for another Ethernet address, or neither IPv4 nor ARP.</summary>
    public long NotForRouter { get; init; }

    /// <summary>Dropped: a header that is cut short, contradicts itself, or has a wrong checksum (RFC 1812, 5.2.2).</summary>
    public long Malformed { get; init; }

    /// <summary>
    /// Dropped: a source or destination that is not to be routed (RFC 1812, 5.3.7), a broadcast or multicast, or a source route (RFC 7126).
    /// </summary>
    public long NotRoutable { get; init; }

    /// <summary>Dropped: for the router itself, and nothing that it answers.</summary>
    public long NotAnswered { get; init; }

    /// <summary>Dropped: too long for the next network, and allowed to be fragmented, which this router does not do.</summary>
    public long TooLong { get; init; }

    /// <summary>Dropped: an ICMP error was due and could not be sent: there may be none about such a packet (RFC 1812, 4.3.2.7), or too many were sent.</summary>
    public long NotReported { get; init; }

    /// <summary>Dropped while waiting for a neighbour's address: a newer packet needed the place, or there was none.</summary>
    public long NotHeld { get; init; }

    /// <summary>Dropped: the transmit ring was full when the neighbour's address was known at last.</summary>
    public long NotSent { get; init; }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.OpenFlow.Matches;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>
/// The fields of a packet that rules can match, as twelve words: what a packet has there, or what a rule wants there, or which bits it looks at.
/// </summary>
/// <remarks>
/// Fields that no packet has together share bits: the addresses of IPv4, ARP and IPv6, the ports and the types of ICMP. A rule that names one of them names the
/// Ethernet type and protocol too (the prerequisites of OpenFlow 1.3.5, table 12), so that it cannot be mistaken for another.
/// <code>
/// 0  in_port:32            eth_type:16   vlan_vid:16
/// 1  eth_dst:48            vlan_pcp:8    ip_proto:8
/// 2  eth_src:48            ip_dscp:8     ip_ecn:8
/// 3  source address, high 4 source address, low (IPv4, ARP: the last 32 bits)
/// 5  destination, high     6 destination, low
/// 7  l4 source:16          l4 destination:16   ipv6_flabel:32
/// 8  arp_sha, nd_sll:48    arp_op:16
/// 9  arp_tha, nd_tll:48
/// 10 nd_target, high      11 nd_target, low
/// </code>
/// </remarks>
[InlineArray(Words)]
[SuppressMessage("Style", "IDE0044:Add readonly modifier", Justification = "The element of an inline array cannot be readonly.")]
[SuppressMessage("Style", "IDE0051:Remove unused private members", Justification = "The element of an inline array is used through its indexer.")]
internal struct PacketFields : IEquatable<PacketFields>
{
    public const int Words = 12;

    private ulong _word;

    /// <summary>The words, of which bit 63 is the first bit.</summary>
    [UnscopedRef]
    public Span<ulong> AsSpan() => MemoryMarshal.CreateSpan(ref _word, Words);

    [UnscopedRef]
    public readonly ReadOnlySpan<ulong> AsReadOnlySpan() => MemoryMarshal.CreateReadOnlySpan(in _word, Words);

    /// <summary>Whether rules can match this field.</summary>
    public static bool Has(OxmFieldId id) => Place(id).Word >= 0;

    /// <summary>What the match wants, and where it looks.</summary>
    public static (PacketFields Value, PacketFields Mask) Of(FlowMatch match)
    {
        PacketFields value = default, mask = default;
        foreach (OxmField field in match.Fields)
        {
            value.Set(field.Id, field.Value);
            mask.Set(field.Id, field.Mask);
        }

        return (value, mask);
    }

    /// <summary>Puts a field in. One that has no place is left out.</summary>
    public void Set(OxmFieldId id, UInt128 value)
    {
        (int word, int shift) = Place(id);
        if (word < 0)
            return;
        if (OxmFieldInfo.Of(id).Bits == 128)
        {
            this[word] = (ulong)(value >> 64);
            this[word + 1] = (ulong)value;
            return;
        }

        ulong full = (ulong)OxmFieldInfo.Of(id).Full << shift;
        this[word] = (this[word] & ~full) | ((ulong)value << shift);
    }

    /// <summary>Takes a field out; 0 where it has no place.</summary>
    public readonly UInt128 Get(OxmFieldId id)
    {
        (int word, int shift) = Place(id);
        if (word < 0)
            return 0;
        return OxmFieldInfo.Of(id).Bits == 128 ? new UInt128(this[word], this[word + 1]) : (this[word] >> shift) & (ulong)OxmFieldInfo.Of(id).Full;
    }

    /// <summary>The bits of these fields that the mask looks at.</summary>
    public readonly PacketFields Masked(in PacketFields mask)
    {
        PacketFields result = default;
        for (int i = 0; i < Words; i++)
            result[i] = this[i] & mask[i];
        return result;
    }

    /// <summary>Whether every bit of the other mask is in this one.</summary>
    public readonly bool Covers(in PacketFields other)
    {
        for (int i = 0; i < Words; i++)
        {
            if ((other[i] & ~this[i]) != 0)
                return false;
        }

        return true;
    }

    public readonly bool Equals(PacketFields other) => AsReadOnlySpan().SequenceEqual(other.AsReadOnlySpan());

    public override readonly bool Equals(object? obj) => obj is PacketFields other && Equals(other);

    public override readonly int GetHashCode()
    {
        HashCode hash = default;
        foreach (ulong word in AsReadOnlySpan())
            hash.Add(word);
        return hash.ToHashCode();
    }

    private static (int Word, int Shift) Place(OxmFieldId id) => id switch
    {
        OxmFieldId.InPort => (0, 32),
        OxmFieldId.EthernetType => (0, 16),
        OxmFieldId.VlanId => (0, 0),
        OxmFieldId.EthernetDestination => (1, 16),
        OxmFieldId.VlanPriority => (1, 8),
        OxmFieldId.IpProtocol => (1, 0),
        OxmFieldId.EthernetSource => (2, 16),
        OxmFieldId.IpDscp => (2, 8),
        OxmFieldId.IpEcn => (2, 0),
        OxmFieldId.Ipv6Source => (3, 0),
        OxmFieldId.Ipv4Source or OxmFieldId.ArpSourceIpv4 => (4, 0),
        OxmFieldId.Ipv6Destination => (5, 0),
        OxmFieldId.Ipv4Destination or OxmFieldId.ArpTargetIpv4 => (6, 0),
        OxmFieldId.TcpSource or OxmFieldId.UdpSource or OxmFieldId.SctpSource or OxmFieldId.Icmpv4Type or OxmFieldId.Icmpv6Type => (7, 48),
        OxmFieldId.TcpDestination or OxmFieldId.UdpDestination or OxmFieldId.SctpDestination or OxmFieldId.Icmpv4Code or OxmFieldId.Icmpv6Code => (7, 32),
        OxmFieldId.Ipv6FlowLabel => (7, 0),
        OxmFieldId.ArpSourceHardware or OxmFieldId.Ipv6NdSourceHardware => (8, 16),
        OxmFieldId.ArpOperation => (8, 0),
        OxmFieldId.ArpTargetHardware or OxmFieldId.Ipv6NdTargetHardware => (9, 16),
        OxmFieldId.Ipv6NdTarget => (10, 0),
        _ => (-1, 0),
    };
}

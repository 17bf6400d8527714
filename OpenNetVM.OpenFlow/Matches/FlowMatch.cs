using OpenNetVM.Core.Headers;

namespace OpenNetVM.OpenFlow.Matches;

/// <summary>
/// Which packets a rule is for: fields with values and masks, each at most once, in the order of their numbers, without those whose mask is empty.
/// Immutable; equal where the same packets are named in the same way.
/// </summary>
internal sealed class FlowMatch : IEquatable<FlowMatch>
{
    /// <summary>Bit of VLAN_VID that says there is a tag (OpenFlow 1.3.5, 7.2.3.7 OFPVID_PRESENT).</summary>
    public const ushort VlanPresent = 0x1000;

    private const ushort ProviderBackboneBridging = 0x88E7;
    private const byte NeighbourSolicitation = 135;
    private const byte NeighbourAdvertisement = 136;

    private readonly OxmField[] _fields;
    private readonly ulong _present;

    private FlowMatch(OxmField[] fields)
    {
        _fields = fields;
        foreach (OxmField field in fields)
            _present |= 1UL << (int)field.Id;
    }

    /// <summary>Matches every packet.</summary>
    public static FlowMatch Everything { get; } = new([]);

    public ReadOnlySpan<OxmField> Fields => _fields;

    /// <summary>Makes a match.</summary>
    /// <exception cref="ArgumentException">A field occurs twice.</exception>
    public static FlowMatch Of(params ReadOnlySpan<OxmField> fields) =>
        TryCreate(fields, out FlowMatch match) ? match : throw new ArgumentException("A field occurs more than once in the match.", nameof(fields));

    /// <summary>Makes a match; false where a field occurs twice.</summary>
    public static bool TryCreate(ReadOnlySpan<OxmField> fields, out FlowMatch match)
    {
        match = Everything;
        ulong seen = 0;
        int kept = 0;
        foreach (ref readonly OxmField field in fields)
        {
            ulong bit = 1UL << (int)field.Id;
            if ((seen & bit) != 0)
                return false;
            seen |= bit;
            kept += field.Mask != 0 ? 1 : 0;
        }

        if (kept == 0)
            return true;
        OxmField[] sorted = new OxmField[kept];
        kept = 0;
        foreach (ref readonly OxmField field in fields)
        {
            if (field.Mask != 0)
                sorted[kept++] = field;
        }

        sorted.AsSpan().Sort(static (left, right) => (int)left.Id - (int)right.Id);
        match = new FlowMatch(sorted);
        return true;
    }

    /// <summary>The fields that occur: bit n is the one of number n.</summary>
    public ulong Present => _present;

    public bool Has(OxmFieldId id) => (_present & (1UL << (int)id)) != 0;

    public bool TryGet(OxmFieldId id, out OxmField field)
    {
        if (Has(id))
        {
            foreach (OxmField candidate in _fields)
            {
                if (candidate.Id == id)
                {
                    field = candidate;
                    return true;
                }
            }
        }

        field = default;
        return false;
    }

    /// <summary>Whether packets of this match have exactly this value there.</summary>
    public bool Requires(OxmFieldId id, UInt128 value) => TryGet(id, out OxmField field) && field.IsExact && field.Value == value;

    /// <summary>Whether each field has what it needs to mean anything (OpenFlow 1.3.5, table 12, prerequisites): TCP ports need IP protocol 6, and so on.</summary>
    public bool HasPrerequisites()
    {
        foreach (OxmField field in _fields)
        {
            if (!Allows(field.Id))
                return false;
        }

        return true;
    }

    /// <summary>Whether packets of this match have the given field.</summary>
    public bool Allows(OxmFieldId id) => id switch
    {
        OxmFieldId.InPhysicalPort => Has(OxmFieldId.InPort),
        OxmFieldId.VlanPriority => TryGet(OxmFieldId.VlanId, out OxmField vlan) && (vlan.Value & VlanPresent) != 0,
        OxmFieldId.IpDscp or OxmFieldId.IpEcn or OxmFieldId.IpProtocol => IsIpv4 || IsIpv6,
        OxmFieldId.Ipv4Source or OxmFieldId.Ipv4Destination => IsIpv4,
        OxmFieldId.TcpSource or OxmFieldId.TcpDestination => HasProtocol(IpProtocols.Tcp),
        OxmFieldId.UdpSource or OxmFieldId.UdpDestination => HasProtocol(IpProtocols.Udp),
        OxmFieldId.SctpSource or OxmFieldId.SctpDestination => HasProtocol(IpProtocols.Sctp),
        OxmFieldId.Icmpv4Type or OxmFieldId.Icmpv4Code => IsIpv4 && HasProtocol(IpProtocols.Icmp),
        OxmFieldId.ArpOperation or OxmFieldId.ArpSourceIpv4 or OxmFieldId.ArpTargetIpv4 or OxmFieldId.ArpSourceHardware or OxmFieldId.ArpTargetHardware =>
            Requires(OxmFieldId.EthernetType, EtherTypes.Arp),
        OxmFieldId.Ipv6Source or OxmFieldId.Ipv6Destination or OxmFieldId.Ipv6FlowLabel or OxmFieldId.Ipv6ExtensionHeader => IsIpv6,
        OxmFieldId.Icmpv6Type or OxmFieldId.Icmpv6Code => IsIpv6 && HasProtocol(IpProtocols.Icmpv6),
        OxmFieldId.Ipv6NdTarget => Requires(OxmFieldId.Icmpv6Type, NeighbourSolicitation) || Requires(OxmFieldId.Icmpv6Type, NeighbourAdvertisement),
        OxmFieldId.Ipv6NdSourceHardware => Requires(OxmFieldId.Icmpv6Type, NeighbourSolicitation),
        OxmFieldId.Ipv6NdTargetHardware => Requires(OxmFieldId.Icmpv6Type, NeighbourAdvertisement),
        OxmFieldId.MplsLabel or OxmFieldId.MplsTrafficClass or OxmFieldId.MplsBottomOfStack =>
            Requires(OxmFieldId.EthernetType, EtherTypes.Mpls) || Requires(OxmFieldId.EthernetType, EtherTypes.MplsUpstream),
        OxmFieldId.PbbServiceId => Requires(OxmFieldId.EthernetType, ProviderBackboneBridging),
        _ => true,
    };

    public bool Equals(FlowMatch? other) => other is not null && _fields.AsSpan().SequenceEqual(other._fields);

    public override bool Equals(object? obj) => Equals(obj as FlowMatch);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (OxmField field in _fields)
            hash.Add(field);
        return hash.ToHashCode();
    }

    public override string ToString() => _fields.Length == 0 ? "{}" : $"{{{string.Join(",", _fields)}}}";

    private bool IsIpv4 => Requires(OxmFieldId.EthernetType, EtherTypes.Ipv4);

    private bool IsIpv6 => Requires(OxmFieldId.EthernetType, EtherTypes.Ipv6);

    private bool HasProtocol(byte protocol) => Allows(OxmFieldId.IpProtocol) && Requires(OxmFieldId.IpProtocol, protocol);
}

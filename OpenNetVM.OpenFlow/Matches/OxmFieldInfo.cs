using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Matches;

/// <summary>Width of a field, and whether it may be masked (OpenFlow 1.3.5, table 12).</summary>
internal readonly record struct OxmFieldInfo(int Bits, int Bytes, bool IsMaskable)
{
    private static readonly OxmFieldInfo[] All = Build();

    public static int Count => All.Length;

    /// <summary>All bits of the field.</summary>
    public UInt128 Full => Bits == 128 ? UInt128.MaxValue : (UInt128.One << Bits) - 1;

    public static OxmFieldInfo Of(OxmFieldId id) => All[(int)id];

    /// <summary>What is wrong with value and mask as they were received.</summary>
    public OpenFlowError Check(UInt128 value, UInt128? mask)
    {
        if ((value & ~Full) != 0)
            return Errors.BadMatch.Value;
        if (mask is not { } bits)
            return OpenFlowError.None;
        if (!IsMaskable || (bits & ~Full) != 0)
            return Errors.BadMatch.Mask;
        return (value & ~bits) != 0 ? Errors.BadMatch.Wildcards : OpenFlowError.None;
    }

    private static OxmFieldInfo[] Build()
    {
        OxmFieldInfo[] fields = new OxmFieldInfo[(int)OxmFieldId.Ipv6ExtensionHeader + 1];
        Set(32, false, OxmFieldId.InPort, OxmFieldId.InPhysicalPort);
        Set(64, true, OxmFieldId.Metadata, OxmFieldId.TunnelId);
        Set(48, true, OxmFieldId.EthernetDestination, OxmFieldId.EthernetSource, OxmFieldId.ArpSourceHardware, OxmFieldId.ArpTargetHardware);
        Set(48, false, OxmFieldId.Ipv6NdSourceHardware, OxmFieldId.Ipv6NdTargetHardware);
        Set(16, false, OxmFieldId.EthernetType, OxmFieldId.ArpOperation);
        Set(13, true, OxmFieldId.VlanId);
        Set(3, false, OxmFieldId.VlanPriority, OxmFieldId.MplsTrafficClass);
        Set(6, false, OxmFieldId.IpDscp);
        Set(2, false, OxmFieldId.IpEcn);
        Set(8, false, OxmFieldId.IpProtocol, OxmFieldId.Icmpv4Type, OxmFieldId.Icmpv4Code, OxmFieldId.Icmpv6Type, OxmFieldId.Icmpv6Code);
        Set(32, true, OxmFieldId.Ipv4Source, OxmFieldId.Ipv4Destination, OxmFieldId.ArpSourceIpv4, OxmFieldId.ArpTargetIpv4);
        // The specification lets no port be masked, but Open vSwitch does and its clients ask for it.
        Set(16, true, OxmFieldId.TcpSource, OxmFieldId.TcpDestination, OxmFieldId.UdpSource, OxmFieldId.UdpDestination, OxmFieldId.SctpSource, OxmFieldId.SctpDestination);
        Set(128, true, OxmFieldId.Ipv6Source, OxmFieldId.Ipv6Destination, OxmFieldId.Ipv6NdTarget);
        // 20 bits, which take four bytes.
        fields[(int)OxmFieldId.Ipv6FlowLabel] = new OxmFieldInfo(20, 4, IsMaskable: true);
        fields[(int)OxmFieldId.MplsLabel] = new OxmFieldInfo(20, 4, IsMaskable: false);
        Set(1, false, OxmFieldId.MplsBottomOfStack);
        Set(24, true, OxmFieldId.PbbServiceId);
        Set(9, true, OxmFieldId.Ipv6ExtensionHeader);
        return fields;

        void Set(int bits, bool maskable, params ReadOnlySpan<OxmFieldId> ids)
        {
            foreach (OxmFieldId id in ids)
                fields[(int)id] = new OxmFieldInfo(bits, (bits + 7) / 8, maskable);
        }
    }
}

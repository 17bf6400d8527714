namespace OpenNetVM.Dpdk;

/// <summary>What a <see cref="DpdkPort"/> is asked for. All members but the device have a default.</summary>
public sealed record DpdkPortOptions
{
    /// <summary>
    /// DPDK's name of the device: a virtual one, driver and number ("net_af_packet0", "net_null1"), or the PCI address of a NIC that is bound to VFIO
    /// ("0000:03:00.0").
    /// </summary>
    public required string Device { get; init; }

    /// <summary>The device's arguments, as its driver's page in DPDK's guide lists them ("iface=eth1"); empty for none.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>Name for people, logs and metrics; null for the device's.</summary>
    public string? Name { get; init; }

    /// <summary>Number of receive queues, at least 1. More than one need a device that spreads packets by a hash (RSS), or a driver whose queues are files or rings.</summary>
    public int ReceiveQueues { get; init; } = 1;

    /// <summary>Number of transmit queues, at least 1: one for each worker that sends is best.</summary>
    public int TransmitQueues { get; init; } = 1;

    /// <summary>Places for packets in each receive queue; brought to what the device allows. Default 1,024.</summary>
    public int ReceiveDescriptors { get; init; } = 1_024;

    /// <summary>Places for packets in each transmit queue; brought to what the device allows. Default 1,024.</summary>
    public int TransmitDescriptors { get; init; } = 1_024;

    /// <summary>Whether frames for other stations are received as well, as a middlebox wants. Default true.</summary>
    public bool Promiscuous { get; init; } = true;

    /// <summary>Most bytes of a frame behind its Ethernet header and one VLAN tag, 68 to 65,000; null for what the device has (usually 1,500).</summary>
    public int? Mtu { get; init; }

    /// <summary>
    /// The access port of a VLAN: the device removes the tag of what it receives, which must carry this VLAN id (1 to 4,094), and tags what it sends.
    /// Null leaves tags in the frames. A device that cannot do it is refused at start.
    /// </summary>
    public ushort? AccessVlan { get; init; }

    /// <summary>VLAN ids that the device lets in; empty for all. A device that cannot filter is refused at start.</summary>
    public IReadOnlyList<ushort> VlanFilter { get; init; } = [];

    /// <summary>
    /// Whether frames whose IPv4, TCP or UDP checksum the device found wrong are dropped and counted (<see cref="DpdkPort.BadChecksums"/>). A device that does not check is refused at
    /// start.
    /// </summary>
    public bool DropBadChecksums { get; init; }

    /// <summary>
    /// Whether checksums that are 0 in sent frames are filled in: of IPv4 headers, TCP and UDP, by the device where it can and in software where it cannot. A function asks for one by
    /// writing 0 into its field; others go out as they are, so that what was damaged on its way stays recognisable. A UDP datagram without a checksum (RFC 768 allows that
    /// with IPv4) gets one too. Fragments, and IPv6 with extension headers, are left as they are, tunnels' inner headers too. Default false.
    /// </summary>
    public bool FillChecksums { get; init; }

    /// <summary>Where received frames are placed. Default <see cref="DpdkPlacement.Automatic"/>.</summary>
    public DpdkPlacement Placement { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Device);
        ArgumentNullException.ThrowIfNull(Arguments);
        Check(ReceiveQueues, 1, 1_024, nameof(ReceiveQueues));
        Check(TransmitQueues, 1, 1_024, nameof(TransmitQueues));
        Check(ReceiveDescriptors, 8, 32_768, nameof(ReceiveDescriptors));
        Check(TransmitDescriptors, 8, 32_768, nameof(TransmitDescriptors));
        if (Mtu is { } mtu)
            Check(mtu, 68, 65_000, nameof(Mtu));
        if (AccessVlan is { } vlan)
            Check(vlan, 1, 4_094, nameof(AccessVlan));
        foreach (ushort admitted in VlanFilter)
            Check(admitted, 0, 4_095, nameof(VlanFilter));
        if (Placement is < DpdkPlacement.Automatic or > DpdkPlacement.Copied)
            throw new ArgumentOutOfRangeException(nameof(Placement), Placement, "Unknown placement.");
    }

    private static void Check(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"DpdkPortOptions.{name} is {value}, but must be {least} to {most}.");
    }
}

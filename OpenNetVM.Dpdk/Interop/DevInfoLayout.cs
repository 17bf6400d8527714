namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_eth_dev_info.</summary>
internal sealed record DevInfoLayout
{
    public int Size { get; init; } = 376;

    /// <summary>Address of the struct rte_device.</summary>
    public int Device { get; init; }

    /// <summary>Address of the driver's name, zero-terminated.</summary>
    public int DriverName { get; init; } = 8;
    public int InterfaceIndex { get; init; } = 16;

    /// <summary>16 bits.</summary>
    public int MinMtu { get; init; } = 20;

    /// <summary>16 bits.</summary>
    public int MaxMtu { get; init; } = 22;

    /// <summary>Address of 32 bits of flags.</summary>
    public int DeviceFlags { get; init; } = 24;
    public int MinRxBufferSize { get; init; } = 32;

    /// <summary>32 bits.</summary>
    public required int MaxRxPacketLength { get; init; }

    /// <summary>32 bits.</summary>
    public required int MaxLroPacketSize { get; init; }

    /// <summary>16 bits.</summary>
    public required int MaxRxQueues { get; init; }

    /// <summary>16 bits.</summary>
    public required int MaxTxQueues { get; init; }

    /// <summary>32 bits.</summary>
    public required int MaxMacAddresses { get; init; }

    /// <summary>64 bits, as the three that follow.</summary>
    public int RxOffloads { get; init; } = 72;
    public int TxOffloads { get; init; } = 80;
    public int RxQueueOffloads { get; init; } = 88;
    public int TxQueueOffloads { get; init; } = 96;

    /// <summary>16 bits.</summary>
    public int RetaSize { get; init; } = 104;

    /// <summary>8 bits.</summary>
    public int HashKeySize { get; init; } = 106;

    /// <summary>64 bits: RTE_ETH_RSS_*.</summary>
    public int FlowTypeRssOffloads { get; init; } = 112;

    /// <summary>struct rte_eth_rxconf: fields in <see cref="EthQueueLayout"/>.</summary>
    public int DefaultRxConf { get; init; } = 120;

    /// <summary>struct rte_eth_txconf: fields in <see cref="EthQueueLayout"/>.</summary>
    public int DefaultTxConf { get; init; } = 200;

    /// <summary>struct rte_eth_desc_lim: fields in <see cref="EthQueueLayout"/>.</summary>
    public int RxDescriptorLimits { get; init; } = 262;
    public int TxDescriptorLimits { get; init; } = 272;

    /// <summary>32 bits: RTE_ETH_LINK_SPEED_*.</summary>
    public int SpeedCapabilities { get; init; } = 284;

    /// <summary>16 bits: as configured.</summary>
    public int RxQueueCount { get; init; } = 288;

    /// <summary>16 bits: as configured.</summary>
    public int TxQueueCount { get; init; } = 290;

    /// <summary>64 bits: RTE_ETH_DEV_CAPA_*.</summary>
    public int DeviceCapabilities { get; init; } = 312;

    /// <summary>struct rte_eth_switch_info.</summary>
    public int SwitchInfo { get; init; } = 320;
}

namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_eth_conf.</summary>
internal sealed record EthConfLayout
{
    public required int Size { get; init; }
    public int LinkSpeeds { get; init; }

    /// <summary>rxmode.mq_mode, 32 bits.</summary>
    public int RxMultiQueueMode { get; init; } = 8;

    /// <summary>rxmode.mtu, 32 bits.</summary>
    public int RxMtu { get; init; } = 12;

    /// <summary>rxmode.max_lro_pkt_size, 32 bits.</summary>
    public int RxMaxLroPacketSize { get; init; } = 16;

    /// <summary>rxmode.offloads, 64 bits.</summary>
    public int RxOffloads { get; init; } = 24;

    /// <summary>txmode.mq_mode, 32 bits.</summary>
    public int TxMultiQueueMode { get; init; } = 64;

    /// <summary>txmode.offloads, 64 bits.</summary>
    public int TxOffloads { get; init; } = 72;

    public int LoopbackMode { get; init; } = 120;

    /// <summary>rx_adv_conf.rss_conf: fields in <see cref="EthRssLayout"/>.</summary>
    public int RssConf { get; init; } = 128;

    /// <summary>intr_conf, 32 bits: bit 0 link state changes, bit 1 receive queues.</summary>
    public required int InterruptConf { get; init; }
}

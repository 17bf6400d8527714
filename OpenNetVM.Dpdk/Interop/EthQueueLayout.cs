namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_eth_rxconf and struct rte_eth_txconf: the same in every known ABI.</summary>
internal static class EthQueueLayout
{
    public const int RxConfSize = 80;
    public const int RxFreeThreshold = 4;
    public const int RxDropEnabled = 6;
    public const int RxDeferredStart = 7;
    public const int RxSegments = 8;
    public const int RxOffloads = 16;

    public const int TxConfSize = 56;
    public const int TxRsThreshold = 4;
    public const int TxFreeThreshold = 6;
    public const int TxDeferredStart = 8;
    public const int TxOffloads = 16;

    // struct rte_eth_desc_lim: 16 bits each.
    public const int DescriptorLimitSize = 10;
    public const int DescriptorMaximum = 0;
    public const int DescriptorMinimum = 2;
    public const int DescriptorAlignment = 4;
    public const int SegmentMaximum = 6;
    public const int MtuSegmentMaximum = 8;
}

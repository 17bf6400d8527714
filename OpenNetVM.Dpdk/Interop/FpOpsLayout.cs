namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_eth_fp_ops, one entry a port of the exported table rte_eth_fp_ops.</summary>
internal sealed record FpOpsLayout
{
    /// <summary>From one port's entry to the next's: the same in every known ABI.</summary>
    public const int Stride = 128;

    /// <summary>The receive function: rx_pkt_burst(queue, mbufs, count).</summary>
    public required int RxBurst { get; init; }

    /// <summary>The array of receive queues' data, by queue.</summary>
    public required int RxQueueData { get; init; }

    /// <summary>The array of receive callback lists, by queue; an element is null where nobody asked for callbacks.</summary>
    public required int RxQueueCallbacks { get; init; }

    public required int TxBurst { get; init; }

    /// <summary>May be null where the port is not started.</summary>
    public required int TxPrepare { get; init; }

    public required int TxQueueData { get; init; }

    public required int TxQueueCallbacks { get; init; }
}

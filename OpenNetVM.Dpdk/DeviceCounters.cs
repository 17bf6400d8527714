namespace OpenNetVM.Dpdk;

/// <summary>What a device counted of losses (rte_eth_stats).</summary>
internal readonly record struct DeviceCounters(long Missed, long ReceiveErrors, long NoBuffer, long TransmitErrors);

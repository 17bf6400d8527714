namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_eth_stats and in those of the extended statistics: the same in every known ABI, though the size of rte_eth_stats is not.</summary>
internal static class EthStatsLayout
{
    public const int InPackets = 0;
    public const int OutPackets = 8;
    public const int InBytes = 16;
    public const int OutBytes = 24;
    public const int InMissed = 32;
    public const int InErrors = 40;
    public const int OutErrors = 48;
    public const int RxNoMbuf = 56;

    public const int ExtendedSize = 16;
    public const int ExtendedId = 0;
    public const int ExtendedValue = 8;
    public const int ExtendedNameSize = 64;
}

namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_eth_rss_conf and struct rte_eth_rss_reta_entry64: the same in every known ABI.</summary>
internal static class EthRssLayout
{
    /// <summary>Of the newest ABI, which has a field more at the end: never allocate less.</summary>
    public const int LargestConfSize = 32;
    public const int Key = 0;
    public const int KeyLength = 8;
    public const int HashFunctions = 16;

    public const int RetaEntrySize = 136;
    public const int RetaMask = 0;
    public const int Reta = 8;
    public const int RetaEntriesPerGroup = 64;
}

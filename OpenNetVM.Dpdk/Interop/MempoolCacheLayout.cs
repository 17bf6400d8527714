namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_mempool_cache, the cache of one lcore.</summary>
/// <remarks>
/// The offsets are the same in every known ABI, the rules are not: 26.07 changed how full a cache may be. It may be looked into, not written to.
/// </remarks>
internal static class MempoolCacheLayout
{
    public const int Size = 8256;
    public const int Capacity = 0;
    public const int FlushThreshold = 4;
    public const int Length = 8;
    public const int Objects = 64;
}

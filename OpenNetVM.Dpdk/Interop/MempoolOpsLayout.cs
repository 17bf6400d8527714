namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_mempool_ops and in the exported table of them, rte_mempool_ops_table: the same in every known ABI.</summary>
internal static class MempoolOpsLayout
{
    public const int Name = 0;
    public const int NameLength = 32;
    public const int Alloc = 32;
    public const int Free = 40;
    public const int Enqueue = 48;
    public const int Dequeue = 56;
    public const int GetCount = 64;

    /// <summary>From one entry of the table to the next.</summary>
    public const int Stride = 128;

    /// <summary>In the table: how many entries are in use.</summary>
    public const int TableCount = 4;

    /// <summary>In the table: the first entry.</summary>
    public const int TableEntries = 64;

    /// <summary>RTE_MEMPOOL_MAX_OPS_IDX.</summary>
    public const int TableCapacity = 16;
}

namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_mempool: the same in every known ABI.</summary>
internal static class MempoolLayout
{
    public const int Size = 192;
    public const int PoolData = 32;
    public const int Flags = 56;
    public const int SocketId = 60;
    public const int ObjectCount = 64;
    public const int CacheSize = 68;
    public const int ElementSize = 72;
    public const int HeaderSize = 76;
    public const int TrailerSize = 80;
    public const int PrivateDataSize = 84;
    public const int OpsIndex = 88;
    public const int LocalCache = 96;
    public const int PopulatedSize = 104;

    /// <summary>
    /// What stands before every object: struct rte_mempool_objhdr (next and previous object, pool, IO address), padded to a cache line.
    /// A pool may ask for more (header_size), never for less.
    /// </summary>
    public const int ObjectHeaderSize = 64;

    /// <summary>In an object's header, from its start: the address of the pool.</summary>
    public const int ObjectHeaderPool = 8;

    /// <summary>In an object's header, from its start: the IO address of the object.</summary>
    public const int ObjectHeaderIova = 16;

    /// <summary>In struct rte_pktmbuf_pool_private, which follows the struct and its caches: 16 bits each.</summary>
    public const int PrivateDataRoomSize = 0;
    public const int PrivateMbufPrivSize = 2;
}

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

    /// <summary>header_size of a pool that asks for nothing special: struct rte_mempool_objhdr, which ends where the object begins, with padding before it.</summary>
    public const int ObjectHeaderSize = 64;

    /// <summary>In the header, counted from the object, before which it stands: the address of the pool.</summary>
    public const int ObjectHeaderPool = -16;

    /// <summary>In the header, counted from the object, before which it stands: the IO address of the object.</summary>
    public const int ObjectHeaderIova = -8;

    /// <summary>In struct rte_pktmbuf_pool_private, which follows the struct and its caches: 16 bits each.</summary>
    public const int PrivateDataRoomSize = 0;
    public const int PrivateMbufPrivSize = 2;
}

using System.Runtime.CompilerServices;

namespace OpenNetVM.Dpdk.Interop;

internal static unsafe partial class LayoutCheck
{
    private const int PoolObjects = 255;
    private const int PoolCache = 32;
    private const int PoolPrivate = 24;
    private const int PoolRoom = 1_128;
    private const int Headroom = 128;

    private static void Pool(DpdkLibrary library, LayoutFindings findings)
    {
        const string Name = "opennetvm_check";
        fixed (byte* name = "opennetvm_check\0"u8)
        {
            var create = (delegate* unmanaged<byte*, uint, uint, ushort, ushort, int, byte*>)library.Symbol("rte_pktmbuf_pool_create");
            byte* pool = create(name, PoolObjects, PoolCache, PoolPrivate, PoolRoom, AnySocket);
            if (pool == null)
            {
                int error = Rte.Errno();
                throw new DpdkException("rte_pktmbuf_pool_create", error,
                    $"DPDK has no memory for a small pool of packets (errno {error}, {Rte.ErrorText(error)}). Give it more: EalOptions.MainMemoryMegabytes, or more huge pages (sysctl vm.nr_hugepages=512).");
            }

            try
            {
                findings.ExpectText("rte_mempool.name", pool, Name);
                PoolFields(pool, findings);
                if (PoolOps(library, pool, findings) is var ops && ops != null)
                    PoolObject(library, pool, ops, findings);
            }
            finally
            {
                ((delegate* unmanaged<byte*, void>)library.Symbol("rte_mempool_free"))(pool);
            }
        }
    }

    private static void PoolFields(byte* pool, LayoutFindings findings)
    {
        findings.Expect("rte_mempool.pool_data", Pointer(pool, MempoolLayout.PoolData) != 0, "is null");
        findings.Expect("rte_mempool.size", UInt32(pool, MempoolLayout.ObjectCount), PoolObjects);
        findings.Expect("rte_mempool.cache_size", UInt32(pool, MempoolLayout.CacheSize), PoolCache);
        findings.Expect("rte_mempool.elt_size", UInt32(pool, MempoolLayout.ElementSize), MbufLayout.Size + PoolPrivate + PoolRoom);
        findings.Expect("rte_mempool.header_size", UInt32(pool, MempoolLayout.HeaderSize), MempoolLayout.ObjectHeaderSize);
        findings.Expect("rte_mempool.private_data_size", UInt32(pool, MempoolLayout.PrivateDataSize) is >= 4 and <= 128, "is not the size of a few fields");
        findings.Expect("rte_mempool.populated_size", UInt32(pool, MempoolLayout.PopulatedSize), PoolObjects);
        nint cache = Pointer(pool, MempoolLayout.LocalCache);
        // The caches follow the structure, so this is also its size.
        findings.Expect("rte_mempool.local_cache", (ulong)cache, (ulong)pool + MempoolLayout.Size);
        if (cache != (nint)pool + MempoolLayout.Size)
            return;
        for (int lcore = 0; lcore < 2; lcore++)
        {
            byte* own = (byte*)cache + (lcore * MempoolCacheLayout.Size);
            findings.Expect("rte_mempool_cache.size", UInt32(own, MempoolCacheLayout.Capacity), PoolCache);
            findings.Expect("rte_mempool_cache.flushthresh", UInt32(own, MempoolCacheLayout.FlushThreshold) is >= PoolCache and <= 2 * PoolCache, "is not between the size and its double");
            findings.Expect("rte_mempool_cache.len", UInt32(own, MempoolCacheLayout.Length), 0);
        }
    }

    /// <summary>The pool's entry in the table of operations; null if it is not what it has to be.</summary>
    private static byte* PoolOps(DpdkLibrary library, byte* pool, LayoutFindings findings)
    {
        byte* table = (byte*)library.Symbol("rte_mempool_ops_table");
        uint count = UInt32(table, MempoolOpsLayout.TableCount);
        uint index = UInt32(pool, MempoolLayout.OpsIndex);
        findings.Expect("rte_mempool_ops_table.num_ops", count is > 0 and <= MempoolOpsLayout.TableCapacity, "is not a count of 1 to 16");
        findings.Expect("rte_mempool.ops_index", index < count, "is not an index of the table");
        if (count > MempoolOpsLayout.TableCapacity || index >= count)
            return null;
        byte* ops = table + MempoolOpsLayout.TableEntries + (index * MempoolOpsLayout.Stride);
        byte* best = ((delegate* unmanaged<byte*>)library.Symbol("rte_mbuf_best_mempool_ops"))();
        int faults = findings.Fields.Count;
        findings.ExpectText("rte_mempool_ops.name", ops + MempoolOpsLayout.Name, new string((sbyte*)best));
        foreach ((string field, int offset) in (ReadOnlySpan<(string, int)>)[
            ("alloc", MempoolOpsLayout.Alloc), ("free", MempoolOpsLayout.Free), ("enqueue", MempoolOpsLayout.Enqueue),
            ("dequeue", MempoolOpsLayout.Dequeue), ("get_count", MempoolOpsLayout.GetCount)])
            findings.Expect($"rte_mempool_ops.{field}", Pointer(ops, offset) != 0, "is null");
        return findings.Fields.Count == faults ? ops : null;
    }

    private static void PoolObject(DpdkLibrary library, byte* pool, byte* ops, LayoutFindings findings)
    {
        var dequeue = (delegate* unmanaged<byte*, byte**, uint, int>)Pointer(ops, MempoolOpsLayout.Dequeue);
        var getCount = (delegate* unmanaged<byte*, uint>)Pointer(ops, MempoolOpsLayout.GetCount);
        byte* mbuf;
        findings.Expect("rte_mempool_ops.dequeue", dequeue(pool, &mbuf, 1) == 0, "does not give an object");
        findings.Expect("rte_mempool_ops.get_count", getCount(pool), PoolObjects - 1);
        if (getCount(pool) != PoolObjects - 1)
            return;

        findings.Expect("rte_mempool_objhdr.mp", (ulong)Pointer(mbuf, MempoolLayout.ObjectHeaderPool), (ulong)pool);
        findings.Expect("rte_mbuf.buf_addr", (ulong)Pointer(mbuf, MbufLayout.BufAddr), (ulong)mbuf + MbufLayout.Size + PoolPrivate);
        findings.Expect("rte_mbuf.data_off", UInt16(mbuf, MbufLayout.DataOff), Headroom);
        findings.Expect("rte_mbuf.refcnt", UInt16(mbuf, MbufLayout.RefCnt), 1);
        findings.Expect("rte_mbuf.nb_segs", UInt16(mbuf, MbufLayout.NbSegs), 1);
        findings.Expect("rte_mbuf.port", UInt16(mbuf, MbufLayout.Port), ushort.MaxValue);
        findings.Expect("rte_mbuf.buf_len", UInt16(mbuf, MbufLayout.BufLen), PoolRoom);
        findings.Expect("rte_mbuf.pool", (ulong)Pointer(mbuf, MbufLayout.Pool), (ulong)pool);
        findings.Expect("rte_mbuf.next", (ulong)Pointer(mbuf, MbufLayout.Next), 0);
        findings.Expect("rte_mbuf.priv_size", UInt16(mbuf, MbufLayout.PrivSize), PoolPrivate);

        // DPDK's own check compares the lengths with each other.
        var check = (delegate* unmanaged<byte*, int, byte**, int>)library.Symbol("rte_mbuf_check");
        byte* reason;
        *(uint*)(mbuf + MbufLayout.PktLen) = 100;
        *(ushort*)(mbuf + MbufLayout.DataLen) = 100;
        findings.Expect("rte_mbuf.pkt_len", check(mbuf, 1, &reason) == 0, "is not what rte_mbuf_check compares");
        *(ushort*)(mbuf + MbufLayout.DataLen) = 99;
        findings.Expect("rte_mbuf.data_len", check(mbuf, 1, &reason) != 0, "is not what rte_mbuf_check compares");
        *(ushort*)(mbuf + MbufLayout.DataLen) = 100;

        ((delegate* unmanaged<byte**, uint, void>)library.Symbol("rte_pktmbuf_free_bulk"))(&mbuf, 1);
        findings.Expect("rte_pktmbuf_free_bulk", ((delegate* unmanaged<byte*, uint>)library.Symbol("rte_mempool_avail_count"))(pool), PoolObjects);
    }

    /// <summary>SOCKET_ID_ANY.</summary>
    private const int AnySocket = -1;

    private static nint Pointer(byte* start, int offset) => Unsafe.ReadUnaligned<nint>(start + offset);

    private static uint UInt32(byte* start, int offset) => Unsafe.ReadUnaligned<uint>(start + offset);

    private static ushort UInt16(byte* start, int offset) => Unsafe.ReadUnaligned<ushort>(start + offset);
}

using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>rte_mempool.h: what of it is exported.</summary>
internal static unsafe partial class Rte
{
    [LibraryImport(RteLibraries.Mempool)]
    public static partial int rte_mempool_register_ops(void* ops);

    [LibraryImport(RteLibraries.Mempool, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rte_mempool_create_empty(string name, uint count, uint elementSize, uint cacheSize, uint privateSize, int socket, uint flags);

    [LibraryImport(RteLibraries.Mempool, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rte_mempool_set_ops_byname(nint pool, string name, nint configuration);

    [LibraryImport(RteLibraries.Mempool)]
    public static partial int rte_mempool_populate_iova(nint pool, void* address, ulong iova, nuint length, nint freeCallback, nint opaque);

    [LibraryImport(RteLibraries.Mempool)]
    public static partial void rte_mempool_free(nint pool);
}

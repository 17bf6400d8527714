using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>rte_mbuf.h: what of it is exported.</summary>
internal static unsafe partial class Rte
{
    [LibraryImport(RteLibraries.Mbuf)]
    public static partial void rte_pktmbuf_pool_init(nint pool, void* privateArea);

    [LibraryImport(RteLibraries.Mbuf, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rte_pktmbuf_pool_create(string name, uint count, uint cacheSize, ushort privateSize, ushort dataRoom, int socket);

    [LibraryImport(RteLibraries.Mbuf)]
    public static partial void rte_pktmbuf_free_bulk(nint* mbufs, uint count);
}

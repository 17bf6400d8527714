using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

internal static unsafe partial class Rte
{
    /// <summary>Pins the calling thread. Once per process. -1 and rte_errno.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_eal_init(int argumentCount, byte** arguments);

    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_eal_cleanup();

    [LibraryImport(RteLibraries.Eal)]
    public static partial nint rte_version();

    /// <summary>Text in a buffer of the calling thread.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial nint rte_strerror(int errorCode);

    /// <summary>enum rte_iova_mode: 0 none of both, 1 physical, 2 virtual addresses.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_eal_iova_mode();

    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_eal_has_hugepages();

    /// <summary>A negated errno.</summary>
    [LibraryImport(RteLibraries.Eal, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rte_eal_hotplug_add(string bus, string device, string arguments);

    /// <summary>A negated errno.</summary>
    [LibraryImport(RteLibraries.Eal, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rte_eal_hotplug_remove(string bus, string device);

    /// <summary>Gives the calling thread an lcore id, and with it the caches of pools. -1 and rte_errno; a thread that ends without unregistering leaks its id.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_thread_register();

    [LibraryImport(RteLibraries.Eal)]
    public static partial void rte_thread_unregister();

    /// <summary>The NUMA node of the calling thread's lcore; -1 for any.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial uint rte_socket_id();

    [LibraryImport(RteLibraries.Eal)]
    public static partial uint rte_socket_count();

    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_socket_id_by_idx(uint index);

    /// <summary>Makes memory of the application known to DPDK. -1 and rte_errno.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_extmem_register(void* address, nuint length, ulong* ioAddresses, uint pageCount, nuint pageSize);

    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_extmem_unregister(void* address, nuint length);

    /// <summary>Lets a device reach registered memory. -1 and rte_errno.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_dev_dma_map(nint device, void* address, ulong iova, nuint length);

    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_dev_dma_unmap(nint device, void* address, ulong iova, nuint length);

    /// <summary>ulong.MaxValue (RTE_BAD_IOVA) where it is unknown.</summary>
    [LibraryImport(RteLibraries.Eal)]
    public static partial ulong rte_mem_virt2iova(void* address);

    /// <summary>Where log lines go: a FILE of the C library.</summary>
    [LibraryImport(RteLibraries.Log)]
    public static partial int rte_openlog_stream(nint file);

    [LibraryImport(RteLibraries.Log)]
    public static partial void rte_log_set_global_level(uint level);

    [LibraryImport(RteLibraries.Log, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rte_log_set_level_pattern(string pattern, uint level);

    [LibraryImport(RteLibraries.Eal, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rte_memzone_lookup(string name);

    [LibraryImport(RteLibraries.Eal, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rte_memzone_reserve(string name, nuint length, int socket, uint flags);

    [LibraryImport(RteLibraries.Eal)]
    public static partial int rte_memzone_free(nint memzone);
}

using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>rte_ethdev.h: what of it is exported. Results below 0 are negative error numbers.</summary>
internal static unsafe partial class Rte
{
    /// <summary>DPDK's limit of ports in a process.</summary>
    public const int MaxPorts = 32;

    [LibraryImport(RteLibraries.Ethdev, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rte_eth_dev_get_port_by_name(string name, out ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_info_get(ushort port, void* info);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_configure(ushort port, ushort receiveQueues, ushort transmitQueues, void* configuration);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_adjust_nb_rx_tx_desc(ushort port, ref ushort receive, ref ushort transmit);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_rx_queue_setup(ushort port, ushort queue, ushort descriptors, uint socket, void* configuration, nint pool);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_tx_queue_setup(ushort port, ushort queue, ushort descriptors, uint socket, void* configuration);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_start(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_stop(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_close(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_socket_id(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_macaddr_get(ushort port, void* address);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_set_mtu(ushort port, ushort mtu);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_get_mtu(ushort port, out ushort mtu);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_promiscuous_enable(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_promiscuous_disable(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_promiscuous_get(ushort port);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_link_get_nowait(ushort port, void* link);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_dev_vlan_filter(ushort port, ushort vlan, int on);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_stats_get(ushort port, void* statistics);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_xstats_get_names(ushort port, void* names, uint size);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial int rte_eth_xstats_get(ushort port, void* values, uint size);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial ushort rte_eth_call_rx_callbacks(ushort port, ushort queue, nint* mbufs, ushort received, ushort asked, nint opaque);

    [LibraryImport(RteLibraries.Ethdev)]
    public static partial ushort rte_eth_call_tx_callbacks(ushort port, ushort queue, nint* mbufs, ushort count, nint opaque);
}

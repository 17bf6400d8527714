using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

internal static unsafe partial class LayoutCheck
{
    private const string CheckedDevice = "net_null_opennetvm_check";

    /// <summary>Above the size of every structure here.</summary>
    private const int BlockSize = 4_096;

    private const ushort RxQueues = 1;
    private const ushort TxQueues = 2;

    // net_null is there wherever drivers are installed at all, and what it says of itself is known. Without it the pool and the burst functions stand for the ABI.
    private static void Port(DpdkLibrary library, DpdkLayout layout, LayoutFindings findings)
    {
        if (Rte.rte_eal_hotplug_add("vdev", CheckedDevice, "") < 0)
            return;
        byte* block = (byte*)NativeMemory.Alloc(BlockSize);
        try
        {
            ushort port;
            fixed (byte* name = "net_null_opennetvm_check\0"u8)
            {
                if (((delegate* unmanaged<byte*, ushort*, int>)library.Symbol("rte_eth_dev_get_port_by_name"))(name, &port) != 0)
                    return;
            }

            PortConf(library, layout, port, block, findings);
            PortInfo(library, layout.DevInfo, port, block, findings);

            LayoutFindings.Fill(block, BlockSize);
            if (((delegate* unmanaged<ushort, byte*, int>)library.Symbol("rte_eth_stats_get"))(port, block) == 0)
                findings.ExpectSize("rte_eth_stats", block, BlockSize, layout.EthStatsSize);
        }
        finally
        {
            NativeMemory.Free(block);
            _ = Rte.rte_eal_hotplug_remove("vdev", CheckedDevice);
        }
    }

    private static void PortConf(DpdkLibrary library, DpdkLayout layout, ushort port, byte* block, LayoutFindings findings)
    {
        NativeMemory.Clear(block, BlockSize);
        // 1 is RTE_ETH_MQ_RX_RSS.
        *(uint*)(block + layout.EthConf.RxMultiQueueMode) = 1;
        if (((delegate* unmanaged<ushort, ushort, ushort, byte*, int>)library.Symbol("rte_eth_dev_configure"))(port, RxQueues, TxQueues, block) != 0)
        {
            findings.Expect("rte_eth_conf", false, "is refused by rte_eth_dev_configure");
            return;
        }

        // Not promised to stay; without it nothing else could tell.
        if (!library.TrySymbol("rte_eth_dev_conf_get", out nint get))
            return;
        LayoutFindings.Fill(block, BlockSize);
        if (((delegate* unmanaged<ushort, byte*, int>)get)(port, block) != 0)
            return;
        findings.ExpectSize("rte_eth_conf", block, BlockSize, layout.EthConf.Size);
        findings.Expect("rte_eth_conf.rxmode.mq_mode", UInt32(block, layout.EthConf.RxMultiQueueMode), 1);
        findings.Expect("rte_eth_conf.rxmode.mtu", UInt32(block, layout.EthConf.RxMtu), 1_500);
    }

    private static void PortInfo(DpdkLibrary library, DevInfoLayout info, ushort port, byte* block, LayoutFindings findings)
    {
        LayoutFindings.Fill(block, BlockSize);
        if (((delegate* unmanaged<ushort, byte*, int>)library.Symbol("rte_eth_dev_info_get"))(port, block) != 0)
            return;
        findings.ExpectSize("rte_eth_dev_info", block, BlockSize, info.Size);
        findings.Expect("rte_eth_dev_info.device", Pointer(block, info.Device) != 0, "is null");
        if (Pointer(block, info.DriverName) is var driver and not 0)
            findings.ExpectText("rte_eth_dev_info.driver_name", (byte*)driver, "net_null");
        else
            findings.Expect("rte_eth_dev_info.driver_name", false, "is null");
        findings.Expect("rte_eth_dev_info.max_mtu", UInt16(block, info.MaxMtu), ushort.MaxValue);
        findings.Expect("rte_eth_dev_info.max_rx_pktlen", UInt32(block, info.MaxRxPacketLength), uint.MaxValue);
        ushort queues = UInt16(block, info.MaxRxQueues);
        findings.Expect("rte_eth_dev_info.max_rx_queues", queues >= TxQueues, "is not what net_null has");
        findings.Expect("rte_eth_dev_info.max_tx_queues", UInt16(block, info.MaxTxQueues), queues);
        findings.Expect("rte_eth_dev_info.max_mac_addrs", UInt32(block, info.MaxMacAddresses), 1);
        findings.Expect("rte_eth_dev_info.reta_size", UInt16(block, info.RetaSize), 128);
        findings.Expect("rte_eth_dev_info.flow_type_rss_offloads", (ulong)Pointer(block, info.FlowTypeRssOffloads) != 0, "is 0");
        DescriptorLimits("rx_desc_lim", info.RxDescriptorLimits);
        DescriptorLimits("tx_desc_lim", info.TxDescriptorLimits);
        findings.Expect("rte_eth_dev_info.nb_rx_queues", UInt16(block, info.RxQueueCount), RxQueues);
        findings.Expect("rte_eth_dev_info.nb_tx_queues", UInt16(block, info.TxQueueCount), TxQueues);
        // RTE_ETH_DEV_SWITCH_DOMAIN_ID_INVALID, behind the address of a name.
        findings.Expect("rte_eth_dev_info.switch_info.domain_id", UInt16(block, info.SwitchInfo + sizeof(nint)), ushort.MaxValue);

        void DescriptorLimits(string field, int offset)
        {
            findings.Expect($"rte_eth_dev_info.{field}.nb_max", UInt16(block, offset + EthQueueLayout.DescriptorMaximum), ushort.MaxValue);
            findings.Expect($"rte_eth_dev_info.{field}.nb_align", UInt16(block, offset + EthQueueLayout.DescriptorAlignment), 1);
        }
    }
}

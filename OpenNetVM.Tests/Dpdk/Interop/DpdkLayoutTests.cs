using System.ComponentModel;
using System.Globalization;
using OpenNetVM.Dpdk;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Tests.Support;
using Fields = OpenNetVM.Dpdk.Memory.Mbuf;

namespace OpenNetVM.Tests.Dpdk.Interop;

/// <summary>The tables and flags against the C compiler and the headers that are installed.</summary>
public class DpdkLayoutTests
{
    [Fact]
    public void Every_offset_size_and_flag_is_what_the_C_compiler_says()
    {
        string folder = Directory.CreateTempSubdirectory("opennetvm-tests-").FullName;
        try
        {
            string[] flags = PackageConfig("--cflags");
            int abi = AbiOf(PackageConfig("--modversion")[0]);
            (string Expression, long Ours)[] expected = [.. Expected(DpdkLayout.For(abi))];
            string source = Path.Combine(folder, "layout.c");
            File.WriteAllText(source, Program(expected.Select(entry => entry.Expression)));
            string program = Path.Combine(folder, "layout");
            Compile(folder, [.. flags, "-w", source, "-o", program]);

            long[] actual = [.. ChildProcess.Run(folder, program).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
            Assert.Equal(expected.Length, actual.Length);
            Assert.Empty(expected.Zip(actual).Where(pair => pair.First.Ours != pair.Second).Select(pair => $"{pair.First.Expression} is {pair.Second}, not {pair.First.Ours}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // 23.11 is ABI 24, and so are 24.03 and 24.07.
    private static int AbiOf(string version)
    {
        int[] parts = [.. version.Split('.', '-').Take(2).Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        return parts[1] >= 11 ? parts[0] + 1 : parts[0];
    }

    private static string Program(IEnumerable<string> expressions) => $$"""
        #include <stdio.h>
        #include <stddef.h>
        #include <rte_ethdev.h>
        #include <rte_mempool.h>
        #include <rte_mbuf.h>
        #define AT(type, field) offsetof(struct type, field)
        #define SIZE(type) sizeof(struct type)
        int main(void)
        {
            {{string.Join("\n    ", expressions.Select(expression => $"""printf("%lld\n", (long long)({expression}));"""))}}
            return 0;
        }
        """;

    private static string[] PackageConfig(string option)
    {
        try
        {
            ChildProcess process = ChildProcess.Run(RepositoryFiles.Root, "pkg-config", option, "libdpdk");
            if (process.ExitCode == 0)
                return process.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Win32Exception)
        {
        }

        Assert.Skip("needs DPDK's headers (apt-get install pkg-config libdpdk-dev)");
        return [];
    }

    private static void Compile(string folder, string[] arguments)
    {
        foreach (string compiler in (string[])["cc", "gcc", "clang"])
        {
            try
            {
                ChildProcess.Run(folder, compiler, arguments).ShouldSucceed();
                return;
            }
            catch (Win32Exception)
            {
            }
        }

        Assert.Skip("needs a C compiler (apt-get install gcc libc6-dev)");
    }

    private static IEnumerable<(string Expression, long Ours)> Expected(DpdkLayout layout) =>
    [
        .. Mbuf(), .. Mempool(), .. FpOps(layout.FpOps), .. Conf(layout.EthConf), .. Info(layout.DevInfo), .. Others(), .. Flags(),
        ("SIZE(rte_eth_stats)", layout.EthStatsSize),
    ];

    private static IEnumerable<(string Expression, long Ours)> Flags() =>
    [
        ("RTE_MBUF_F_EXTERNAL", (long)Fields.External),
        ("RTE_MBUF_F_RX_RSS_HASH", (long)Fields.ReceivedRssHash),
        ("RTE_MBUF_F_RX_L4_CKSUM_BAD", (long)Fields.ReceivedBadL4Checksum),
        ("RTE_MBUF_F_RX_IP_CKSUM_BAD", (long)Fields.ReceivedBadIpChecksum),
        ("RTE_MBUF_F_RX_VLAN_STRIPPED", (long)Fields.ReceivedVlanStripped),
        ("RTE_MBUF_F_TX_VLAN", (long)Fields.TransmitVlan),
        ("RTE_MBUF_F_TX_TCP_CKSUM", (long)Fields.TransmitTcpChecksum),
        ("RTE_MBUF_F_TX_UDP_CKSUM", (long)Fields.TransmitUdpChecksum),
        ("RTE_MBUF_F_TX_L4_MASK", (long)Fields.TransmitTransportMask),
        ("RTE_MBUF_F_TX_IP_CKSUM", (long)Fields.TransmitIpChecksum),
        ("RTE_MBUF_F_TX_IPV4", (long)Fields.TransmitIpv4),
        ("RTE_MBUF_F_TX_IPV6", (long)Fields.TransmitIpv6),
        ("RTE_MBUF_L2_LEN_BITS", TransmitChecksums.NetworkBits),
        ("RTE_MBUF_L3_LEN_BITS", TransmitChecksums.LengthBits),
        ("RTE_ETH_TX_OFFLOAD_IPV4_CKSUM", (long)TransmitChecksums.Ipv4),
        ("RTE_ETH_TX_OFFLOAD_UDP_CKSUM", (long)TransmitChecksums.Udp),
        ("RTE_ETH_TX_OFFLOAD_TCP_CKSUM", (long)TransmitChecksums.Tcp),
    ];

    private static IEnumerable<(string Expression, long Ours)> Mbuf() =>
    [
        ("SIZE(rte_mbuf)", MbufLayout.Size),
        ("AT(rte_mbuf, buf_addr)", MbufLayout.BufAddr),
        ("AT(rte_mbuf, buf_iova)", MbufLayout.BufIova),
        ("AT(rte_mbuf, rearm_data)", MbufLayout.RearmData),
        ("AT(rte_mbuf, data_off)", MbufLayout.DataOff),
        ("AT(rte_mbuf, refcnt)", MbufLayout.RefCnt),
        ("AT(rte_mbuf, nb_segs)", MbufLayout.NbSegs),
        ("AT(rte_mbuf, port)", MbufLayout.Port),
        ("AT(rte_mbuf, ol_flags)", MbufLayout.OlFlags),
        ("AT(rte_mbuf, packet_type)", MbufLayout.PacketType),
        ("AT(rte_mbuf, pkt_len)", MbufLayout.PktLen),
        ("AT(rte_mbuf, data_len)", MbufLayout.DataLen),
        ("AT(rte_mbuf, vlan_tci)", MbufLayout.VlanTci),
        ("AT(rte_mbuf, hash.rss)", MbufLayout.HashRss),
        ("AT(rte_mbuf, vlan_tci_outer)", MbufLayout.VlanTciOuter),
        ("AT(rte_mbuf, buf_len)", MbufLayout.BufLen),
        ("AT(rte_mbuf, pool)", MbufLayout.Pool),
        ("AT(rte_mbuf, next)", MbufLayout.Next),
        ("AT(rte_mbuf, tx_offload)", MbufLayout.TxOffload),
        ("AT(rte_mbuf, shinfo)", MbufLayout.ShInfo),
        ("AT(rte_mbuf, priv_size)", MbufLayout.PrivSize),
        ("AT(rte_mbuf, timesync)", MbufLayout.TimeSync),
        ("AT(rte_mbuf, dynfield1)", MbufLayout.DynField1),
    ];

    private static IEnumerable<(string Expression, long Ours)> Mempool() =>
    [
        ("SIZE(rte_mempool)", MempoolLayout.Size),
        ("AT(rte_mempool, pool_data)", MempoolLayout.PoolData),
        ("AT(rte_mempool, flags)", MempoolLayout.Flags),
        ("AT(rte_mempool, socket_id)", MempoolLayout.SocketId),
        ("AT(rte_mempool, size)", MempoolLayout.ObjectCount),
        ("AT(rte_mempool, cache_size)", MempoolLayout.CacheSize),
        ("AT(rte_mempool, elt_size)", MempoolLayout.ElementSize),
        ("AT(rte_mempool, header_size)", MempoolLayout.HeaderSize),
        ("AT(rte_mempool, trailer_size)", MempoolLayout.TrailerSize),
        ("AT(rte_mempool, private_data_size)", MempoolLayout.PrivateDataSize),
        ("AT(rte_mempool, ops_index)", MempoolLayout.OpsIndex),
        ("AT(rte_mempool, local_cache)", MempoolLayout.LocalCache),
        ("AT(rte_mempool, populated_size)", MempoolLayout.PopulatedSize),
        ("RTE_CACHE_LINE_ROUNDUP(SIZE(rte_mempool_objhdr))", MempoolLayout.ObjectHeaderSize),
        ("(int)AT(rte_mempool_objhdr, mp) - (int)SIZE(rte_mempool_objhdr)", MempoolLayout.ObjectHeaderPool),
        ("(int)AT(rte_mempool_objhdr, iova) - (int)SIZE(rte_mempool_objhdr)", MempoolLayout.ObjectHeaderIova),
        ("AT(rte_pktmbuf_pool_private, mbuf_data_room_size)", MempoolLayout.PrivateDataRoomSize),
        ("AT(rte_pktmbuf_pool_private, mbuf_priv_size)", MempoolLayout.PrivateMbufPrivSize),
        ("SIZE(rte_mempool_ops)", MempoolOpsLayout.Stride),
        ("AT(rte_mempool_ops, name)", MempoolOpsLayout.Name),
        ("RTE_MEMPOOL_OPS_NAMESIZE", MempoolOpsLayout.NameLength),
        ("AT(rte_mempool_ops, alloc)", MempoolOpsLayout.Alloc),
        ("AT(rte_mempool_ops, free)", MempoolOpsLayout.Free),
        ("AT(rte_mempool_ops, enqueue)", MempoolOpsLayout.Enqueue),
        ("AT(rte_mempool_ops, dequeue)", MempoolOpsLayout.Dequeue),
        ("AT(rte_mempool_ops, get_count)", MempoolOpsLayout.GetCount),
        ("AT(rte_mempool_ops_table, num_ops)", MempoolOpsLayout.TableCount),
        ("AT(rte_mempool_ops_table, ops)", MempoolOpsLayout.TableEntries),
        ("RTE_MEMPOOL_MAX_OPS_IDX", MempoolOpsLayout.TableCapacity),
        ("SIZE(rte_mempool_cache)", MempoolCacheLayout.Size),
        ("AT(rte_mempool_cache, size)", MempoolCacheLayout.Capacity),
        ("AT(rte_mempool_cache, flushthresh)", MempoolCacheLayout.FlushThreshold),
        ("AT(rte_mempool_cache, len)", MempoolCacheLayout.Length),
        ("AT(rte_mempool_cache, objs)", MempoolCacheLayout.Objects),
        ("SIZE(rte_memzone)", MemzoneLayout.Size),
        ("AT(rte_memzone, name)", MemzoneLayout.Name),
        ("RTE_MEMZONE_NAMESIZE", MemzoneLayout.NameLength),
        ("AT(rte_memzone, iova)", MemzoneLayout.Iova),
        ("AT(rte_memzone, addr)", MemzoneLayout.Address),
        ("AT(rte_memzone, len)", MemzoneLayout.Length),
    ];

    private static IEnumerable<(string Expression, long Ours)> FpOps(FpOpsLayout ops) =>
    [
        ("SIZE(rte_eth_fp_ops)", FpOpsLayout.Stride),
        ("AT(rte_eth_fp_ops, rx_pkt_burst)", ops.RxBurst),
        ("AT(rte_eth_fp_ops, rxq.data)", ops.RxQueueData),
        ("AT(rte_eth_fp_ops, rxq.clbk)", ops.RxQueueCallbacks),
        ("AT(rte_eth_fp_ops, tx_pkt_burst)", ops.TxBurst),
        ("AT(rte_eth_fp_ops, tx_pkt_prepare)", ops.TxPrepare),
        ("AT(rte_eth_fp_ops, txq.data)", ops.TxQueueData),
        ("AT(rte_eth_fp_ops, txq.clbk)", ops.TxQueueCallbacks),
    ];

    private static IEnumerable<(string Expression, long Ours)> Conf(EthConfLayout conf) =>
    [
        ("SIZE(rte_eth_conf)", conf.Size),
        ("AT(rte_eth_conf, link_speeds)", conf.LinkSpeeds),
        ("AT(rte_eth_conf, rxmode.mq_mode)", conf.RxMultiQueueMode),
        ("AT(rte_eth_conf, rxmode.mtu)", conf.RxMtu),
        ("AT(rte_eth_conf, rxmode.max_lro_pkt_size)", conf.RxMaxLroPacketSize),
        ("AT(rte_eth_conf, rxmode.offloads)", conf.RxOffloads),
        ("AT(rte_eth_conf, txmode.mq_mode)", conf.TxMultiQueueMode),
        ("AT(rte_eth_conf, txmode.offloads)", conf.TxOffloads),
        ("AT(rte_eth_conf, lpbk_mode)", conf.LoopbackMode),
        ("AT(rte_eth_conf, rx_adv_conf.rss_conf)", conf.RssConf),
        ("AT(rte_eth_conf, intr_conf)", conf.InterruptConf),
    ];

    private static IEnumerable<(string Expression, long Ours)> Info(DevInfoLayout info) =>
    [
        ("SIZE(rte_eth_dev_info)", info.Size),
        ("AT(rte_eth_dev_info, device)", info.Device),
        ("AT(rte_eth_dev_info, driver_name)", info.DriverName),
        ("AT(rte_eth_dev_info, if_index)", info.InterfaceIndex),
        ("AT(rte_eth_dev_info, min_mtu)", info.MinMtu),
        ("AT(rte_eth_dev_info, max_mtu)", info.MaxMtu),
        ("AT(rte_eth_dev_info, dev_flags)", info.DeviceFlags),
        ("AT(rte_eth_dev_info, min_rx_bufsize)", info.MinRxBufferSize),
        ("AT(rte_eth_dev_info, max_rx_pktlen)", info.MaxRxPacketLength),
        ("AT(rte_eth_dev_info, max_lro_pkt_size)", info.MaxLroPacketSize),
        ("AT(rte_eth_dev_info, max_rx_queues)", info.MaxRxQueues),
        ("AT(rte_eth_dev_info, max_tx_queues)", info.MaxTxQueues),
        ("AT(rte_eth_dev_info, max_mac_addrs)", info.MaxMacAddresses),
        ("AT(rte_eth_dev_info, rx_offload_capa)", info.RxOffloads),
        ("AT(rte_eth_dev_info, tx_offload_capa)", info.TxOffloads),
        ("AT(rte_eth_dev_info, rx_queue_offload_capa)", info.RxQueueOffloads),
        ("AT(rte_eth_dev_info, tx_queue_offload_capa)", info.TxQueueOffloads),
        ("AT(rte_eth_dev_info, reta_size)", info.RetaSize),
        ("AT(rte_eth_dev_info, hash_key_size)", info.HashKeySize),
        ("AT(rte_eth_dev_info, flow_type_rss_offloads)", info.FlowTypeRssOffloads),
        ("AT(rte_eth_dev_info, default_rxconf)", info.DefaultRxConf),
        ("AT(rte_eth_dev_info, default_txconf)", info.DefaultTxConf),
        ("AT(rte_eth_dev_info, rx_desc_lim)", info.RxDescriptorLimits),
        ("AT(rte_eth_dev_info, tx_desc_lim)", info.TxDescriptorLimits),
        ("AT(rte_eth_dev_info, speed_capa)", info.SpeedCapabilities),
        ("AT(rte_eth_dev_info, nb_rx_queues)", info.RxQueueCount),
        ("AT(rte_eth_dev_info, nb_tx_queues)", info.TxQueueCount),
        ("AT(rte_eth_dev_info, dev_capa)", info.DeviceCapabilities),
        ("AT(rte_eth_dev_info, switch_info)", info.SwitchInfo),
        ("AT(rte_eth_switch_info, domain_id)", sizeof(long)),
    ];

    private static IEnumerable<(string Expression, long Ours)> Others() =>
    [
        ("SIZE(rte_eth_link)", EthLinkLayout.Size),
        ("AT(rte_eth_link, link_speed)", EthLinkLayout.Speed),
        ("((const char *)&(const struct rte_eth_link){.link_duplex = 1})[4]", EthLinkLayout.FullDuplexMask),
        ("((const char *)&(const struct rte_eth_link){.link_autoneg = 1})[4]", EthLinkLayout.AutonegotiatedMask),
        ("((const char *)&(const struct rte_eth_link){.link_status = 1})[4]", EthLinkLayout.UpMask),
        ("RTE_ETH_SPEED_NUM_UNKNOWN", EthLinkLayout.UnknownSpeed),
        ("SIZE(rte_eth_rxconf)", EthQueueLayout.RxConfSize),
        ("AT(rte_eth_rxconf, rx_free_thresh)", EthQueueLayout.RxFreeThreshold),
        ("AT(rte_eth_rxconf, rx_drop_en)", EthQueueLayout.RxDropEnabled),
        ("AT(rte_eth_rxconf, rx_deferred_start)", EthQueueLayout.RxDeferredStart),
        ("AT(rte_eth_rxconf, rx_nseg)", EthQueueLayout.RxSegments),
        ("AT(rte_eth_rxconf, offloads)", EthQueueLayout.RxOffloads),
        ("SIZE(rte_eth_txconf)", EthQueueLayout.TxConfSize),
        ("AT(rte_eth_txconf, tx_rs_thresh)", EthQueueLayout.TxRsThreshold),
        ("AT(rte_eth_txconf, tx_free_thresh)", EthQueueLayout.TxFreeThreshold),
        ("AT(rte_eth_txconf, tx_deferred_start)", EthQueueLayout.TxDeferredStart),
        ("AT(rte_eth_txconf, offloads)", EthQueueLayout.TxOffloads),
        ("SIZE(rte_eth_desc_lim)", EthQueueLayout.DescriptorLimitSize),
        ("AT(rte_eth_desc_lim, nb_max)", EthQueueLayout.DescriptorMaximum),
        ("AT(rte_eth_desc_lim, nb_min)", EthQueueLayout.DescriptorMinimum),
        ("AT(rte_eth_desc_lim, nb_align)", EthQueueLayout.DescriptorAlignment),
        ("AT(rte_eth_desc_lim, nb_seg_max)", EthQueueLayout.SegmentMaximum),
        ("AT(rte_eth_desc_lim, nb_mtu_seg_max)", EthQueueLayout.MtuSegmentMaximum),
        ("AT(rte_eth_rss_conf, rss_key)", EthRssLayout.Key),
        ("AT(rte_eth_rss_conf, rss_key_len)", EthRssLayout.KeyLength),
        ("AT(rte_eth_rss_conf, rss_hf)", EthRssLayout.HashFunctions),
        ("SIZE(rte_eth_rss_conf) <= 32 ? 32 : 0", EthRssLayout.LargestConfSize),
        ("SIZE(rte_eth_rss_reta_entry64)", EthRssLayout.RetaEntrySize),
        ("AT(rte_eth_rss_reta_entry64, mask)", EthRssLayout.RetaMask),
        ("AT(rte_eth_rss_reta_entry64, reta)", EthRssLayout.Reta),
        ("RTE_ETH_RETA_GROUP_SIZE", EthRssLayout.RetaEntriesPerGroup),
        ("AT(rte_eth_stats, ipackets)", EthStatsLayout.InPackets),
        ("AT(rte_eth_stats, opackets)", EthStatsLayout.OutPackets),
        ("AT(rte_eth_stats, ibytes)", EthStatsLayout.InBytes),
        ("AT(rte_eth_stats, obytes)", EthStatsLayout.OutBytes),
        ("AT(rte_eth_stats, imissed)", EthStatsLayout.InMissed),
        ("AT(rte_eth_stats, ierrors)", EthStatsLayout.InErrors),
        ("AT(rte_eth_stats, oerrors)", EthStatsLayout.OutErrors),
        ("AT(rte_eth_stats, rx_nombuf)", EthStatsLayout.RxNoMbuf),
        ("SIZE(rte_eth_xstat)", EthStatsLayout.ExtendedSize),
        ("AT(rte_eth_xstat, id)", EthStatsLayout.ExtendedId),
        ("AT(rte_eth_xstat, value)", EthStatsLayout.ExtendedValue),
        ("SIZE(rte_eth_xstat_name)", EthStatsLayout.ExtendedNameSize),
    ];
}

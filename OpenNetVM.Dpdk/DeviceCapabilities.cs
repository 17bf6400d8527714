using System.Runtime.InteropServices;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk;

/// <summary>What a device can do (rte_eth_dev_info), and how it is told what to do (rte_eth_conf).</summary>
internal sealed unsafe class DeviceCapabilities
{
    private const int InfoBytes = 4_096;
    private const uint ReceiveRss = 1;

    // RTE_ETH_RX_OFFLOAD_* and RTE_ETH_TX_OFFLOAD_*
    private const ulong VlanStrip = 1;
    private const ulong Checksums = 0x2 | 0x4 | 0x8;
    private const ulong VlanFilter = 0x200;
    private const ulong RssHashOffload = 0x80000;
    private const ulong VlanInsert = 1;

    // RTE_ETH_RSS_*: IPv4 and IPv6, their fragments, TCP, UDP, and other protocols (by addresses): what the platform's own hash distinguishes.
    private const ulong HashedAddresses = (1UL << 2) | (1UL << 3) | (1UL << 7) | (1UL << 8) | (1UL << 9) | (1UL << 13);
    private const ulong HashedPorts = (1UL << 4) | (1UL << 5) | (1UL << 10) | (1UL << 11);

    private readonly DpdkLayout _layout;
    private readonly ulong _receiveOffloads;
    private readonly ulong _transmitOffloads;
    private readonly ulong _hashTypes;

    private DeviceCapabilities(DpdkLayout layout, byte* info)
    {
        _layout = layout;
        DevInfoLayout offsets = layout.DevInfo;
        Driver = Marshal.PtrToStringUTF8(*(nint*)(info + offsets.DriverName)) ?? "unknown driver";
        Device = *(nint*)(info + offsets.Device);
        MaxReceiveQueues = *(ushort*)(info + offsets.MaxRxQueues);
        MaxTransmitQueues = *(ushort*)(info + offsets.MaxTxQueues);
        _receiveOffloads = *(ulong*)(info + offsets.RxOffloads);
        _transmitOffloads = *(ulong*)(info + offsets.TxOffloads);
        _hashTypes = *(ulong*)(info + offsets.FlowTypeRssOffloads) & (HashedAddresses | HashedPorts);
        HashKeyBytes = *(info + offsets.HashKeySize);
    }

    internal string Driver { get; }

    /// <summary>The rte_device.</summary>
    internal nint Device { get; }

    internal int MaxReceiveQueues { get; }

    internal int MaxTransmitQueues { get; }

    internal byte HashKeyBytes { get; }

    /// <summary>The checksums that it computes as it sends.</summary>
    internal ulong TransmitChecksums => _transmitOffloads & Dpdk.TransmitChecksums.All;

    /// <summary>True if packets arrive with the hash that the platform wants: with the symmetric key, over addresses and, for TCP and UDP, ports.</summary>
    internal bool CanHash => (_receiveOffloads & RssHashOffload) != 0 && (_hashTypes & HashedPorts) != 0;

    internal static DeviceCapabilities Read(DpdkLayout layout, ushort port, string name)
    {
        byte* info = (byte*)NativeMemory.AllocZeroed(InfoBytes);
        try
        {
            int result = Rte.rte_eth_dev_info_get(port, info);
            return result == 0
                ? new DeviceCapabilities(layout, info)
                : throw new DpdkException("rte_eth_dev_info_get", -result, $"Device '{name}' did not tell what it can do: {Rte.ErrorText(-result)}.");
        }
        finally
        {
            NativeMemory.Free(info);
        }
    }

    /// <summary>Writes an rte_eth_conf. The block is zeroed and larger than any version's structure.</summary>
    internal void Fill(byte* configuration, DpdkPortOptions options, bool hashed, byte* key, byte keyLength, string name)
    {
        ulong receive = (hashed ? RssHashOffload : 0) | (options.DropBadChecksums ? Checksums : 0) | (options.AccessVlan is null ? 0 : VlanStrip) | (options.VlanFilter.Count == 0 ? 0 : VlanFilter);
        ulong transmit = (options.AccessVlan is null ? 0 : VlanInsert) | (options.FillChecksums ? TransmitChecksums : 0);
        Demand(options.AccessVlan is not null, VlanStrip, _receiveOffloads, nameof(options.AccessVlan), "remove VLAN tags", name);
        Demand(options.AccessVlan is not null, VlanInsert, _transmitOffloads, nameof(options.AccessVlan), "insert VLAN tags", name);
        Demand(options.VlanFilter.Count != 0, VlanFilter, _receiveOffloads, nameof(options.VlanFilter), "filter VLANs", name);
        Demand(options.DropBadChecksums, Checksums, _receiveOffloads, nameof(options.DropBadChecksums), "check checksums", name);

        EthConfLayout offsets = _layout.EthConf;
        *(uint*)(configuration + offsets.RxMtu) = (uint)(options.Mtu ?? 0);
        *(ulong*)(configuration + offsets.RxOffloads) = receive;
        *(ulong*)(configuration + offsets.TxOffloads) = transmit;
        if (_hashTypes == 0 || (!hashed && options.ReceiveQueues == 1))
            return;
        *(uint*)(configuration + offsets.RxMultiQueueMode) = ReceiveRss;
        byte* rss = configuration + offsets.RssConf;
        *(nint*)(rss + EthRssLayout.Key) = keyLength == 0 ? 0 : (nint)key;
        *(rss + EthRssLayout.KeyLength) = keyLength;
        *(ulong*)(rss + EthRssLayout.HashFunctions) = _hashTypes;
    }

    private void Demand(bool wanted, ulong bits, ulong offered, string option, string ability, string name)
    {
        if (wanted && (offered & bits) != bits)
            throw new DpdkException("rte_eth_dev_configure", 0, $"Device '{name}' ({Driver}) cannot {ability}, which DpdkPortOptions.{option} asks for.");
    }
}

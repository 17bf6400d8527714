using System.Runtime.InteropServices;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>DPDK's rte_mbuf, the fields that are used here: 128 bytes, the same in every known ABI (the self-check proves it at start).</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct Mbuf
{
    internal const int Size = MbufLayout.Size;

    /// <summary>Bytes that drivers leave before a received frame (RTE_PKTMBUF_HEADROOM).</summary>
    internal const int Headroom = 128;

    // ol_flags
    internal const ulong External = 1UL << 61;
    internal const ulong ReceivedRssHash = 1UL << 1;
    internal const ulong ReceivedBadL4Checksum = 1UL << 3;
    internal const ulong ReceivedBadIpChecksum = 1UL << 4;
    internal const ulong ReceivedVlanStripped = 1UL << 6;
    internal const ulong TransmitTcpChecksum = 1UL << 52;
    internal const ulong TransmitUdpChecksum = 3UL << 52;
    internal const ulong TransmitTransportMask = 3UL << 52;
    internal const ulong TransmitIpChecksum = 1UL << 54;
    internal const ulong TransmitIpv4 = 1UL << 55;
    internal const ulong TransmitIpv6 = 1UL << 56;
    internal const ulong TransmitVlan = 1UL << 57;

    // data_off, refcnt 1, one segment, no port: what a packet of one segment begins with.
    internal const ulong OneSegment = (1UL << 16) | (1UL << 32) | (0xFFFFUL << 48);

    // Times a length: pkt_len and data_len of a packet of one segment, as PacketLengthToVlan has them.
    internal const ulong OneLength = 1 | (1UL << 32);

    [FieldOffset(MbufLayout.BufAddr)] internal byte* BufferAddress;
    [FieldOffset(MbufLayout.BufIova)] internal ulong BufferIova;
    [FieldOffset(MbufLayout.DataOff)] internal ushort DataOffset;
    [FieldOffset(MbufLayout.RefCnt)] internal ushort ReferenceCount;
    [FieldOffset(MbufLayout.NbSegs)] internal ushort SegmentCount;

    // The three above and the port in one load or store.
    [FieldOffset(MbufLayout.RearmData)] internal ulong Rearm;
    [FieldOffset(MbufLayout.OlFlags)] internal ulong Flags;
    [FieldOffset(MbufLayout.PktLen)] internal uint PacketLength;

    // pkt_len, data_len and vlan_tci.
    [FieldOffset(MbufLayout.PktLen)] internal ulong PacketLengthToVlan;
    [FieldOffset(MbufLayout.DataLen)] internal ushort DataLength;

    // data_len, vlan_tci and, in the high half, the RSS hash.
    [FieldOffset(MbufLayout.DataLen)] internal ulong DataLengthToHash;
    [FieldOffset(MbufLayout.VlanTci)] internal ushort VlanTag;
    [FieldOffset(MbufLayout.HashRss)] internal uint RssHash;
    [FieldOffset(MbufLayout.BufLen)] internal ushort BufferLength;
    [FieldOffset(MbufLayout.Pool)] internal nint Pool;
    [FieldOffset(MbufLayout.Next)] internal Mbuf* Next;
    [FieldOffset(MbufLayout.TxOffload)] internal ulong TransmitOffload;
    [FieldOffset(MbufLayout.ShInfo)] internal SharedInfo* Shared;

    /// <summary>DPDK's rte_mbuf_ext_shared_info: counts the users of an attached buffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SharedInfo
    {
        internal delegate* unmanaged<void*, void*, void> Release;
        internal void* Argument;
        internal ushort ReferenceCount;
    }
}

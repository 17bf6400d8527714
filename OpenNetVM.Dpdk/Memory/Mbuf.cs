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
    internal const ulong TransmitVlan = 1UL << 57;

    // data_off, refcnt 1, one segment, no port: what a packet of one segment begins with.
    internal const ulong OneSegment = (1UL << 16) | (1UL << 32) | (0xFFFFUL << 48);

    // Times a length: pkt_len and data_len of a packet of one segment, as PacketLengthToVlan has them.
    internal const ulong OneLength = 1 | (1UL << 32);

    [FieldOffset(0)] internal byte* BufferAddress;
    [FieldOffset(8)] internal ulong BufferIova;
    [FieldOffset(16)] internal ushort DataOffset;
    [FieldOffset(18)] internal ushort ReferenceCount;
    [FieldOffset(20)] internal ushort SegmentCount;

    // The three above and the port in one load or store.
    [FieldOffset(16)] internal ulong Rearm;
    [FieldOffset(24)] internal ulong Flags;
    [FieldOffset(36)] internal uint PacketLength;

    // pkt_len, data_len and vlan_tci.
    [FieldOffset(36)] internal ulong PacketLengthToVlan;
    [FieldOffset(40)] internal ushort DataLength;

    // data_len, vlan_tci and, in the high half, the RSS hash.
    [FieldOffset(40)] internal ulong DataLengthToHash;
    [FieldOffset(42)] internal ushort VlanTag;
    [FieldOffset(44)] internal uint RssHash;
    [FieldOffset(54)] internal ushort BufferLength;
    [FieldOffset(56)] internal nint Pool;
    [FieldOffset(64)] internal Mbuf* Next;
    [FieldOffset(72)] internal ulong TransmitOffload;
    [FieldOffset(80)] internal SharedInfo* Shared;

    /// <summary>DPDK's rte_mbuf_ext_shared_info: counts the users of an attached buffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SharedInfo
    {
        internal delegate* unmanaged<void*, void*, void> Release;
        internal void* Argument;
        internal ushort ReferenceCount;
    }
}

using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>Stateless. What is done to received mbufs that are not plain: chains of segments, stripped tags.</summary>
internal static unsafe class MbufChain
{
    internal const int TagBytes = 4;
    private const int AddressBytes = 12;
    private const ushort VlanEtherType = 0x8100;

    // A chain is followed this far: no driver here makes longer ones, and one that is damaged must not hold the thread.
    private const int MostSegments = 64;

    internal static void Free(Mbuf* mbuf)
    {
        nint address = (nint)mbuf;
        Rte.rte_pktmbuf_free_bulk(&address, 1);
    }

    /// <summary>Brings all segments into the first one's buffer, if they fit.</summary>
    /// <param name="head">A received packet.</param>
    /// <param name="room">Bytes of the first segment's buffer.</param>
    internal static bool TryGather(Mbuf* head, uint room)
    {
        if (head->SegmentCount == 1)
            return head->DataOffset + head->PacketLength <= room;
        uint length = head->PacketLength;
        if (head->DataOffset + length > room || length > ushort.MaxValue)
            return false;
        CopyTo(head->Next, new Span<byte>(head->BufferAddress + head->DataOffset + head->DataLength, (int)(length - Math.Min(length, head->DataLength))));
        if (head->Next is not null)
            Free(head->Next);
        head->Next = null;
        head->SegmentCount = 1;
        head->DataLength = (ushort)length;
        return true;
    }

    /// <summary>Copies the segments' data; what the segments lack is zero.</summary>
    internal static void CopyTo(Mbuf* segment, Span<byte> target)
    {
        for (int i = 0; segment is not null && i < MostSegments && !target.IsEmpty; i++, segment = segment->Next)
        {
            int length = Math.Min(segment->DataLength, target.Length);
            new ReadOnlySpan<byte>(segment->BufferAddress + segment->DataOffset, length).CopyTo(target);
            target = target[length..];
        }

        target.Clear();
    }

    /// <summary>Puts the tag that the driver took out back into the frame, in front, where there is headroom.</summary>
    internal static bool TryInsertTag(Mbuf* mbuf, uint room)
    {
        if (mbuf->DataOffset < TagBytes || mbuf->PacketLength < AddressBytes || mbuf->PacketLength + TagBytes > room)
            return false;
        mbuf->DataOffset -= TagBytes;
        mbuf->PacketLength += TagBytes;
        mbuf->DataLength += TagBytes;
        InsertTag(mbuf->BufferAddress + mbuf->DataOffset, mbuf->VlanTag);
        return true;
    }

    /// <summary>Moves the addresses, which stand 4 bytes behind <paramref name="frame"/>, to its start, and writes the tag behind them (IEEE 802.1Q, 9.3).</summary>
    internal static void InsertTag(byte* frame, ushort tag)
    {
        new ReadOnlySpan<byte>(frame + TagBytes, AddressBytes).CopyTo(new Span<byte>(frame, AddressBytes));
        frame[AddressBytes] = VlanEtherType >> 8;
        frame[AddressBytes + 1] = VlanEtherType & 0xFF;
        frame[AddressBytes + 2] = (byte)(tag >> 8);
        frame[AddressBytes + 3] = (byte)tag;
    }
}

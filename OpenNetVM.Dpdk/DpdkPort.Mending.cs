using System.Runtime.CompilerServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

// Received packets that need more than being taken over: chains, tags, wrong checksums, frames in other memory.
public sealed unsafe partial class DpdkPort
{
    private const int VlanIdMask = 0xFFF;

    // What is not one segment in one of our buffers, or carries a flag: gathered, tagged again, hashed, or dropped by reason. False: the mbuf is freed and counted.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryMend(Running running, Mbuf* mbuf, ref PacketDescriptor descriptor, ref PortQueueCounters counters, PoolCache cache, out uint length)
    {
        length = 0;
        if ((mbuf->Flags & running.BadChecksumFlags) != 0)
        {
            Interlocked.Increment(ref _badChecksums);
            return Drop(mbuf, ref counters.DroppedError);
        }

        if (running.VlanTag != 0 && ((mbuf->Flags & Mbuf.ReceivedVlanStripped) == 0 || (mbuf->VlanTag & VlanIdMask) != running.VlanTag))
            return Drop(mbuf, ref counters.DroppedError);

        bool ours = running.InPlace && (nuint)((byte*)mbuf - (byte*)running.FirstMbuf) >> PacketMempool.StrideShift < running.Capacity;
        if (ours && !MbufChain.TryGather(mbuf, running.ReceiveRoom))
            return Drop(mbuf, ref counters.DroppedOversize);
        if (!ours)
            return TryCopy(running, mbuf, ref descriptor, ref counters, cache, out length);

        bool tagged = (mbuf->Flags & Mbuf.ReceivedVlanStripped) != 0 && running.VlanTag == 0;
        if (tagged && !MbufChain.TryInsertTag(mbuf, running.ReceiveRoom))
            return Drop(mbuf, ref counters.DroppedOversize);
        length = mbuf->PacketLength;
        uint index = (uint)((nuint)((byte*)mbuf - (byte*)running.FirstMbuf) >> PacketMempool.StrideShift);
        running.Owners[index] = BufferOwner.Manager;
        PacketHeader* header = (PacketHeader*)(mbuf->BufferAddress - PacketHeader.Size);
        *header = default;
        header->LengthAndOffset = length | ((ulong)mbuf->DataOffset << 32) | running.PortWord;
        descriptor = new PacketDescriptor { BufferIndex = index, RssHash = HashOf(running, mbuf, new ReadOnlySpan<byte>(mbuf->BufferAddress + mbuf->DataOffset, (int)length)) };
        return true;
    }

    // For drivers that cannot receive into the platform's buffers.
    private int CopyIn(Running running, nint* mbufs, int count, Span<PacketDescriptor> burst, ref PortQueueCounters counters, PoolCache cache)
    {
        long bytes = 0;
        int filled = 0;
        for (int i = 0; i < count; i++)
        {
            if (TryMend(running, (Mbuf*)mbufs[i], ref burst[filled], ref counters, cache, out uint length))
            {
                filled++;
                bytes += length;
            }
        }

        counters.Add(filled, bytes);
        return filled;
    }

    // Takes the frame out of memory that is not the platform's, and frees the mbuf.
    private bool TryCopy(Running running, Mbuf* mbuf, ref PacketDescriptor descriptor, ref PortQueueCounters counters, PoolCache cache, out uint length)
    {
        length = mbuf->PacketLength;
        int tag = (mbuf->Flags & Mbuf.ReceivedVlanStripped) != 0 && running.VlanTag == 0 ? MbufChain.TagBytes : 0;
        if (length + tag > (uint)cache.Pool.BufferSize)
            return Drop(mbuf, ref counters.DroppedOversize);
        if (!cache.TryAllocate(out descriptor))
            return Drop(mbuf, ref counters.DroppedNoBuffer);

        PacketHeader* header = cache.Pool.HeaderOf(descriptor.BufferIndex);
        byte* frame = (byte*)(header + 1) + cache.Pool.Headroom;
        MbufChain.CopyTo(mbuf, new Span<byte>(frame + tag, (int)length));
        if (tag != 0)
        {
            MbufChain.InsertTag(frame, mbuf->VlanTag);
            length += (uint)tag;
        }

        header->LengthAndOffset = length | ((ulong)(uint)cache.Pool.Headroom << 32) | running.PortWord;
        descriptor.RssHash = HashOf(running, mbuf, new ReadOnlySpan<byte>(frame, (int)length));
        PortQueueCounters.Raise(ref counters.Flagged, 1);
        MbufChain.Free(mbuf);
        return true;
    }

    private static uint HashOf(Running running, Mbuf* mbuf, ReadOnlySpan<byte> frame) =>
        running.HashMask == 0 ? 0
        : (mbuf->Flags & Mbuf.ReceivedRssHash) != 0 ? mbuf->RssHash
        : Core.Flows.RssHash.Of(frame);

    private static bool Drop(Mbuf* mbuf, ref long reason)
    {
        PortQueueCounters.Raise(ref reason, 1);
        MbufChain.Free(mbuf);
        return false;
    }
}

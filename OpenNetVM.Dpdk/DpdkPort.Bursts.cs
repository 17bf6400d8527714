using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

public sealed unsafe partial class DpdkPort
{
    // Drivers take at most this many at a time; longer bursts are moved in parts.
    private const int MostAtOnce = 256;
    private const int VlanIdMask = 0xFFF;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_running is not { } running)
            return 0;

        RteThread.EnsureKnown();
        nint* mbufs = stackalloc nint[MostAtOnce];
        int filled = 0;
        for (int left = burst.Length; left > 0;)
        {
            // Counted by what was asked for: a driver whose frames are all dropped here must not hold the thread.
            int asked = Math.Min(MostAtOnce, left);
            left -= asked;
            int received = running.Bursts.Receive(queue, mbufs, asked);
            if (received == 0)
                break;
            filled += running.InPlace
                ? TakeOver(running, mbufs, received, burst[filled..], ref counters, cache)
                : CopyIn(running, mbufs, received, burst[filled..], ref counters, cache);

            // Less than asked for: the queue is empty.
            if (received < asked)
                break;
        }

        return filled;
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Transmit(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_running is not { } running)
            return 0;

        RteThread.EnsureKnown();
        nint* mbufs = stackalloc nint[MostAtOnce];
        int done = 0;
        while (done < burst.Length)
        {
            ReadOnlySpan<PacketDescriptor> part = burst.Slice(done, Math.Min(MostAtOnce, burst.Length - done));
            int ready = HandIn(part, mbufs, running, out long bytes);
            if (ready == 0)
            {
                // The first cannot be sent by any device: it is accepted, counted and freed.
                Refuse(part[0], running, ref counters, cache);
                done++;
                continue;
            }

            int sent = running.Bursts.Transmit(queue, mbufs, ready);
            if (sent < ready)
                bytes -= TakeBack(part[sent..ready], running);
            counters.Add(sent, bytes);
            done += sent;
            if (sent < ready)
                break;
        }

        return done;
    }

    // The driver's mbufs become the platform's packets. Returns how many packets there are.
    private int TakeOver(Running running, nint* mbufs, int count, Span<PacketDescriptor> burst, ref PortQueueCounters counters, PoolCache cache)
    {
        long bytes = 0;
        int filled = 0;
        for (int i = 0; i < count; i++)
        {
            int plain = TakePlain(running, mbufs + i, burst.Slice(filled, count - i), ref bytes);
            filled += plain;
            i += plain;
            if (i < count && TryMend(running, (Mbuf*)mbufs[i], ref burst[filled], ref counters, cache, out uint length))
            {
                filled++;
                bytes += length;
            }
        }

        counters.Add(filled, bytes);
        return filled;
    }

    // One segment in one of our buffers, nothing to be done to it: this is what drivers deliver. Ends at the first that is different, and returns how many there were.
    // Apart from the rest, and calling nothing, so that everything stays in registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int TakePlain(Running running, nint* mbufs, Span<PacketDescriptor> burst, ref long totalBytes)
    {
        byte* first = (byte*)running.FirstMbuf;
        uint* owners = running.Owners;
        nuint capacity = running.Capacity;
        ulong room = running.ReceiveRoom;
        ulong port = running.PortWord;
        ulong unusual = running.UnusualFlags;
        ulong usual = running.HashFlag;
        ulong hashMask = running.HashMask;
        ulong bytes = 0;
        int i = 0;
        for (; i < burst.Length; i++)
        {
            Mbuf* mbuf = (Mbuf*)mbufs[i];
            nuint index = (nuint)((byte*)mbuf - first) >> PacketMempool.StrideShift;
            if (index >= capacity || mbuf->SegmentCount != 1)
                break;
            ulong offset = mbuf->DataOffset;
            ulong length = mbuf->PacketLength;
            if (offset + length > room || (mbuf->Flags & unusual) != usual)
                break;
            bytes += length;
            burst[i].BufferAndHash = index | (mbuf->DataLengthToHash & hashMask);
            burst[i].Steering = 0;
            owners[index] = BufferOwner.Manager;

            // One store of a line: everything else in it is zero.
            Vector512.CreateScalar(length | (offset << 32) | port).Store((ulong*)(mbuf->BufferAddress - PacketHeader.Size));
        }

        totalBytes += (long)bytes;
        return i;
    }

    // Writes what the packets' own headers say into their mbufs, up to the first that cannot be sent. Returns how many mbufs are ready.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int HandIn(ReadOnlySpan<PacketDescriptor> burst, nint* mbufs, Running running, out long totalBytes)
    {
        Mbuf* first = running.FirstMbuf;
        uint* owners = running.Owners;
        uint capacity = running.Capacity;
        ulong room = running.Room;
        ulong longest = running.LongestFrame;
        ulong flags = running.TransmitFlags;
        ulong tag = (ulong)running.VlanTag << 48;
        byte* buffers = (byte*)running.FirstHeader;
        nuint stride = running.BufferStride;
        ulong bytes = 0;
        int ready = 0;
        for (; ready < burst.Length; ready++)
        {
            uint index = burst[ready].BufferIndex;
            if (index >= capacity || BufferOwner.Owner(owners[index]) != BufferOwner.Manager)
                break;

            // One load: what is checked is what is used.
            ulong word = Volatile.Read(ref ((PacketHeader*)(buffers + (index * stride)))->LengthAndOffset);
            ulong length = (uint)word;
            ulong offset = (ushort)(word >> 32);
            if (offset + length > room || length - 1 >= longest)
                break;
            bytes += length;
            Mbuf* mbuf = PacketMempool.Of(first, index);
            mbufs[ready] = (nint)mbuf;
            owners[index] = BufferOwner.Device;
            mbuf->Rearm = offset | Mbuf.OneSegment;
            mbuf->Flags = flags;
            mbuf->PacketLengthToVlan = (length * Mbuf.OneLength) | tag;
        }

        totalBytes = (long)bytes;
        return ready;
    }

    // The driver left these: they are the caller's again. Returns their bytes.
    private static long TakeBack(ReadOnlySpan<PacketDescriptor> left, Running running)
    {
        long bytes = 0;
        foreach (ref readonly PacketDescriptor descriptor in left)
        {
            running.Owners[descriptor.BufferIndex] = BufferOwner.Manager;
            bytes += PacketMempool.Of(running.FirstMbuf, descriptor.BufferIndex)->PacketLength;
        }

        return bytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Refuse(in PacketDescriptor descriptor, Running running, ref PortQueueCounters counters, PoolCache cache)
    {
        PortQueueCounters.Raise(ref counters.Packets, 1);
        PortQueueCounters.Raise(ref counters.DroppedError, 1);
        if (running.Pool.IsOwnedBy(descriptor.BufferIndex, BufferOwner.Manager))
            cache.Free(descriptor);
        else
            cache.RejectedFrees++;
    }

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

using System.Diagnostics.CodeAnalysis;
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

    /// <inheritdoc/>
    [SkipLocalsInit]
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        if (!TryEnter(cache, out Running? running))
            return 0;
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
        if (!TryEnter(cache, out Running? running))
            return 0;
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

            if (running.FillsChecksums)
                FillChecksums(running, mbufs, ready);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEnter(PoolCache cache, [NotNullWhen(true)] out Running? running)
    {
        ArgumentNullException.ThrowIfNull(cache);
        running = _running;
        if (running is null)
            return false;
        RteThread.EnsureKnown();
        return true;
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillChecksums(Running running, nint* mbufs, int count)
    {
        for (int i = 0; i < count; i++)
            running.Checksums.Fill((Mbuf*)mbufs[i]);
    }

    // The driver left these: they are the caller's again. Returns their bytes.
    private static long TakeBack(ReadOnlySpan<PacketDescriptor> left, Running running)
    {
        long bytes = 0;
        foreach (ref readonly PacketDescriptor descriptor in left)
        {
            Mbuf* mbuf = PacketMempool.Of(running.FirstMbuf, descriptor.BufferIndex);
            bytes += mbuf->PacketLength;
            if (running.FillsChecksums)
                TransmitChecksums.Undo(mbuf);
            running.Owners[descriptor.BufferIndex] = BufferOwner.Manager;
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
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>
/// A packet pool as DPDK sees it: an rte_mempool with one mbuf for each buffer, whose data is the buffer. Drivers write received frames straight into the
/// platform's buffers and send from them; the mbufs lie in memory of this process alone.
/// </summary>
/// <remarks>
/// The mbufs are of the kind whose external buffer is pinned (RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF). Buffer i and mbuf i belong together for good, so a descriptor's
/// index leads to the mbuf and the mbuf's address back to the index. Behind DPDK's caches of the threads, free mbufs are the packet pool's free buffers: there is one
/// inventory.
/// </remarks>
internal sealed unsafe class PacketMempool : IDisposable
{
    /// <summary>From one mbuf to the next: DPDK's header of a pool's object (a line), the mbuf (two), and the count of users of its buffer (one).</summary>
    internal const int StrideShift = 8;

    private const int Stride = 1 << StrideShift;
    private const int SharedInfoOffset = Mbuf.Size;
    private const int ElementSize = Stride - MempoolLayout.ObjectHeaderSize;
    private const int MaxThreadCache = 512;
    private const int PrivateSize = 64;
    private const uint NoSpread = 1;
    private const uint NoIovaContiguous = 0x20;
    private const int Chunk = 256;

    private static int _number;

    private readonly MemoryRegion _mbufs;
    private readonly GCHandle _self;
    private readonly uint* _owners;
    private readonly bool _populated;

    // Buffers lent and given back, by DPDK's allocations and frees; what ports took over as packets, and what they handed in, they count themselves.
    private long _lent;
    private long _failures;
    private bool _disposed;

    /// <summary>Makes the mempool.</summary>
    /// <param name="pool">Where the buffers are.</param>
    /// <param name="virtualAddressing">Whether devices use virtual addresses (IOVA as VA).</param>
    /// <param name="socket">The NUMA node for DPDK's own structures, or -1.</param>
    /// <exception cref="InvalidOperationException">The pool's buffers have a shape that mbufs cannot describe.</exception>
    /// <exception cref="DpdkException">DPDK refused.</exception>
    internal PacketMempool(PacketPool pool, bool virtualAddressing, int socket)
    {
        if (pool.Room is < Mbuf.Headroom + 64 or > ushort.MaxValue)
            throw new InvalidOperationException($"DPDK needs packet buffers of {Mbuf.Headroom + 64} to {ushort.MaxValue} bytes, headroom included; the pool's have {pool.Room}: change PacketPoolOptions.BufferSize or Headroom.");
        Pool = pool;
        DataRoom = (ushort)Math.Min(pool.Room, Mbuf.Headroom + (uint)pool.BufferSize);
        Dma = new DmaWindow(pool.Region);
        _owners = pool.Owners;
        _mbufs = MemoryRegion.Allocate((long)pool.PortBuffers * Stride, new MemoryRegionOptions { Name = "mbufs", NumaNode = pool.Options.Memory.NumaNode });
        First = (Mbuf*)(_mbufs.Address + MempoolLayout.ObjectHeaderSize);
        _self = GCHandle.Alloc(this);
        try
        {
            Address = Create(pool.PortBuffers, socket);
            Populate(virtualAddressing);
            _populated = true;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal PacketPool Pool { get; }

    /// <summary>The way of physical devices to the buffers.</summary>
    internal DmaWindow Dma { get; }

    /// <summary>The rte_mempool.</summary>
    internal nint Address { get; private set; }

    /// <summary>Bytes of a buffer that drivers may fill: their headroom, and as much as the pool's frames may have.</summary>
    internal ushort DataRoom { get; }

    /// <summary>The mbuf of buffer 0.</summary>
    internal Mbuf* First { get; }

    /// <summary>Buffers that drivers have, as allocations and frees show: packets under way in the platform included.</summary>
    internal long Lent => Volatile.Read(ref _lent);

    /// <summary>Allocations of drivers that found the pool empty.</summary>
    internal long Failures => Volatile.Read(ref _failures);

    /// <summary>Buffers that could still be lent, for DPDK's own reports.</summary>
    internal uint Available => (uint)Math.Clamp(Pool.PortBuffers - Lent, 0, Pool.PortBuffers);

    /// <summary>The mbuf of a buffer of the pool.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Mbuf* Of(Mbuf* first, uint index) => (Mbuf*)((byte*)first + ((nuint)index << StrideShift));

    /// <summary>Lends one buffer for each place, or none at all.</summary>
    internal bool TryLend(Span<nint> mbufs)
    {
        Span<uint> indexes = stackalloc uint[Chunk];
        int done = 0;
        while (done < mbufs.Length)
        {
            int wanted = Math.Min(Chunk, mbufs.Length - done);
            int taken = Pool.TryTake(indexes[..wanted]);
            for (int i = 0; i < taken; i++)
            {
                _owners[indexes[i]] = BufferOwner.Device;
                mbufs[done + i] = (nint)Of(First, indexes[i]);
            }

            done += taken;
            Interlocked.Add(ref _lent, taken);
            if (taken < wanted)
            {
                Interlocked.Increment(ref _failures);
                Return(mbufs[..done]);
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes buffers back from DPDK.</summary>
    internal void Return(ReadOnlySpan<nint> mbufs)
    {
        // While the mempool is made, DPDK shows every mbuf once; the packet pool has them all already.
        if (!_populated)
            return;

        Span<uint> indexes = stackalloc uint[Chunk];
        while (!mbufs.IsEmpty)
        {
            ReadOnlySpan<nint> part = mbufs[..Math.Min(Chunk, mbufs.Length)];
            int count = 0;
            foreach (nint mbuf in part)
            {
                // What the driver does not have it cannot give: a buffer given twice must not be allocated twice.
                nuint index = (nuint)(mbuf - (nint)First) >> StrideShift;
                if (index >= (nuint)Pool.PortBuffers || BufferOwner.Owner(_owners[index]) != BufferOwner.Device)
                    continue;
                _owners[index] = BufferOwner.Free;
                indexes[count++] = (uint)index;
            }

            Pool.Put(indexes[..count]);
            Interlocked.Add(ref _lent, -count);
            mbufs = mbufs[part.Length..];
        }
    }

    /// <summary>Ends the mempool and gives every buffer that drivers still kept back to the packet pool. No port uses it any more.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (Address != 0)
            Rte.rte_mempool_free(Address);
        Address = 0;
        Pool.ReclaimFrom(BufferOwner.Device);
        _self.Free();
        _mbufs.Dispose();
    }

    // A clone of one of our packets, made by some library of DPDK, was the last user of the buffer: the packet's mbuf is free now.
    [UnmanagedCallersOnly]
    private static void ReleaseAfterClone(void* buffer, void* argument)
    {
        Mbuf* mbuf = (Mbuf*)argument;
        mbuf->Shared->ReferenceCount = 1;
        mbuf->Flags = Mbuf.External;
        mbuf->Next = null;
        mbuf->SegmentCount = 1;
        nint address = (nint)mbuf;
        MempoolOps.PoolOf(mbuf->Pool).Return(new ReadOnlySpan<nint>(in address));
    }

    private nint Create(int capacity, int socket)
    {
        // The caches of the threads hold up to one and a half times this: few enough that a small pool is not all in caches.
        uint cache = (uint)Math.Min(MaxThreadCache, capacity / 32);
        string name = $"onvm_{Interlocked.Increment(ref _number)}";
        nint pool = Rte.rte_mempool_create_empty(name, (uint)capacity, ElementSize, cache, PrivateSize, socket, NoSpread | NoIovaContiguous);
        if (pool == 0)
            throw Rte.Failed("rte_mempool_create_empty", $"DPDK has no memory for a pool of {capacity} mbufs: give it more (EalOptions.MainMemoryMegabytes, or huge pages).");

        *(nint*)(pool + MempoolLayout.PoolData) = GCHandle.ToIntPtr(_self);
        int result = Rte.rte_mempool_set_ops_byname(pool, MempoolOps.Name, 0);
        int stride = *(int*)(pool + MempoolLayout.HeaderSize) + *(int*)(pool + MempoolLayout.ElementSize) + *(int*)(pool + MempoolLayout.TrailerSize);
        if (result == 0 && stride == Stride)
            return pool;
        Rte.rte_mempool_free(pool);
        throw new DpdkException(
            "rte_mempool_set_ops_byname",
            -result,
            result != 0
                ? $"DPDK does not know the memory handler '{MempoolOps.Name}' (error {-result}): EAL was not started through OpenNetVM.Dpdk.Eal."
                : $"DPDK places mbufs {stride} bytes apart where {Stride} were expected: this build of DPDK is not supported.");
    }

    private void Populate(bool virtualAddressing)
    {
        // The same as rte_pktmbuf_pool_private: data room (16 bits), private area of an mbuf (16), flags (32): 1 is a pinned external buffer.
        ulong shape = DataRoom | (1UL << 32);
        Rte.rte_pktmbuf_pool_init(Address, &shape);

        const ulong badIova = ulong.MaxValue;
        nuint length = (nuint)Pool.PortBuffers << StrideShift;
        int populated = Rte.rte_mempool_populate_iova(Address, _mbufs.Address, virtualAddressing ? (ulong)_mbufs.Address : badIova, length, 0, 0);
        if (populated != Pool.PortBuffers)
            throw new DpdkException("rte_mempool_populate_iova", Math.Max(0, -populated), $"DPDK made {populated} mbufs where {Pool.PortBuffers} were expected.");

        byte* data = (byte*)(Pool.HeaderOf(0) + 1);
        for (uint i = 0; i < (uint)Pool.PortBuffers; i++, data += Pool.Stride)
        {
            Mbuf* mbuf = Of(First, i);
            Mbuf.SharedInfo* shared = (Mbuf.SharedInfo*)((byte*)mbuf + SharedInfoOffset);
            *shared = new Mbuf.SharedInfo { Release = &ReleaseAfterClone, Argument = mbuf, ReferenceCount = 1 };
            *mbuf = new Mbuf
            {
                BufferAddress = data,
                BufferIova = virtualAddressing ? (ulong)data : badIova,
                Rearm = Mbuf.OneSegment | Mbuf.Headroom,
                Flags = Mbuf.External,
                BufferLength = DataRoom,
                Pool = Address,
                Shared = shared,
            };
        }
    }
}

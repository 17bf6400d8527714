using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// One thread's way into a <see cref="PacketPool"/>: it keeps some free buffers for itself, last freed first used, so that a burst
/// is allocated or freed without a lock and from memory that is likely in the core's cache. Not thread-safe: one thread at a time.
/// </summary>
[DebuggerDisplay("Count = {Count}")]
public sealed unsafe class PoolCache
{
    internal long AllocationFailures;
    internal long RejectedFrees;

    private readonly PoolSegment _segment;
    private readonly uint[] _items;
    private readonly int _target;
    private int _count;

    internal PoolCache(PacketPool pool, PoolSegment segment, int target)
    {
        Pool = pool;
        _segment = segment;
        _target = target;
        _items = new uint[2 * target];
    }

    /// <summary>The pool behind this cache.</summary>
    public PacketPool Pool { get; }

    /// <summary>Free buffers that this cache keeps at the moment.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Allocates a burst. Fresh packets are empty (length 0), start behind the headroom, have no ingress port and a zeroed user area.
    /// </summary>
    /// <returns>How many descriptors at the front of <paramref name="burst"/> were filled; fewer than asked when the pool is exhausted, which is counted.</returns>
    public int Allocate(Span<PacketDescriptor> burst) => Allocate(burst, FreshHeader(Pool.Headroom), rssHash: 0);

    /// <summary>As <see cref="Allocate(Span{PacketDescriptor})"/>, for ports whose packets all begin with the same header word and have the same hash.</summary>
    internal int Allocate(Span<PacketDescriptor> burst, ulong header, uint rssHash)
    {
        ulong hash = (ulong)rssHash << 32;
        int done = 0;
        while (done < burst.Length)
        {
            if (_count == 0 && !Refill())
            {
                AllocationFailures += burst.Length - done;
                break;
            }

            int count = Math.Min(_count, burst.Length - done);
            Prepare(_items.AsSpan(_count - count, count), burst.Slice(done, count), Pool.Owners, Pool.HeaderOf(0), Pool.Stride, header, hash);
            _count -= count;
            done += count;
        }

        if (Pool.Allocated is { } observer)
            observer(burst[..done]);
        return done;
    }

    /// <summary>Allocates one packet, as <see cref="Allocate(Span{PacketDescriptor})"/> does.</summary>
    /// <returns>False when the pool is exhausted, which is counted.</returns>
    public bool TryAllocate(out PacketDescriptor descriptor)
    {
        descriptor = default;
        return Allocate(new Span<PacketDescriptor>(ref descriptor)) == 1;
    }

    /// <summary>Frees a burst. A descriptor that is out of range, already free or with a device is ignored and counted in <see cref="PacketPool.RejectedFrees"/>.</summary>
    public void Free(ReadOnlySpan<PacketDescriptor> burst)
    {
        while (!burst.IsEmpty)
        {
            if (_count == _items.Length)
                Spill();
            ReadOnlySpan<PacketDescriptor> part = burst[..Math.Min(burst.Length, _items.Length - _count)];
            int freed = Release(part, _items.AsSpan(_count), Pool.Owners, _segment.First, _segment.Count);
            _count += freed;
            if (freed < part.Length)
                RejectedFrees += part.Length - freed - FreeOthers(part);
            burst = burst[part.Length..];
        }
    }

    /// <summary>Frees one packet, as <see cref="Free(ReadOnlySpan{PacketDescriptor})"/> does.</summary>
    public void Free(in PacketDescriptor descriptor) => Free(new ReadOnlySpan<PacketDescriptor>(in descriptor));

    /// <summary>
    /// Copies a packet into a buffer of its own, for mirroring: frame, headroom, metadata and user area are the same, and the copy
    /// is the caller's to send or free.
    /// </summary>
    /// <returns>False when the pool is exhausted, which is counted.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="source"/> is not of this pool.</exception>
    public bool TryClone(ref PacketDescriptor source, out PacketDescriptor clone)
    {
        ReadOnlySpan<byte> data = Pool.Open(ref source).Data;
        if (!TryAllocate(out clone))
            return false;

        PacketHeader* from = Pool.HeaderOf(source.BufferIndex);
        PacketHeader* to = Pool.HeaderOf(clone.BufferIndex);
        *to = *from;

        // The bounds come from the span, which was checked: the header in the pool may have been changed since.
        ushort offset = data.IsEmpty ? (ushort)Pool.Headroom : (ushort)((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in data[0])) - (byte*)(from + 1));
        to->Length = (uint)data.Length;
        to->DataOffset = offset;
        data.CopyTo(new Span<byte>((byte*)(to + 1) + offset, data.Length));

        uint index = clone.BufferIndex;
        clone = source;
        clone.BufferIndex = index;
        return true;
    }

    // Returns how many could be freed, and puts their indexes into room. Apart from the rest for the same reason as Prepare.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Release(ReadOnlySpan<PacketDescriptor> burst, Span<uint> room, uint* owners, uint first, uint count)
    {
        int freed = 0;
        foreach (ref readonly PacketDescriptor descriptor in burst)
        {
            uint index = descriptor.BufferIndex;
            if (index - first >= count || !BufferOwner.CanBeFreed(owners[index]))
                continue;
            owners[index] = BufferOwner.Free;
            room[freed++] = index;
        }

        return freed;
    }

    // Buffers of other domains go back to their own lists: a hop into another domain frees what it has copied.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FreeOthers(ReadOnlySpan<PacketDescriptor> burst)
    {
        int freed = 0;
        foreach (ref readonly PacketDescriptor descriptor in burst)
            freed += !_segment.Contains(descriptor.BufferIndex) && Pool.TryFree(descriptor.BufferIndex) ? 1 : 0;
        return freed;
    }

    // Apart from the rest so that everything stays in registers: every packet of a port goes through this loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Prepare(ReadOnlySpan<uint> items, Span<PacketDescriptor> burst, uint* owners, PacketHeader* buffers, nint stride, ulong header, ulong hash)
    {
        int last = items.Length - 1;
        for (int i = 0; i < burst.Length && (uint)last < (uint)items.Length; i++, last--)
        {
            uint index = items[last];
            ref PacketDescriptor descriptor = ref burst[i];
            descriptor.BufferAndHash = hash | index;
            descriptor.Steering = 0;
            owners[index] = BufferOwner.Manager;
            PacketHeader* fresh = (PacketHeader*)((byte*)buffers + ((nint)index * stride));
            *fresh = default;
            fresh->LengthAndOffset = header;
        }
    }

    internal static ulong FreshHeader(int headroom) => ((ulong)Ports.PortId.None.Value << 48) | ((ulong)(ushort)headroom << 32);

    /// <summary>Gives every buffer back to the shared list: when the thread stops.</summary>
    internal void Flush()
    {
        _segment.Put(_items.AsSpan(0, _count));
        _count = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Refill()
    {
        ObjectDisposedException.ThrowIf(Pool.IsDisposed, Pool);
        _count = _segment.TryTake(_items.AsSpan(0, _target));
        return _count > 0;
    }

    // The older half goes: what was freed last is still in the core's cache.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Spill()
    {
        _segment.Put(_items.AsSpan(0, _target));
        _items.AsSpan(_target, _count - _target).CopyTo(_items);
        _count -= _target;
    }
}

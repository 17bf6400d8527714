using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// A fixed number of packet buffers in one region of unmanaged memory (paper, "memory pools in huge pages"). Thread-safe; a
/// thread that moves packets takes a <see cref="PoolCache"/> of its own and allocates and frees through that.
/// </summary>
/// <remarks>
/// Each buffer is a 64-byte header, headroom, and data. The pool also keeps, in memory of its own, who owns each buffer: a buffer
/// cannot be freed twice, and a descriptor that is out of range or not its sender's own is recognised.
/// </remarks>
[DebuggerDisplay("InUse = {InUse}/{Capacity}")]
public sealed unsafe class PacketPool : IDisposable
{
    private readonly byte* _buffers;
    private readonly uint* _owners;
    private readonly nuint _stride;
    private readonly nuint _room;
    private readonly uint _capacity;
    private readonly Lock _gate = new();
    private readonly uint[] _free;
    private readonly List<PoolCache> _caches = [];
    private int _freeCount;
    private long _rejectedFrees;
    private bool _disposed;

    /// <summary>Allocates the memory.</summary>
    /// <param name="options">Size and shape; null for the defaults.</param>
    /// <param name="logger">Told at construction where the memory came from, and why not from huge pages where that is so.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; the message names it.</exception>
    public PacketPool(PacketPoolOptions? options = null, ILogger? logger = null)
    {
        Options = options ?? new PacketPoolOptions();
        Options.Validate();
        _capacity = (uint)Options.Capacity;
        _stride = (nuint)Options.Stride;
        _room = (nuint)(Options.Stride - PacketHeader.Size);
        Region = MemoryRegion.Allocate((long)Options.Stride * Options.Capacity, Options.Memory);
        _buffers = Region.Address;
        _owners = (uint*)NativeMemory.AllocZeroed(_capacity, sizeof(uint));

        // The lowest indexes are handed out first: a platform with little traffic touches little memory.
        _free = new uint[_capacity];
        for (uint i = 0; i < _capacity; i++)
            _free[i] = _capacity - 1 - i;
        _freeCount = (int)_capacity;

        if (logger is null)
            return;
        if (Region.FallbackReason is { } reason)
            logger.LogWarning("Packet pool: {Capacity} buffers in {Bytes} bytes of {PageKind} pages; no huge pages: {Reason}", _capacity, Region.Length, Region.PageKind, reason);
        else
            logger.LogInformation("Packet pool: {Capacity} buffers in {Bytes} bytes of {PageKind} pages", _capacity, Region.Length, Region.PageKind);
    }

    /// <summary>Frees the memory if <see cref="Dispose"/> was not called.</summary>
    ~PacketPool() => FreeOwners();

    /// <summary>What the pool was made with.</summary>
    public PacketPoolOptions Options { get; }

    /// <summary>The memory of the buffers.</summary>
    public MemoryRegion Region { get; }

    /// <summary>Number of buffers.</summary>
    public int Capacity => (int)_capacity;

    /// <summary>Most bytes of frame data that a fresh packet can hold.</summary>
    public int BufferSize => Options.BufferSize;

    /// <summary>Bytes before the data of a fresh packet.</summary>
    public int Headroom => Options.Headroom;

    /// <summary>Buffers that hold packets: neither in the pool nor lent to a device. Exact when nobody allocates or frees meanwhile.</summary>
    public int InUse
    {
        get
        {
            lock (_gate)
            {
                int free = _freeCount;
                foreach (PoolCache cache in _caches)
                    free += cache.Count;
                return Math.Clamp(Capacity - free - LentToDevices, 0, Capacity);
            }
        }
    }

    /// <summary>
    /// Buffers that the drivers of devices have: to receive into, waiting to be sent, or kept for either. None where no port of the pool is a real device, and none
    /// after such ports were stopped. Exact when the ports are quiet.
    /// </summary>
    public int LentToDevices => Lender?.Invoke() ?? 0;

    /// <summary>Allocations that found the pool empty, in packets.</summary>
    public long AllocationFailures => SumOfCaches(static cache => Volatile.Read(ref cache.AllocationFailures));

    /// <summary>Descriptors handed to a free method that were out of range or already free. They were ignored; each is a bug of the caller.</summary>
    public long RejectedFrees => Volatile.Read(ref _rejectedFrees) + SumOfCaches(static cache => Volatile.Read(ref cache.RejectedFrees));

    /// <summary>Bytes from one buffer to the next.</summary>
    internal int Stride => (int)_stride;

    /// <summary>Bytes behind a buffer's header.</summary>
    internal uint Room => (uint)_room;

    /// <summary>What a header says is the frame; empty if it does not lie in the buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> FrameOf(PacketHeader* header)
    {
        // One load, so that what is checked is what is used. Nothing that passes the check is too long for a span.
        nuint word = (nuint)Volatile.Read(ref header->LengthAndOffset);
        nuint length = (uint)word;
        nuint offset = (ushort)(word >> 32);
        return offset + length <= _room
            ? MemoryMarshal.CreateSpan(ref *((byte*)(header + 1) + offset), (int)length)
            : default;
    }

    /// <summary>The owner words, one per buffer: see <see cref="BufferOwner"/>.</summary>
    internal uint* Owners => _owners;

    /// <summary>Told of every burst that a cache allocates, on the allocating thread: for the search of leaks. Null otherwise. Set before the first allocation.</summary>
    internal Action<ReadOnlySpan<PacketDescriptor>>? Allocated { get; set; }

    /// <summary>Counts what devices have, set by the adapter that lends it to them; null where there is none.</summary>
    internal Func<int>? Lender { get; set; }

    /// <summary>Makes a cache for one thread. Caches live as long as the pool.</summary>
    public PoolCache CreateCache()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            PoolCache cache = new(this, Math.Clamp(Options.Capacity / 16, 1, Options.CacheSize));
            _caches.Add(cache);
            return cache;
        }
    }

    /// <summary>A view of the packet that <paramref name="descriptor"/> names. The caller must hold the packet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not of this pool.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Packet Open(ref PacketDescriptor descriptor)
    {
        // The pool's own field first: it is read anyway, and no check for null is needed then.
        uint capacity = _capacity;
        uint index = descriptor.BufferIndex;
        if (index >= capacity)
            ThrowIndexOutOfRange(index);
        return new Packet(ref descriptor, this, (PacketHeader*)(_buffers + (index * _stride)));
    }

    /// <summary>Frees one packet from any thread, without a cache; slower than <see cref="PoolCache.Free(in PacketDescriptor)"/>.</summary>
    public void Free(in PacketDescriptor descriptor)
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            if (!TryRelease(descriptor.BufferIndex))
                _rejectedFrees++;
            else
                _free[_freeCount++] = descriptor.BufferIndex;
        }
    }

    /// <summary>Returns the memory. Call it when everything that uses the pool has stopped; packets of it must not be touched any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        Region.Dispose();
        FreeOwners();
        GC.SuppressFinalize(this);
    }

    /// <summary>True if <paramref name="index"/> is a buffer of this pool and held by <paramref name="owner"/>, an instance's id or <see cref="BufferOwner.Manager"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsOwnedBy(uint index, uint owner) => index < _capacity && BufferOwner.Owner(_owners[index]) == owner;

    /// <summary>Who holds a buffer: <see cref="BufferOwner.Free"/>, <see cref="BufferOwner.Manager"/> or an instance's id.</summary>
    internal uint OwnerOf(uint index) => BufferOwner.Owner(_owners[index]);

    internal PacketHeader* HeaderOf(uint index)
    {
        Debug.Assert(index < _capacity, "the index was checked when the descriptor came in");
        return (PacketHeader*)(_buffers + (index * _stride));
    }

    /// <summary>Marks a buffer free if it was not. False: out of range or free already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRelease(uint index)
    {
        if (index >= _capacity || _owners[index] == BufferOwner.Free)
            return false;
        _owners[index] = BufferOwner.Free;
        return true;
    }

    /// <summary>Moves up to <paramref name="indexes"/>.Length free buffers out; returns how many.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    internal int Take(Span<uint> indexes)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        return TryTake(indexes);
    }

    /// <summary>As <see cref="Take"/>, but takes none from a disposed pool: for callers that cannot throw.</summary>
    internal int TryTake(Span<uint> indexes)
    {
        lock (_gate)
        {
            if (_disposed)
                return 0;
            int count = Math.Min(_freeCount, indexes.Length);
            _freeCount -= count;
            _free.AsSpan(_freeCount, count).CopyTo(indexes);
            return count;
        }
    }

    /// <summary>Moves free buffers back in.</summary>
    internal void Put(ReadOnlySpan<uint> indexes)
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            indexes.CopyTo(_free.AsSpan(_freeCount));
            _freeCount += indexes.Length;
        }
    }

    /// <summary>Takes back every buffer that <paramref name="owner"/> has; returns how many there were. Nobody uses them any more.</summary>
    internal int ReclaimFrom(uint owner)
    {
        lock (_gate)
        {
            int reclaimed = 0;
            for (uint i = 0; !_disposed && i < _capacity; i++)
            {
                if (BufferOwner.Owner(_owners[i]) != owner)
                    continue;
                _owners[i] = BufferOwner.Free;
                _free[_freeCount++] = i;
                reclaimed++;
            }

            return reclaimed;
        }
    }

    [DoesNotReturn]
    private void ThrowIndexOutOfRange(uint index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, $"Buffer index {index} is not of this pool, which has {_capacity} buffers.");

    private long SumOfCaches(Func<PoolCache, long> counter)
    {
        lock (_gate)
        {
            long sum = 0;
            foreach (PoolCache cache in _caches)
                sum += counter(cache);
            return sum;
        }
    }

    private void FreeOwners() => NativeMemory.Free(_owners);
}

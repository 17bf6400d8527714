using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// A fixed number of packet buffers in one region of unmanaged memory (paper, "memory pools in huge pages"). Thread-safe; a
/// thread that moves packets takes a <see cref="PoolCache"/> of its own and allocates and frees through that.
/// </summary>
/// <remarks>
/// Where network functions run in other processes, the pool has one region for each security domain, numbered one behind the other.
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
    private readonly uint _limit;
    private readonly Lock _gate = new();
    private readonly PoolSegment[] _segments;
    private readonly List<PoolCache> _caches = [];
    private long _rejectedFrees;
    private int _granted;
    private bool _disposed;

    /// <summary>Allocates the memory.</summary>
    /// <param name="options">Size and shape; null for the defaults.</param>
    /// <param name="logger">Told at construction where the memory came from, and why not from huge pages where that is so.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; the message names it.</exception>
    public PacketPool(PacketPoolOptions? options = null, ILogger? logger = null)
        : this(options ??= new PacketPoolOptions(), PoolLayout.Single(options), logger)
    {
    }

    /// <summary>Makes a pool of several security domains' memory.</summary>
    internal PacketPool(PacketPoolOptions options, PoolLayout layout, ILogger? logger)
    {
        Options = options;
        _stride = (nuint)options.Stride;
        _room = (nuint)(options.Stride - PacketHeader.Size);
        _segments = layout.Segments;
        _buffers = layout.Address;
        _limit = layout.Limit;
        Capacity = _segments.Sum(static segment => (int)segment.Count);
        _owners = (uint*)NativeMemory.AllocZeroed(_limit, sizeof(uint));
        if (logger is null)
            return;
        foreach (PoolSegment segment in _segments)
        {
            if (segment.Region.FallbackReason is { } reason)
                logger.LogWarning("Packet pool of domain {Domain}: {Capacity} buffers in {Bytes} bytes of {PageKind} pages; no huge pages: {Reason}", segment.Domain, segment.Count, segment.Region.Length, segment.Region.PageKind, reason);
            else
                logger.LogInformation("Packet pool of domain {Domain}: {Capacity} buffers in {Bytes} bytes of {PageKind} pages", segment.Domain, segment.Count, segment.Region.Length, segment.Region.PageKind);
        }
    }

    /// <summary>Frees the memory if <see cref="Dispose"/> was not called.</summary>
    ~PacketPool() => FreeOwners();

    /// <summary>What the pool was made with.</summary>
    public PacketPoolOptions Options { get; }

    /// <summary>The memory of the buffers; of those that ports receive into, where the pool has several security domains.</summary>
    public MemoryRegion Region => _segments[0].Region;

    /// <summary>Number of buffers, in all security domains.</summary>
    public int Capacity { get; }

    /// <summary>Most bytes of frame data that a fresh packet can hold.</summary>
    public int BufferSize => Options.BufferSize;

    /// <summary>Bytes before the data of a fresh packet.</summary>
    public int Headroom => Options.Headroom;

    /// <summary>Buffers that hold packets: neither in the pool nor lent to a device or, empty, to a process. Exact when nobody allocates or frees meanwhile.</summary>
    public int InUse
    {
        get
        {
            int capacity = Capacity;
            lock (_gate)
            {
                int free = _segments.Sum(static segment => segment.FreeCount);
                foreach (PoolCache cache in _caches)
                    free += cache.Count;
                return Math.Clamp(capacity - free - LentToDevices - LentToProcesses, 0, capacity);
            }
        }
    }

    /// <summary>Empty buffers that network functions in other processes have, to make packets of.</summary>
    public int LentToProcesses => Volatile.Read(ref _granted);

    /// <summary>
    /// Buffers that the drivers of devices have: to receive into, waiting to be sent, or kept for either. None where no port of the pool is a real device, and none
    /// after such ports were stopped. Exact when the ports are quiet.
    /// </summary>
    public int LentToDevices => Lender?.Invoke() ?? 0;

    /// <summary>Allocations that found the pool empty, in packets.</summary>
    public long AllocationFailures => SumOfCaches(static cache => Volatile.Read(ref cache.AllocationFailures));

    /// <summary>Descriptors handed to a free method that were out of range or already free. They were ignored; each is a bug of the caller.</summary>
    public long RejectedFrees => Volatile.Read(ref _rejectedFrees) + SumOfCaches(static cache => Volatile.Read(ref cache.RejectedFrees));

    /// <summary>The security domains' buffers; ports receive into the first one's.</summary>
    internal ReadOnlySpan<PoolSegment> Segments => _segments;

    /// <summary>Buffers of the domain that ports receive into: numbers 0 to one less than this.</summary>
    internal int PortBuffers => (int)_segments[0].Count;

    /// <summary>One more than the highest number of a buffer. Numbers between the domains' are nobody's.</summary>
    internal uint IndexLimit => _limit;

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
    public PoolCache CreateCache() => CreateCache(0);

    /// <summary>As <see cref="CreateCache()"/>, for the buffers of one security domain.</summary>
    internal PoolCache CreateCache(int domain)
    {
        PoolSegment segment = _segments[domain];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            PoolCache cache = new(this, segment, Math.Clamp((int)segment.Count / 16, 1, Options.CacheSize));
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
        uint limit = _limit;
        uint index = descriptor.BufferIndex;
        if (index >= limit)
            ThrowIndexOutOfRange(index);
        return new Packet(ref descriptor, this, (PacketHeader*)(_buffers + (index * _stride)));
    }

    /// <summary>Frees one packet from any thread, without a cache; slower than <see cref="PoolCache.Free(in PacketDescriptor)"/>.</summary>
    public void Free(in PacketDescriptor descriptor)
    {
        if (!TryFree(descriptor.BufferIndex))
            Interlocked.Increment(ref _rejectedFrees);
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

        foreach (PoolSegment segment in _segments)
        {
            segment.Close();
            segment.Region.Dispose();
        }

        FreeOwners();
        GC.SuppressFinalize(this);
    }

    /// <summary>True if <paramref name="index"/> is a buffer of this pool and held by <paramref name="owner"/>, an instance's id or <see cref="BufferOwner.Manager"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsOwnedBy(uint index, uint owner) => index < _limit && BufferOwner.Owner(_owners[index]) == owner;

    /// <summary>Who holds a buffer: <see cref="BufferOwner.Free"/>, <see cref="BufferOwner.Manager"/> or an instance's id.</summary>
    internal uint OwnerOf(uint index) => BufferOwner.Owner(_owners[index]);

    internal PacketHeader* HeaderOf(uint index)
    {
        Debug.Assert(index < _limit, "the index was checked when the descriptor came in");
        return (PacketHeader*)(_buffers + (index * _stride));
    }

    /// <summary>
    /// Any thread: has the processor fetch the lines of packets' headers and of where their frames usually begin, all at once. For packets that another core has written, before they are
    /// looked at one by one.
    /// </summary>
    internal void Prefetch(ReadOnlySpan<PacketDescriptor> burst)
    {
        if (!Sse.IsSupported)
            return;
        int frame = PacketHeader.Size + Headroom;
        foreach (ref readonly PacketDescriptor descriptor in burst)
        {
            byte* header = (byte*)HeaderOf(descriptor.BufferIndex);
            Sse.Prefetch0(header);
            Sse.Prefetch0(header + frame);
        }
    }

    /// <summary>Frees a buffer of any domain, without a cache. False: out of range, free already or with a device.</summary>
    internal bool TryFree(uint index)
    {
        if (index >= _limit || SegmentOf(index) is not { } segment)
            return false;
        lock (_gate)
        {
            if (!BufferOwner.CanBeFreed(_owners[index]))
                return false;
            _owners[index] = BufferOwner.Free;
        }

        segment.Put(new ReadOnlySpan<uint>(in index));
        return true;
    }

    /// <summary>The domain that a buffer belongs to, null if it belongs to none.</summary>
    internal PoolSegment? SegmentOf(uint index)
    {
        foreach (PoolSegment segment in _segments)
        {
            if (segment.Contains(index))
                return segment;
        }

        return null;
    }

    /// <summary>Moves up to <paramref name="indexes"/>.Length free buffers out of what ports receive into; returns how many. None from a disposed pool.</summary>
    internal int TryTake(Span<uint> indexes) => _segments[0].TryTake(indexes);

    /// <summary>Moves free buffers that were taken back in.</summary>
    internal void Put(ReadOnlySpan<uint> indexes) => _segments[0].Put(indexes);

    /// <summary>Whether a buffer is an empty one that an instance in another process was given.</summary>
    internal bool IsEmptyBuffer(uint index) => _owners[index] >> BufferOwner.HopShift == BufferOwner.EmptyHops;

    /// <summary>Takes an empty buffer back that an instance in another process was given. False: it is none.</summary>
    internal bool TryTakeBackEmpty(uint index)
    {
        if (!IsEmptyBuffer(index) || !TryFree(index))
            return false;
        CountGranted(-1);
        return true;
    }

    /// <summary>Counts empty buffers that are lent to processes, or that came back or were made packets of.</summary>
    internal void CountGranted(int change) => Interlocked.Add(ref _granted, change);

    /// <summary>Takes back every buffer that <paramref name="owner"/> has; returns how many there were. Nobody uses them any more.</summary>
    internal int ReclaimFrom(uint owner)
    {
        int reclaimed = 0;
        foreach (PoolSegment segment in _segments)
        {
            for (uint i = segment.First; i < segment.First + segment.Count; i++)
            {
                // Whoever it is, a device too: it has given up what it had.
                lock (_gate)
                {
                    if (_disposed || !IsOwnedBy(i, owner))
                        continue;
                    _owners[i] = BufferOwner.Free;
                }

                segment.Put(new ReadOnlySpan<uint>(in i));
                reclaimed++;
            }
        }

        return reclaimed;
    }

    internal bool IsDisposed => Volatile.Read(ref _disposed);

    [DoesNotReturn]
    private void ThrowIndexOutOfRange(uint index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, $"Buffer index {index} is not of this pool, which has {Capacity} buffers.");

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

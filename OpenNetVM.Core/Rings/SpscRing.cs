using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Memory;

// The algorithm. Positions count elements for ever; a position's slot is position & mask. The shared words are the two cursors of
// RingHeader; each is written by one side alone. What a side needs to decide is in RingLocalState, which the other side cannot write.
//
// Producer                                                   Consumer
// 1. free = limit - next (own memory).                       1. ready = limit - next (own memory).
// 2. Too few: read the consumer cursor (acquire) and set     2. Too few: read the producer cursor (acquire) and set
//    limit from it, clamped to next .. next + capacity.         limit from it, clamped to next .. next + capacity.
// 3. Write the elements into their slots.                    3. Read the elements from their slots.
// 4. next += n; write next to the producer cursor            4. next += n; write next to the consumer cursor
//    (release): the slots' contents come with it.               (release): the reads of the slots are over before it.
//
// Producer 4 -> consumer 2 hands the contents over; consumer 4 -> producer 2 hands the empty slots back. Both pairs are
// release/acquire, which x64 gives for nothing and ARM64 by stlr/ldar(pr). No step needs a full fence: no side ever has to know that
// its write was seen before it reads the other's.
namespace OpenNetVM.Core.Rings;

/// <summary>
/// A ring for one producer thread and one consumer thread at a time (they may be the same, and either side may pass to another thread
/// by a synchronised hand-over): first in, first out, fixed capacity, elements by value in unmanaged memory. Calls never block, never
/// allocate and tell "full" and "empty" by their result.
/// </summary>
/// <remarks>
/// <para>A ring in a shared <see cref="MemoryRegion"/> connects two processes: one creates it, the other attaches, and each uses one
/// side. Nothing the other process writes can lead outside the ring's memory: its cursor is clamped, and a cursor that makes no sense
/// tells nothing new. The elements' values are the other process's and are to be checked.</para>
/// <para>Spans given out by <see cref="Reserve"/> and <see cref="Peek"/> point into the ring: keep the ring reachable while using them.</para>
/// </remarks>
/// <typeparam name="T">The element, a struct without references.</typeparam>
[DebuggerDisplay("Count = {Count}/{Capacity}")]
[SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "Factories of the type they are on.")]
public sealed unsafe class SpscRing<T>
    where T : unmanaged
{
    private readonly MemoryRegion _region;
    private readonly RingHeader* _shared;
    private readonly T* _slots;
    private readonly long _mask;
    private RingLocalState _own;

    /// <summary>Makes an empty ring in private memory, which is given back when the ring is no longer reachable.</summary>
    /// <param name="capacity">The number of elements it holds: a power of two, at most 2^30.</param>
    /// <exception cref="ArgumentException">The capacity is not a power of two.</exception>
    public SpscRing(int capacity)
        : this(RingLayout.AllocatePrivate(RequiredBytes(capacity), out long offset), offset, capacity, cursor: 0)
    {
    }

    private SpscRing(MemoryRegion region, long offset, int capacity, long cursor)
        : this(region, RingLayout.Format<T>(region, offset, capacity, RingKind.SingleProducerSingleConsumer, hasTurns: false, cursor), capacity)
    {
    }

    private SpscRing(MemoryRegion region, RingHeader* shared, int capacity)
    {
        _region = region;
        _shared = shared;
        _slots = (T*)((byte*)shared + RingHeader.Bytes);
        _mask = capacity - 1;

        // Each side starts where it stopped, and learns of the other at its first call.
        _own.ProducerNext = _own.ProducerLimit = Volatile.Read(ref shared->ProducerCursor);
        _own.ConsumerNext = _own.ConsumerLimit = Volatile.Read(ref shared->ConsumerCursor);
    }

    /// <summary>Any thread: the number of elements the ring holds when full.</summary>
    public int Capacity => (int)_mask + 1;

    /// <summary>
    /// Any thread: the elements in the ring, always from 0 to <see cref="Capacity"/>. Exact when neither side is at work, else a value of
    /// a moment near the call; only the producer may rely on it not growing, only the consumer on it not shrinking.
    /// </summary>
    public int Count => (int)Math.Clamp(Enqueued - Dequeued, 0, Capacity);

    /// <summary>Any thread: whether <see cref="Count"/> is 0.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Any thread: all elements ever put in, as the producing side published it (another process may publish anything).</summary>
    public long Enqueued
    {
        get
        {
            // Acquire: a reader that sees the total also sees the elements counted by it.
            long cursor = Volatile.Read(ref _shared->ProducerCursor);
            GC.KeepAlive(this);
            return cursor;
        }
    }

    /// <summary>Any thread: all elements ever taken out, as the consuming side published it (another process may publish anything).</summary>
    public long Dequeued
    {
        get
        {
            // Acquire: keeps the two reads of Count in the order they are written.
            long cursor = Volatile.Read(ref _shared->ConsumerCursor);
            GC.KeepAlive(this);
            return cursor;
        }
    }

    /// <summary>The bytes a ring takes in a region, a multiple of 128.</summary>
    /// <param name="capacity">The number of elements: a power of two, at most 2^30.</param>
    /// <exception cref="ArgumentException">The capacity is not a power of two.</exception>
    public static long RequiredBytes(int capacity) => RingLayout.RequiredBytes<T>(capacity, hasTurns: false);

    /// <summary>Makes an empty ring in a region, over whatever was there. The ring keeps the region reachable.</summary>
    /// <param name="region">The memory.</param>
    /// <param name="offset">Where the ring starts: a multiple of 128.</param>
    /// <param name="capacity">The number of elements: a power of two, at most 2^30.</param>
    /// <exception cref="ArgumentException">
    /// The capacity is not a power of two, the offset not a multiple of 128, or the ring does not fit the rest of the region.
    /// </exception>
    public static SpscRing<T> Create(MemoryRegion region, long offset, int capacity) => new(region, offset, capacity, cursor: 0);

    /// <summary>
    /// Opens a ring that was created in this memory, through this or another mapping of it. At most one object per side may be in use:
    /// attach while the side you are going to use is idle.
    /// </summary>
    /// <param name="region">The memory.</param>
    /// <param name="offset">Where the ring starts.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of 128, or not in the region.</exception>
    /// <exception cref="InvalidDataException">There is no ring of this kind and element size that lies wholly in the region.</exception>
    public static SpscRing<T> Attach(MemoryRegion region, long offset)
    {
        RingHeader* shared = RingLayout.Open<T>(region, offset, RingKind.SingleProducerSingleConsumer, hasTurns: false, out int capacity);
        return new SpscRing<T>(region, shared, capacity);
    }

    /// <summary>Producer only: puts one element in.</summary>
    /// <returns>false when the ring is full.</returns>
    public bool TryEnqueue(in T item)
    {
        long next = _own.ProducerNext;
        if (next == _own.ProducerLimit && RefreshFree(next) == 0)
            return false;
        _slots[next & _mask] = item;
        PublishProduced(next + 1);
        return true;
    }

    /// <summary>Producer only: puts as many of the elements in as there is room for, from the first on.</summary>
    /// <returns>How many were taken; the rest of <paramref name="items"/> stays the caller's.</returns>
    public int TryEnqueue(ReadOnlySpan<T> items)
    {
        long next = _own.ProducerNext;
        int count = items.Length;
        if (_own.ProducerLimit - next < count)
            count = (int)Math.Min(RefreshFree(next), count);
        if (count == 0)
            return 0;

        RingCopy.In(_slots, next & _mask, _mask, ref MemoryMarshal.GetReference(items), count);
        PublishProduced(next + count);
        return count;
    }

    /// <summary>
    /// Producer only: the free slots the producer knows of; it looks at the consumer's cursor only when it knows of fewer than wanted.
    /// </summary>
    /// <param name="wanted">How many would do.</param>
    /// <returns>From 0 to <see cref="Capacity"/>, possibly more than wanted. That many can be put in for certain.</returns>
    public int FreeFor(int wanted)
    {
        long next = _own.ProducerNext;
        long free = _own.ProducerLimit - next;
        return (int)(free < wanted ? RefreshFree(next) : free);
    }

    /// <summary>
    /// Producer only: the next free slots, to be filled in place and then given to the consumer by <see cref="Commit"/>. They lie in one
    /// piece, so near the end of the memory there are fewer than are free: call again after committing. Their contents are leftovers.
    /// </summary>
    /// <param name="max">How many are wanted at most; 0 or less gives none.</param>
    /// <returns>Up to <paramref name="max"/> slots; empty when the ring is full. Valid until committed.</returns>
    public Span<T> Reserve(int max)
    {
        long next = _own.ProducerNext;
        long index = next & _mask;
        int wanted = (int)Math.Min(max, _mask + 1 - index);
        if (_own.ProducerLimit - next < wanted)
            wanted = (int)Math.Min(RefreshFree(next), wanted);
        return wanted <= 0 ? default : new Span<T>(_slots + index, wanted);
    }

    /// <summary>Producer only: gives the first slots that <see cref="Reserve"/> returned to the consumer.</summary>
    /// <param name="count">How many were filled, from the first on.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than are free. Nothing was given.</exception>
    public void Commit(int count)
    {
        long next = _own.ProducerNext;
        long free = _own.ProducerLimit - next;
        if ((ulong)(long)count > (ulong)free)
            ThrowBeyond(nameof(count), count, free, "reserved slots");
        PublishProduced(next + count);
    }

    /// <summary>
    /// Producer only: as <see cref="Commit"/>, but the consumer does not see the elements before the next <see cref="Publish"/> (or Commit, or
    /// TryEnqueue). Several small pieces then cost the other core one cache line transfer, not one each.
    /// </summary>
    /// <param name="count">How many were filled, from the first on.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than are free. Nothing was staged.</exception>
    public void Stage(int count)
    {
        long next = _own.ProducerNext;
        long free = _own.ProducerLimit - next;
        if ((ulong)(long)count > (ulong)free)
            ThrowBeyond(nameof(count), count, free, "reserved slots");
        _own.ProducerNext = next + count;
    }

    /// <summary>Producer only: lets the consumer see everything staged.</summary>
    public void Publish() => PublishProduced(_own.ProducerNext);

    /// <summary>Consumer only: takes one element out.</summary>
    /// <returns>false when the ring is empty.</returns>
    public bool TryDequeue(out T item)
    {
        long next = _own.ConsumerNext;
        if (next == _own.ConsumerLimit && RefreshReady(next) == 0)
        {
            item = default;
            return false;
        }

        item = _slots[next & _mask];
        PublishConsumed(next + 1);
        return true;
    }

    /// <summary>Consumer only: takes as many elements out as are there and fit.</summary>
    /// <returns>How many of <paramref name="items"/> were set, from the first on.</returns>
    public int TryDequeue(Span<T> items)
    {
        long next = _own.ConsumerNext;
        int count = items.Length;
        if (_own.ConsumerLimit - next < count)
            count = (int)Math.Min(RefreshReady(next), count);
        if (count == 0)
            return 0;

        RingCopy.Out(_slots, next & _mask, _mask, ref MemoryMarshal.GetReference(items), count);
        PublishConsumed(next + count);
        return count;
    }

    /// <summary>
    /// Consumer only: the next elements, in place, to be given back by <see cref="Advance"/>. They lie in one piece, so near the end of
    /// the memory there are fewer than are ready: call again after advancing. The consumer may change them.
    /// </summary>
    /// <param name="max">How many are wanted at most; 0 or less gives none.</param>
    /// <returns>Up to <paramref name="max"/> elements; empty when the ring is empty. Valid until given back.</returns>
    public Span<T> Peek(int max)
    {
        long next = _own.ConsumerNext;
        long index = next & _mask;
        int wanted = (int)Math.Min(max, _mask + 1 - index);
        if (_own.ConsumerLimit - next < wanted)
            wanted = (int)Math.Min(RefreshReady(next), wanted);
        return wanted <= 0 ? default : new Span<T>(_slots + index, wanted);
    }

    /// <summary>Consumer only: gives the first slots that <see cref="Peek"/> returned back to the producer.</summary>
    /// <param name="count">How many elements were used up, from the first on.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than the consumer has seen. Nothing was given back.</exception>
    public void Advance(int count)
    {
        long next = _own.ConsumerNext;
        long ready = _own.ConsumerLimit - next;
        if ((ulong)(long)count > (ulong)ready)
            ThrowBeyond(nameof(count), count, ready, "peeked elements");
        PublishConsumed(next + count);
    }

    /// <summary>
    /// Whether the cursor of a consumer in another process is where a consumer can be. Any thread; the two looks at what the producer has done
    /// make up for what it does meanwhile.
    /// </summary>
    internal bool HasPlausibleConsumer
    {
        get
        {
            long before = Volatile.Read(ref _own.ProducerNext);
            long consumed = Volatile.Read(ref _shared->ConsumerCursor);
            GC.KeepAlive(this);
            return consumed >= before - Capacity && consumed <= Volatile.Read(ref _own.ProducerNext);
        }
    }

    /// <summary>Consumer only: whether the cursor of a producer in another process is where a producer can be.</summary>
    internal bool HasPlausibleProducer => (ulong)(Enqueued - _own.ConsumerNext) <= (ulong)Capacity;

    /// <summary>
    /// Producer only: copies what the consumer has not taken, as its cursor and the memory that it can write tell it. For when the consumer is gone.
    /// </summary>
    /// <returns>How many of <paramref name="items"/>, at least <see cref="Capacity"/> long, were set.</returns>
    internal int CopyLeft(Span<T> items)
    {
        long next = _own.ProducerNext;
        long used = next - Volatile.Read(ref _shared->ConsumerCursor);
        int count = used < 0 || used > Capacity ? 0 : (int)used;
        if (count > 0)
            RingCopy.Out(_slots, (next - count) & _mask, _mask, ref MemoryMarshal.GetReference(items[..count]), count);
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>Test hook: a ring whose cursors start at any value, to reach the ends of their range.</summary>
    internal static SpscRing<T> CreateStartingAt(MemoryRegion region, long offset, int capacity, long cursor) =>
        new(region, offset, capacity, cursor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PublishProduced(long next)
    {
        _own.ProducerNext = next;
        // Release: the slots' contents are visible to whoever sees the new cursor.
        Volatile.Write(ref _shared->ProducerCursor, next);
        // The memory lives as long as this object; after its last use here the collector could take both.
        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PublishConsumed(long next)
    {
        _own.ConsumerNext = next;
        // Release: the slots have been read before the producer can see them free.
        Volatile.Write(ref _shared->ConsumerCursor, next);
        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RefreshFree(long next)
    {
        // Acquire: pairs with PublishConsumed; filling a slot cannot move before the read that shows it free.
        ulong used = (ulong)(next - Volatile.Read(ref _shared->ConsumerCursor));
        GC.KeepAlive(this);
        ulong capacity = (ulong)_mask + 1;
        // A consumer is at most capacity behind and never ahead, and never goes back: a cursor that says otherwise is not believed, and
        // what was free before stays free (so a reserved span can always be committed).
        long known = _own.ProducerLimit - next;
        long free = used <= capacity ? Math.Max((long)(capacity - used), known) : known;
        _own.ProducerLimit = next + free;
        return free;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RefreshReady(long next)
    {
        // Acquire: pairs with PublishProduced; reading a slot cannot move before the read that shows it full.
        ulong published = (ulong)(Volatile.Read(ref _shared->ProducerCursor) - next);
        GC.KeepAlive(this);
        // A producer is at most capacity ahead and never behind, and never goes back: a cursor that says otherwise is not believed, and
        // what was ready before stays ready (so a peeked span can always be given back).
        long known = _own.ConsumerLimit - next;
        long ready = published <= (ulong)_mask + 1 ? Math.Max((long)published, known) : known;
        _own.ConsumerLimit = next + ready;
        return ready;
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowBeyond(string name, int count, long available, string what) =>
        throw new ArgumentOutOfRangeException(name, count, $"There are {available} {what}.");
}

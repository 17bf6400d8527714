using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using OpenNetVM.Core.Memory;

namespace OpenNetVM.Core.Rings;

/// <summary>
/// A ring for any number of producer and consumer threads: fixed capacity, elements by value in unmanaged memory; each producer's
/// elements are taken in its order. Calls never block, never wait for another thread's progress, never allocate, and tell "full" and
/// "empty" by their result.
/// </summary>
/// <remarks>
/// In a shared <see cref="MemoryRegion"/> processes that trust each other may share the ring. A process that writes nonsense can make
/// elements appear, disappear or come twice, and can fill the ring for ever; it cannot lead this process outside the ring's memory nor
/// hold it in a call.
/// </remarks>
/// <typeparam name="T">The element, a struct without references.</typeparam>
[DebuggerDisplay("Count = {Count}/{Capacity}")]
[SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "Factories of the type they are on.")]
public sealed class MpmcRing<T>
    where T : unmanaged
{
    // The algorithm is in TurnRing.cs.
    private TurnRing<T, MultipleConsumers> _ring;

    /// <summary>Makes an empty ring in private memory, which is given back when the ring is no longer reachable.</summary>
    /// <param name="capacity">The number of elements it holds: a power of two, at most 2^30.</param>
    /// <exception cref="ArgumentException">The capacity is not a power of two.</exception>
    public MpmcRing(int capacity) => _ring = TurnRing<T, MultipleConsumers>.Create(capacity);

    private MpmcRing(in TurnRing<T, MultipleConsumers> ring) => _ring = ring;

    /// <summary>Any thread: the number of elements the ring holds when full.</summary>
    public int Capacity => _ring.Capacity;

    /// <summary>
    /// Any thread: the elements in the ring, always from 0 to <see cref="Capacity"/>. Exact when nobody is at work; otherwise a value of a
    /// moment near the call, in which elements count from the moment their place is claimed, before they can be taken.
    /// </summary>
    public int Count => _ring.Count;

    /// <summary>Any thread: whether <see cref="Count"/> is 0.</summary>
    public bool IsEmpty => _ring.Count == 0;

    /// <summary>Any thread: all elements ever put in (counted as <see cref="Count"/> counts them; another process may write anything).</summary>
    public long Enqueued => _ring.Enqueued;

    /// <summary>Any thread: all elements ever taken out (another process may write anything).</summary>
    public long Dequeued => _ring.Dequeued;

    /// <summary>The bytes a ring takes in a region, a multiple of 128.</summary>
    /// <param name="capacity">The number of elements: a power of two, at most 2^30.</param>
    /// <exception cref="ArgumentException">The capacity is not a power of two.</exception>
    public static long RequiredBytes(int capacity) => TurnRing<T, MultipleConsumers>.RequiredBytes(capacity);

    /// <summary>Makes an empty ring in a region, over whatever was there. The ring keeps the region reachable.</summary>
    /// <param name="region">The memory.</param>
    /// <param name="offset">Where the ring starts: a multiple of 128.</param>
    /// <param name="capacity">The number of elements: a power of two, at most 2^30.</param>
    /// <exception cref="ArgumentException">
    /// The capacity is not a power of two, the offset not a multiple of 128, or the ring does not fit the rest of the region.
    /// </exception>
    public static MpmcRing<T> Create(MemoryRegion region, long offset, int capacity) =>
        new(TurnRing<T, MultipleConsumers>.Create(region, offset, capacity, cursor: 0));

    /// <summary>
    /// Opens a ring that was created in this memory, through this or another mapping of it. Any number
    /// of objects may be in use.
    /// </summary>
    /// <param name="region">The memory.</param>
    /// <param name="offset">Where the ring starts.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of 128, or not in the region.</exception>
    /// <exception cref="InvalidDataException">There is no ring of this kind and element size that lies wholly in the region.</exception>
    public static MpmcRing<T> Attach(MemoryRegion region, long offset) => new(TurnRing<T, MultipleConsumers>.Attach(region, offset));

    /// <summary>Any thread: puts one element in.</summary>
    /// <returns>false when the ring is full.</returns>
    public bool TryEnqueue(in T item) => _ring.TryEnqueue(item);

    /// <summary>
    /// Any thread: puts as many of the elements in as there is room for, from the first on. They stay together: no other producer's come
    /// between them.
    /// </summary>
    /// <returns>How many were taken; the rest of <paramref name="items"/> stays the caller's.</returns>
    public int TryEnqueue(ReadOnlySpan<T> items) => _ring.TryEnqueue(items);

    /// <summary>Any thread: the free slots at this moment, for a decision whether to begin; other producers may take them first.</summary>
    /// <param name="wanted">Not used by this kind of ring, whose answer is always fresh.</param>
    /// <returns>From 0 to <see cref="Capacity"/>.</returns>
    public int FreeFor(int wanted)
    {
        _ = wanted;
        return _ring.Capacity - _ring.Count;
    }

    /// <summary>Any thread: takes one element out.</summary>
    /// <returns>false when the ring is empty, or its next element is still being written.</returns>
    public bool TryDequeue(out T item) => _ring.TryDequeue(out item);

    /// <summary>Any thread: takes as many elements out as are there, in one piece of the row, and fit.</summary>
    /// <returns>How many of <paramref name="items"/> were set, from the first on.</returns>
    public int TryDequeue(Span<T> items) => _ring.TryDequeue(items);

    /// <summary>Test hook: a ring whose cursors start at any value, to reach the ends of their range.</summary>
    internal static MpmcRing<T> CreateStartingAt(MemoryRegion region, long offset, int capacity, long cursor) =>
        new(TurnRing<T, MultipleConsumers>.Create(region, offset, capacity, cursor));
}

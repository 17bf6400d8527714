using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OpenNetVM.Core.Memory;

// The algorithm of the rings with several producers. As in SpscRing, positions count elements for ever and position & mask is the
// slot; but here a cursor only says what is claimed, and each slot has a turn (see RingTurn) that says what may be done with it.
//
// Producer                                                   Consumer
// 1. Read the producer cursor: the next position.            1. Several consumers: read the consumer cursor.
// 2. Count the free slots from there: by the consumer            One consumer: its position is its own.
//    cursor where there is one consumer (acquire), else      2. Count the slots from there whose turn is "full" (acquire).
//    by the slots' turns (acquire).                          3. Several consumers: claim n by compare-and-swap; lost: 1.
// 3. Claim n by compare-and-swap of the cursor; lost: 1.     4. Read the elements from their slots.
// 4. Write the elements into their slots.                    5. Several consumers: set each slot's turn to "free" of the next
// 5. Set each slot's turn to "full" (release).                  lap (release). One consumer: write its cursor (release).
//
// Producer 5 -> consumer 2 hands the contents over; consumer 5 -> producer 2 hands the empty slots back. A slot found free (full)
// stays so while the cursor stands still, since only the claimant of its position changes it: hence the claim in 3 is for slots that
// are still as 2 found them. Cursors of 64 bits never come round, so an unchanged cursor has not moved.
//
// Turns per slot, and not a published tail moved in the order of the claims, because there a producer that is preempted (or dies)
// between claim and publication makes every later producer wait for it with its core. Here no call ever waits for another: later
// producers finish, and only the consumers find the row of full slots ending at the gap until it is filled.
namespace OpenNetVM.Core.Rings;

/// <summary>What <see cref="MpscRing{T}"/> and <see cref="MpmcRing{T}"/> share: any number of producers, and the consumers of a policy.</summary>
/// <remarks>A struct inside the public class, so that the constant policy and the fields are reached without a further object.</remarks>
internal unsafe struct TurnRing<T, TConsumers>
    where T : unmanaged
    where TConsumers : struct, IConsumerPolicy
{
    private readonly MemoryRegion _region;
    private readonly RingHeader* _shared;
    private readonly T* _slots;
    private readonly uint* _turns;
    private readonly long _mask;
    private readonly int _shift;

    // ProducerNext is not used; ProducerLimit is one for all producers of the process. The consumer's part is for a single consumer.
    private RingLocalState _own;

    private TurnRing(MemoryRegion region, RingHeader* shared, int capacity)
    {
        _region = region;
        _shared = shared;
        _slots = (T*)((byte*)shared + RingHeader.Bytes);
        _turns = (uint*)((byte*)shared + RingLayout.TurnsOffset<T>(capacity));
        _mask = capacity - 1;
        _shift = BitOperations.Log2((uint)capacity);
        _own.ProducerLimit = Volatile.Read(ref shared->ProducerCursor);
        _own.ConsumerNext = _own.ConsumerLimit = Volatile.Read(ref shared->ConsumerCursor);
    }

    public readonly int Capacity => (int)_mask + 1;

    public readonly int Count => (int)Math.Clamp(Enqueued - Dequeued, 0, Capacity);

    public readonly long Enqueued => Read(ref _shared->ProducerCursor);

    public readonly long Dequeued => Read(ref _shared->ConsumerCursor);

    public static long RequiredBytes(int capacity) => RingLayout.RequiredBytes<T>(capacity, hasTurns: true);

    public static TurnRing<T, TConsumers> Create(int capacity)
    {
        MemoryRegion region = RingLayout.AllocatePrivate(RequiredBytes(capacity), out long offset);
        return Create(region, offset, capacity, cursor: 0);
    }

    public static TurnRing<T, TConsumers> Create(MemoryRegion region, long offset, int capacity, long cursor) =>
        new(region, RingLayout.Format<T>(region, offset, capacity, TConsumers.Kind, hasTurns: true, cursor), capacity);

    public static TurnRing<T, TConsumers> Attach(MemoryRegion region, long offset)
    {
        RingHeader* shared = RingLayout.Open<T>(region, offset, TConsumers.Kind, hasTurns: true, out int capacity);
        return new TurnRing<T, TConsumers>(region, shared, capacity);
    }

    public bool TryEnqueue(in T item)
    {
        if (Claim(ref _shared->ProducerCursor, RingTurn.Free, 1, out long position) == 0)
            return false;
        long slot = position & _mask;
        _slots[slot] = item;
        // Release: the contents are there for whoever sees the slot full.
        Volatile.Write(ref _turns[slot], RingTurn.Of(position, _shift, RingTurn.Full));
        GC.KeepAlive(_region);
        return true;
    }

    public int TryEnqueue(ReadOnlySpan<T> items)
    {
        int count = Claim(ref _shared->ProducerCursor, RingTurn.Free, items.Length, out long position);
        if (count == 0)
            return 0;
        RingCopy.In(_slots, position & _mask, _mask, ref MemoryMarshal.GetReference(items), count);
        SetTurns(position, count, RingTurn.Of(position, _shift, RingTurn.Full));
        GC.KeepAlive(_region);
        return count;
    }

    public bool TryDequeue(out T item)
    {
        long position;
        if (TConsumers.Single)
        {
            position = _own.ConsumerNext;
            if (position == _own.ConsumerLimit && RefreshReady(position, 1) == 0)
            {
                item = default;
                return false;
            }

            item = _slots[position & _mask];
            PublishConsumed(position + 1);
            return true;
        }

        if (Claim(ref _shared->ConsumerCursor, RingTurn.Full, 1, out position) == 0)
        {
            item = default;
            return false;
        }

        long slot = position & _mask;
        item = _slots[slot];
        // Release: the slot has been read before a producer can see it free.
        Volatile.Write(ref _turns[slot], RingTurn.Of(position + _mask + 1, _shift, RingTurn.Free));
        GC.KeepAlive(_region);
        return true;
    }

    public int TryDequeue(Span<T> items)
    {
        int count;
        long position;
        if (TConsumers.Single)
        {
            position = _own.ConsumerNext;
            count = (int)Math.Min(Ready(position, items.Length), items.Length);
        }
        else
        {
            count = Claim(ref _shared->ConsumerCursor, RingTurn.Full, items.Length, out position);
        }

        if (count == 0)
            return 0;
        RingCopy.Out(_slots, position & _mask, _mask, ref MemoryMarshal.GetReference(items), count);
        if (TConsumers.Single)
            PublishConsumed(position + count);
        else
            SetTurns(position, count, RingTurn.Of(position + _mask + 1, _shift, RingTurn.Free));
        GC.KeepAlive(_region);
        return count;
    }

    /// <summary>For a single consumer.</summary>
    public Span<T> Peek(int max)
    {
        long next = _own.ConsumerNext;
        long index = next & _mask;
        int wanted = (int)Math.Min(max, _mask + 1 - index);
        wanted = (int)Math.Min(Ready(next, wanted), wanted);
        return wanted <= 0 ? default : new Span<T>(_slots + index, wanted);
    }

    /// <summary>For a single consumer.</summary>
    /// <returns>-1 where it was done, else the number that would have been allowed.</returns>
    public long TryAdvance(int count)
    {
        long next = _own.ConsumerNext;
        long ready = _own.ConsumerLimit - next;
        if ((ulong)(long)count > (ulong)ready)
            return ready;
        PublishConsumed(next + count);
        return -1;
    }

    private readonly long Read(ref long cursor)
    {
        // Acquire: keeps the two reads of Count in the order they are written.
        long value = Volatile.Read(ref cursor);
        GC.KeepAlive(_region);
        return value;
    }

    /// <summary>Claims the next positions of a side, for slots that are in a state.</summary>
    /// <param name="cursor">The side's cursor.</param>
    /// <param name="state">What the slots must be: free for producers, full for consumers.</param>
    /// <param name="wanted">How many at most.</param>
    /// <param name="position">The first of them.</param>
    /// <returns>From 0 to the smaller of <paramref name="wanted"/> and the capacity, whatever the shared memory says.</returns>
    private int Claim(ref long cursor, uint state, int wanted, out long position)
    {
        position = Volatile.Read(ref cursor);
        if (wanted == 0)
            return 0;
        int count = TConsumers.Single ? Room(position, wanted) : Run(position, wanted, state);
        // The exchange is a full fence: the element copies stay behind it.
        if (count > 0 && Interlocked.CompareExchange(ref cursor, position + count, position) == position)
            return count;
        return ClaimAgain(ref cursor, state, wanted, ref position);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ClaimAgain(ref long cursor, uint state, int wanted, ref long position)
    {
        var contention = default(RingContention);
        do
        {
            // "None" counts only if the cursor stood still: else the answer was for a position that others took meanwhile.
            long seen = Volatile.Read(ref cursor);
            int count = TConsumers.Single ? Room(seen, wanted) : Run(seen, wanted, state);
            if (count == 0 && seen == position)
                return 0;
            position = seen;
            if (count > 0 && Interlocked.CompareExchange(ref cursor, seen + count, seen) == seen)
                return count;
        }
        while (contention.MayRetry());
        return 0;
    }

    /// <summary>How many slots are free from a position on, as the single consumer's cursor tells it.</summary>
    private int Room(long position, int wanted)
    {
        ulong capacity = (ulong)_mask + 1;
        // Acquire: this process's other producers may have read the consumer's cursor; what it handed back comes with their limit.
        ulong free = (ulong)(Volatile.Read(ref _own.ProducerLimit) - position);
        if (free > capacity || free < (ulong)wanted)
        {
            // Acquire: pairs with PublishConsumed; filling a slot cannot move before the read that shows it free.
            long consumed = Volatile.Read(ref _shared->ConsumerCursor);
            ulong used = (ulong)(position - consumed);
            // Behind the consumer: the position is old, or the cursor is not to be believed.
            if (used > capacity)
                return 0;
            free = capacity - used;
            // Release: hands on what the acquire brought. A slower thread may put an older limit here, which is safe: it allows less.
            Volatile.Write(ref _own.ProducerLimit, consumed + (long)capacity);
        }

        return (int)Math.Min(free, (ulong)wanted);
    }

    /// <summary>How many slots in a row from a position on have their turn in a state.</summary>
    private readonly int Run(long position, int wanted, uint state)
    {
        int count = (int)Math.Min(wanted, _mask + 1);
        long index = position & _mask;
        int untilEnd = (int)Math.Min(count, _mask + 1 - index);
        uint turn = RingTurn.Of(position, _shift, state);
        int run = RunOf(_turns + index, untilEnd, turn);
        if (run < untilEnd || untilEnd == count)
            return run;
        return untilEnd + RunOf(_turns, count - untilEnd, RingTurn.Of(position + untilEnd, _shift, state));
    }

    private static int RunOf(uint* turns, int count, uint turn)
    {
        // The usual answers of a single element and of an empty (full) ring. Acquire: as below.
        if (Volatile.Read(ref *turns) != turn)
            return 0;
        if (count == 1)
            return 1;
        // Vector code: each aligned turn within a vector is read whole, as by a read of its own.
        int end = new ReadOnlySpan<uint>(turns, count).IndexOfAnyExcept(turn);
        // Acquire, for all of them: nothing that is done to the slots moves before the reads that allow it.
        Volatile.ReadBarrier();
        return end < 0 ? count : end;
    }

    /// <summary>Sets the turns of slots in a row, of which the first has the given one; after the memory's end the next lap begins.</summary>
    private readonly void SetTurns(long position, int count, uint turn)
    {
        long index = position & _mask;
        int untilEnd = (int)Math.Min(count, _mask + 1 - index);
        SetAll(_turns + index, untilEnd, turn);
        if (untilEnd < count)
            SetAll(_turns, count - untilEnd, turn + 2);
    }

    private static void SetAll(uint* turns, int count, uint turn)
    {
        // Release, for all of them: the copies to or from the slots are over before the other side can see any.
        Volatile.WriteBarrier();

        // Each turn is written exactly once: as soon as it is, its slot belongs to the other side, which may have set the next turn
        // already. This rules Span.Fill out, which may write elements again to finish with a whole vector.
        int i = 0;
        for (Vector256<uint> eight = Vector256.Create(turn); i <= count - Vector256<uint>.Count; i += Vector256<uint>.Count)
            eight.Store(turns + i);
        for (; i < count; i++)
            turns[i] = turn;
    }

    /// <summary>For a single consumer: what it knows to be ready, at least the wanted number where that many are.</summary>
    private long Ready(long next, int wanted)
    {
        long ready = _own.ConsumerLimit - next;
        return ready < wanted ? RefreshReady(next, wanted) : ready;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long RefreshReady(long next, int wanted)
    {
        // Never more than a lap ahead, whatever the turns say.
        long limit = _own.ConsumerLimit;
        long known = limit - next;
        int more = (int)Math.Min(wanted - known, _mask + 1 - known);
        _own.ConsumerLimit = limit + Run(limit, more, RingTurn.Full);
        GC.KeepAlive(_region);
        return _own.ConsumerLimit - next;
    }

    private void PublishConsumed(long next)
    {
        _own.ConsumerNext = next;
        // Release: the slots have been read before a producer can see them free.
        Volatile.Write(ref _shared->ConsumerCursor, next);
        GC.KeepAlive(_region);
    }
}

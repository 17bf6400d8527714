using OpenNetVM.Tests.Rings;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// A ring that is right for one thread and wrong for several: the positive control of the stress test. In the dangerous moment it gives
/// the core away, so that the defect shows on a machine with few cores too.
/// </summary>
public sealed class BrokenRing<T>(int capacity, RingDefect defect) : IRingUnderTest<T>
    where T : unmanaged
{
    private readonly T[] _slots = new T[capacity];
    private long _produced;
    private long _consumed;

    public int Capacity => capacity;

    public int Count => (int)(Enqueued - Dequeued);

    public bool IsEmpty => Count == 0;

    public long Enqueued => Volatile.Read(ref _produced);

    public long Dequeued => Volatile.Read(ref _consumed);

    public bool FillsInPlace => false;

    public bool TakesInPlace => false;

    public bool TryEnqueue(in T item) => TryEnqueue([item]) == 1;

    public bool TryDequeue(out T item)
    {
        Span<T> one = stackalloc T[1];
        int count = TryDequeue(one);
        item = one[0];
        return count == 1;
    }

    public int TryEnqueue(ReadOnlySpan<T> items)
    {
        long position = Enqueued;
        int count = (int)Math.Clamp(capacity - (position - Dequeued), 0, items.Length);
        if (count == 0)
            return 0;
        if (defect == RingDefect.PublishesBeforeWriting)
            Volatile.Write(ref _produced, position + count);
        if (defect is RingDefect.PublishesBeforeWriting or RingDefect.ProducersClaimWithoutExchange)
            Thread.Yield();
        for (int i = 0; i < count; i++)
            _slots[(position + i) & (capacity - 1)] = items[i];
        if (defect != RingDefect.PublishesBeforeWriting)
            Volatile.Write(ref _produced, position + count);
        return count;
    }

    public int TryDequeue(Span<T> items)
    {
        long position = Dequeued;
        int count = (int)Math.Clamp(Enqueued - position, 0, items.Length);
        if (count == 0)
            return 0;
        if (defect == RingDefect.ReleasesBeforeReading)
            Volatile.Write(ref _consumed, position + count);
        if (defect is RingDefect.ReleasesBeforeReading or RingDefect.ConsumersClaimWithoutExchange)
            Thread.Yield();
        for (int i = 0; i < count; i++)
            items[i] = _slots[(position + i) & (capacity - 1)];
        if (defect != RingDefect.ReleasesBeforeReading)
            Volatile.Write(ref _consumed, position + count);
        return count;
    }

    public int FreeFor(int wanted) => capacity - Count;

    public Span<T> Reserve(int max) => throw new NotSupportedException();

    public void Commit(int count) => throw new NotSupportedException();

    public Span<T> Peek(int max) => throw new NotSupportedException();

    public void Advance(int count) => throw new NotSupportedException();
}

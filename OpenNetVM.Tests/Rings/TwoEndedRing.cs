namespace OpenNetVM.Tests.Rings;

/// <summary>One ring seen through two objects: elements go in by one and come out by the other.</summary>
internal sealed class TwoEndedRing<T>(IRingUnderTest<T> producer, IRingUnderTest<T> consumer) : IRingUnderTest<T>
    where T : unmanaged
{
    public int Capacity => consumer.Capacity;

    public int Count => consumer.Count;

    public bool IsEmpty => consumer.IsEmpty;

    public long Enqueued => consumer.Enqueued;

    public long Dequeued => producer.Dequeued;

    public bool FillsInPlace => producer.FillsInPlace;

    public bool TakesInPlace => consumer.TakesInPlace;

    public bool TryEnqueue(in T item) => producer.TryEnqueue(item);

    public int TryEnqueue(ReadOnlySpan<T> items) => producer.TryEnqueue(items);

    public int FreeFor(int wanted) => producer.FreeFor(wanted);

    public bool TryDequeue(out T item) => consumer.TryDequeue(out item);

    public int TryDequeue(Span<T> items) => consumer.TryDequeue(items);

    public Span<T> Reserve(int max) => producer.Reserve(max);

    public void Commit(int count) => producer.Commit(count);

    public Span<T> Peek(int max) => consumer.Peek(max);

    public void Advance(int count) => consumer.Advance(count);
}

using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

internal sealed class SpscRingUnderTest<T>(SpscRing<T> ring) : IRingUnderTest<T>
    where T : unmanaged
{
    public int Capacity => ring.Capacity;

    public int Count => ring.Count;

    public bool IsEmpty => ring.IsEmpty;

    public long Enqueued => ring.Enqueued;

    public long Dequeued => ring.Dequeued;

    public bool FillsInPlace => true;

    public bool TakesInPlace => true;

    public bool TryEnqueue(in T item) => ring.TryEnqueue(item);

    public int TryEnqueue(ReadOnlySpan<T> items) => ring.TryEnqueue(items);

    public int FreeFor(int wanted) => ring.FreeFor(wanted);

    public bool TryDequeue(out T item) => ring.TryDequeue(out item);

    public int TryDequeue(Span<T> items) => ring.TryDequeue(items);

    public Span<T> Reserve(int max) => ring.Reserve(max);

    public void Commit(int count) => ring.Commit(count);

    public Span<T> Peek(int max) => ring.Peek(max);

    public void Advance(int count) => ring.Advance(count);
}

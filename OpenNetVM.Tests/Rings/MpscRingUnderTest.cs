using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

internal sealed class MpscRingUnderTest<T>(MpscRing<T> ring) : IRingUnderTest<T>
    where T : unmanaged
{
    public int Capacity => ring.Capacity;

    public int Count => ring.Count;

    public bool IsEmpty => ring.IsEmpty;

    public long Enqueued => ring.Enqueued;

    public long Dequeued => ring.Dequeued;

    public bool FillsInPlace => false;

    public bool TakesInPlace => true;

    public bool TryEnqueue(in T item) => ring.TryEnqueue(item);

    public int TryEnqueue(ReadOnlySpan<T> items) => ring.TryEnqueue(items);

    public int FreeFor(int wanted) => ring.FreeFor(wanted);

    public bool TryDequeue(out T item) => ring.TryDequeue(out item);

    public int TryDequeue(Span<T> items) => ring.TryDequeue(items);

    public Span<T> Reserve(int max) => throw new NotSupportedException();

    public void Commit(int count) => throw new NotSupportedException();

    public Span<T> Peek(int max) => ring.Peek(max);

    public void Advance(int count) => ring.Advance(count);
}

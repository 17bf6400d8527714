namespace OpenNetVM.Tests.Rings;

/// <summary>Does the same to a ring that is empty and to a queue, and compares.</summary>
internal sealed class RingModel(IRingUnderTest<long> ring)
{
    private readonly Queue<long> _queue = new();
    private readonly long _firstEnqueued = ring.Enqueued;
    private readonly long _firstDequeued = ring.Dequeued;
    private long _put;
    private long _taken;

    private int Free => ring.Capacity - _queue.Count;

    public void Step(RingOperation operation, int size)
    {
        switch (operation)
        {
            case RingOperation.EnqueueOne:
                Assert.Equal(Free > 0, ring.TryEnqueue(_put));
                if (Free > 0)
                    _queue.Enqueue(_put++);
                break;
            case RingOperation.EnqueueBurst:
                EnqueueBurst(size);
                break;
            case RingOperation.FillInPlace when ring.FillsInPlace:
                FillInPlace(size);
                break;
            case RingOperation.DequeueOne:
                Assert.Equal(_queue.Count > 0, ring.TryDequeue(out long item));
                if (_queue.Count > 0)
                    Assert.Equal(Next(), item);
                break;
            case RingOperation.DequeueBurst:
                DequeueBurst(size);
                break;
            case RingOperation.TakeInPlace when ring.TakesInPlace:
                TakeInPlace(size);
                break;
            case RingOperation.AskFree:
                int free = ring.FreeFor(size);
                Assert.InRange(free, Math.Min(size, Free), Free);
                break;
        }

        Check();
    }

    public void Drain()
    {
        while (ring.TryDequeue(out long item))
            Assert.Equal(Next(), item);
        Check();
        Assert.Empty(_queue);
    }

    private void EnqueueBurst(int size)
    {
        long[] items = new long[size];
        for (int i = 0; i < size; i++)
            items[i] = _put + i;
        int expected = Math.Min(size, Free);
        Assert.Equal(expected, ring.TryEnqueue(items));
        for (int i = 0; i < expected; i++)
            _queue.Enqueue(_put++);
    }

    private void FillInPlace(int size)
    {
        Span<long> slots = ring.Reserve(size);
        Assert.InRange(slots.Length, Math.Min(Math.Min(size, Free), 1), Math.Min(size, Free));
        int used = slots.Length - (slots.Length / 3);
        for (int i = 0; i < used; i++)
        {
            slots[i] = _put;
            _queue.Enqueue(_put++);
        }

        ring.Commit(used);
    }

    private void DequeueBurst(int size)
    {
        long[] items = new long[size];
        int expected = Math.Min(size, _queue.Count);
        Assert.Equal(expected, ring.TryDequeue(items));
        for (int i = 0; i < expected; i++)
            Assert.Equal(Next(), items[i]);
        Assert.All(items[expected..], item => Assert.Equal(0, item));
    }

    private void TakeInPlace(int size)
    {
        Span<long> slots = ring.Peek(size);
        Assert.InRange(slots.Length, Math.Min(Math.Min(size, _queue.Count), 1), Math.Min(size, _queue.Count));
        int used = slots.Length - (slots.Length / 3);
        for (int i = 0; i < used; i++)
            Assert.Equal(Next(), slots[i]);
        ring.Advance(used);
    }

    private long Next()
    {
        _taken++;
        return _queue.Dequeue();
    }

    private void Check()
    {
        Assert.Equal(_queue.Count, ring.Count);
        Assert.Equal(_queue.Count == 0, ring.IsEmpty);
        Assert.Equal(_put, unchecked(ring.Enqueued - _firstEnqueued));
        Assert.Equal(_taken, unchecked(ring.Dequeued - _firstDequeued));
    }
}

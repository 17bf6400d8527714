namespace OpenNetVM.Tests.Rings;

/// <summary>What all rings have in common, so that one suite tests them all.</summary>
public interface IRingUnderTest<T>
    where T : unmanaged
{
    int Capacity { get; }

    int Count { get; }

    bool IsEmpty { get; }

    long Enqueued { get; }

    long Dequeued { get; }

    /// <summary>Whether Reserve and Commit exist.</summary>
    bool FillsInPlace { get; }

    /// <summary>Whether Peek and Advance exist.</summary>
    bool TakesInPlace { get; }

    bool TryEnqueue(in T item);

    int TryEnqueue(ReadOnlySpan<T> items);

    int FreeFor(int wanted);

    bool TryDequeue(out T item);

    int TryDequeue(Span<T> items);

    Span<T> Reserve(int max);

    void Commit(int count);

    Span<T> Peek(int max);

    void Advance(int count);
}

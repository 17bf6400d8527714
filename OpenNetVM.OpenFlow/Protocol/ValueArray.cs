using System.Collections;
using System.Runtime.CompilerServices;

namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>An immutable list that is equal to another of the same elements in the same order, so that messages made of lists compare by value.</summary>
[CollectionBuilder(typeof(ValueArray), nameof(ValueArray.Create))]
internal readonly struct ValueArray<T>(T[] items) : IReadOnlyList<T>, IEquatable<ValueArray<T>>
    where T : IEquatable<T>
{
    // Null in the default value, which is an empty list like any other.
    private readonly T[]? _items = items;

    public static ValueArray<T> Empty => default;

    public int Count => _items?.Length ?? 0;

    public ReadOnlySpan<T> Span => _items;

    public T this[int index] => Span[index];

    public static bool operator ==(ValueArray<T> left, ValueArray<T> right) => left.Equals(right);

    public static bool operator !=(ValueArray<T> left, ValueArray<T> right) => !left.Equals(right);

    public bool Equals(ValueArray<T> other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is ValueArray<T> other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (T item in Span)
            hash.Add(item);
        return hash.ToHashCode();
    }

    public ReadOnlySpan<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)(_items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => (_items ?? []).GetEnumerator();

    public override string ToString() => typeof(T) == typeof(byte)
        ? Convert.ToHexString((byte[]?)(object?)_items ?? [])
        : $"[{string.Join(", ", _items ?? [])}]";
}

/// <summary>Makes <see cref="ValueArray{T}"/>s, for collection expressions too.</summary>
internal static class ValueArray
{
    public static ValueArray<T> Create<T>(ReadOnlySpan<T> items)
        where T : IEquatable<T> => items.IsEmpty ? default : new ValueArray<T>(items.ToArray());
}

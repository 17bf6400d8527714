using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    /// <summary>
    /// Replaces the value of an entry if it equals another (compare and replace). Writer thread only, as every member that changes the table: it
    /// lets writers that share a lock decide without holding it, and notices what came in between. Readers see the old or the new
    /// value, whole. The entry's timeouts and counters go on. Allocates nothing where <typeparamref name="TValue"/> is <see cref="IEquatable{T}"/>.
    /// </summary>
    /// <param name="hash">The hash the key was added with.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The new value.</param>
    /// <param name="expected">
    /// Compared with the value that is there by <see cref="EqualityComparer{T}.Default"/>, and not byte by byte: padding may be copied or
    /// not. Numbers, tuples and record structs compare themselves; any other struct should implement <see cref="IEquatable{T}"/>, else it is boxed.
    /// </param>
    /// <returns>True if the value was replaced; false if the key is not there or its value is another.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryUpdate(uint hash, in TKey key, in TValue value, in TValue expected)
    {
        ThrowIfDisposed();
        bool replace = Locate(hash, in key, out uint bucket, out int slot)
            && EqualityComparer<TValue>.Default.Equals(SlotLayout<TKey, TValue>.Value(SlotAt(bucket, slot)), expected);
        if (replace)
            ReplaceValue(bucket, slot, in value);
        GC.KeepAlive(this);
        return replace;
    }

    /// <summary>
    /// Changes a value depending on what it is: one search instead of a lookup and an update. Writer thread only. Readers see the old or the new
    /// value, whole. The entry's timeouts and counters go on. A static lambda as <paramref name="update"/> allocates nothing.
    /// </summary>
    /// <param name="hash">The hash the key was added with.</param>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed to <paramref name="update"/>, so that it need capture nothing.</param>
    /// <param name="update">Called once if the key is there, with a copy of its value. It must leave the table alone; what it throws reaches the caller, and nothing was changed.</param>
    /// <returns>True if the value was replaced; false if the key is not there, or if <paramref name="update"/> said no.</returns>
    /// <typeparam name="TState">Type of the state.</typeparam>
    /// <exception cref="InvalidOperationException"><paramref name="update"/> changed the table; the value was not replaced.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryModify<TState>(uint hash, in TKey key, TState state, ValueUpdate<TValue, TState> update)
        where TState : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(update);
        ThrowIfDisposed();
        bool replaced = false;
        if (Locate(hash, in key, out uint bucket, out int slot))
        {
            ulong version = *_version;
            TValue value = SlotLayout<TKey, TValue>.Value(SlotAt(bucket, slot));
            replaced = update(ref value, state);
            ThrowIfDisposed();
            // The slot may belong to another entry by now.
            if (*_version != version)
                ThrowChangedByCallback();
            if (replaced)
                ReplaceValue(bucket, slot, in value);
        }
        GC.KeepAlive(this);
        return replaced;
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowChangedByCallback() => throw new InvalidOperationException(
        "The update callback changed the table that called it, so the place of its value may belong to another entry now. It may change nothing but the value it is given.");
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Diagnostics;

/// <summary>A counter with a cache line of its own: one thread writes, any thread reads.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedCounter
{
    [FieldOffset(128)] private long _value;

    internal readonly long Value => Volatile.Read(in _value);

    /// <summary>By the writing thread only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(long amount) => Volatile.Write(ref _value, _value + amount);
}

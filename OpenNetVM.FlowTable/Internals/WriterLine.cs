using System.Runtime.InteropServices;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>What the writer keeps changing, on a cache line that lookups do not read: the shadow value follows it in memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WriterLine
{
    internal int Count;

    /// <summary>The bucket the next sweep starts with.</summary>
    internal uint SweepCursor;

    /// <summary>Bucket and slot whose value is being replaced; see the table's algorithm, W7.</summary>
    internal ulong ShadowSlot;
}

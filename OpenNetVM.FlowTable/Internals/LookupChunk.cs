namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// What the passes of a bulk lookup hand to each other, for up to 32 keys: columns of 64-bit numbers, so that one pointer steps through them all.
/// Lives on the stack, not initialized.
/// </summary>
internal unsafe struct LookupChunk
{
    /// <summary>Enough loads in flight to hide memory's latency, few enough for this struct to stay in the first-level cache.</summary>
    internal const int Size = 32;

    /// <summary>Where the head of each key's first bucket lies, in bytes from the first head.</summary>
    internal fixed ulong Firsts[Size];

    /// <summary>The same of the partner bucket.</summary>
    internal fixed ulong Seconds[Size];

    /// <summary>The mixed hash, then the tag.</summary>
    internal fixed ulong Tags[Size];

    /// <summary>The slot to compare with, then the slot of the hit; 0 for none. (Pointers cannot be the elements of a fixed buffer.)</summary>
    internal fixed ulong Slots[Size];
}

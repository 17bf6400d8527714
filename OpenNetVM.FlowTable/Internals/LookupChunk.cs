namespace OpenNetVM.FlowTable.Internals;

/// <summary>What the passes of a bulk lookup hand to each other, for up to 32 keys. Lives on the stack, not initialized.</summary>
internal unsafe struct LookupChunk
{
    /// <summary>Enough loads in flight to hide memory's latency, few enough for this struct to stay in the first-level cache.</summary>
    internal const int Size = 32;

    /// <summary>The slot to compare with, then the slot of the hit; 0 for none. (Pointers cannot be the elements of a fixed buffer.)</summary>
    internal fixed ulong Slots[Size];

    /// <summary>The version of each key's first bucket.</summary>
    internal fixed ulong Versions[Size];

    /// <summary>The version of each pending key's partner bucket.</summary>
    internal fixed ulong PartnerVersions[Size];

    internal fixed uint Buckets[Size];

    internal fixed uint Partners[Size];

    internal fixed ushort Tags[Size];

    /// <summary>The keys that no tag of their first bucket matched.</summary>
    internal fixed byte Pending[Size];

    internal int PendingCount;

    /// <summary>All versions read, or-ed: odd if any was.</summary>
    internal ulong VersionBits;
}

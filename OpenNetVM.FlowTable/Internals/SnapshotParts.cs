namespace OpenNetVM.FlowTable.Internals;

/// <summary>What a snapshot has of every entry beside hash, key and value; also the bits in its head.</summary>
[Flags]
internal enum SnapshotParts : ushort
{
    None = 0,

    /// <summary>The age of the last use.</summary>
    LastUse = 1,

    /// <summary>The idle timeout, and what is left of the hard one.</summary>
    Timeouts = 2,

    /// <summary>The number of uses, and the sum of their lengths.</summary>
    Counters = 4,

    /// <summary>Not a part: keys and values lie in the order of bytes of a machine that puts the highest first.</summary>
    BigEndian = 8,
}

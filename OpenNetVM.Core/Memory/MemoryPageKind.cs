namespace OpenNetVM.Core.Memory;

/// <summary>The pages a <see cref="MemoryRegion"/> got.</summary>
public enum MemoryPageKind
{
    /// <summary>The system's base pages (4 KB on most machines).</summary>
    Normal,

    /// <summary>Base pages of which the kernel merged at least a part into 2 MB pages when the region was filled.</summary>
    TransparentHuge,

    /// <summary>Reserved pages of 2 MB (hugetlb): never split, never swapped.</summary>
    Huge2M,
}

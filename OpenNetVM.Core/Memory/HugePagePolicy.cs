namespace OpenNetVM.Core.Memory;

/// <summary>Whether a <see cref="MemoryRegion"/> asks for pages of 2 MB.</summary>
public enum HugePagePolicy
{
    /// <summary>
    /// Use 2 MB pages where the system has enough of them free and the region fills at least one; else transparent huge pages; else
    /// normal pages. <see cref="MemoryRegion.FallbackReason"/> tells why the first choice was not met. The default.
    /// </summary>
    Preferred,

    /// <summary>Use reserved 2 MB pages or fail: <see cref="MemoryRegion.Allocate"/> throws when there are not enough of them.</summary>
    Required,

    /// <summary>Use normal pages, and ask the kernel not to merge them into huge ones.</summary>
    Never,
}

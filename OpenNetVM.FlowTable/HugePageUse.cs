namespace OpenNetVM.FlowTable;

/// <summary>How a table's memory is mapped. Larger pages save most of the address-translation misses of a large table.</summary>
public enum HugePageUse
{
    /// <summary>Ordinary pages.</summary>
    None,

    /// <summary>2 MiB pages where the kernel gives them on advice (Linux transparent huge pages); ordinary pages elsewhere.</summary>
    Transparent,

    /// <summary>2 MiB pages from the pool that the administrator reserved; <see cref="Transparent"/> where the pool is empty or absent.</summary>
    Reserved,
}

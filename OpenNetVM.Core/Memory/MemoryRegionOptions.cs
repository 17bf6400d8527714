namespace OpenNetVM.Core.Memory;

/// <summary>What <see cref="MemoryRegion.Allocate"/> is asked for. All members have a default.</summary>
public sealed record MemoryRegionOptions
{
    /// <summary>Whether pages of 2 MB are wanted; <see cref="HugePagePolicy.Preferred"/> by default.</summary>
    public HugePagePolicy HugePages { get; init; }

    /// <summary>
    /// Whether another process can map the region, through <see cref="MemoryRegion.SharedHandle"/> (Linux only). The size of shared
    /// memory is sealed: no process that holds the handle can shrink it under the others.
    /// </summary>
    /// <remarks>
    /// A process that may write the region can also give its pages back to the system (a hole is then filled with new, zeroed pages at
    /// the next access). Reserved 2 MB pages can run out that way, and the access then ends the accessing process: share regions of
    /// <see cref="HugePagePolicy.Required"/> or <see cref="HugePagePolicy.Preferred"/> with distrusted processes only where spare huge
    /// pages exist (<c>vm.nr_overcommit_hugepages</c>), or choose <see cref="HugePagePolicy.Never"/>.
    /// </remarks>
    public bool Shared { get; init; }

    /// <summary>
    /// The NUMA node whose memory is preferred, or null for the system's choice (usually the node of the allocating thread). Where it
    /// cannot be had, <see cref="MemoryRegion.NumaFallbackReason"/> says why.
    /// </summary>
    public int? NumaNode { get; init; }

    /// <summary>A name for messages and, for shared regions, for the system's own listings (<c>/proc/PID/maps</c>).</summary>
    public string Name { get; init; } = "region";
}

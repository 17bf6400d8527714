using Microsoft.Win32.SafeHandles;

namespace OpenNetVM.Core.Memory;

/// <summary>What the system gave for a <see cref="MemoryRegion"/>.</summary>
internal sealed class MemoryRegionMapping
{
    public required nint Address { get; init; }

    public required long MappedLength { get; init; }

    public MemoryPageKind PageKind { get; init; }

    public string? FallbackReason { get; init; }

    public int? NumaNode { get; init; }

    public string? NumaFallbackReason { get; init; }

    public SafeFileHandle? SharedHandle { get; init; }

    /// <summary>What the region lies in, if it was placed.</summary>
    public AddressReservation? Within { get; init; }
}

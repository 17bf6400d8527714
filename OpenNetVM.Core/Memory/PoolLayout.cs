using Microsoft.Win32.SafeHandles;

namespace OpenNetVM.Core.Memory;

/// <summary>Where the buffers of a <see cref="PacketPool"/> lie: one region, or one for each security domain, with one numbering.</summary>
/// <remarks>
/// Buffer i lies at <see cref="Address"/> + i * stride in every process, so steering needs no table. A domain begins at a number whose buffer begins on a page; the numbers
/// before it are nobody's. A process of one domain lays out the numbering of all, and maps only its own.
/// </remarks>
internal sealed unsafe class PoolLayout
{
    /// <summary>The domain of packets that ports receive, and of services that name no other.</summary>
    internal const string DefaultDomain = "default";

    private PoolLayout(byte* address, uint limit, PoolSegment[] segments)
    {
        Address = address;
        Limit = limit;
        Segments = segments;
    }

    internal byte* Address { get; }

    /// <summary>One more than the highest number.</summary>
    internal uint Limit { get; }

    internal PoolSegment[] Segments { get; }

    /// <summary>One region, wherever the system puts it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; the message names it.</exception>
    internal static PoolLayout Single(PacketPoolOptions options)
    {
        options.Validate();
        MemoryRegion region = MemoryRegion.Allocate((long)options.Stride * options.Capacity, options.Memory);
        return new PoolLayout(region.Address, (uint)options.Capacity, [new PoolSegment(DefaultDomain, 0, options.Capacity, region)]);
    }

    /// <summary>A region for each domain, the default one's first.</summary>
    internal static PoolLayout Of(PacketPoolOptions options, IReadOnlyList<DomainMemory> domains)
    {
        options.Validate();
        if (domains.Count == 1)
            return Single(options with { Memory = domains[0].Memory });

        long stride = options.Stride;
        long[] starts = new long[domains.Count];
        long next = 0;
        for (int i = 0; i < domains.Count; i++)
        {
            starts[i] = next;
            next = RoundUpToPage(next + domains[i].Buffers, stride);
        }

        AddressReservation reservation = AddressReservation.Reserve(next * stride, "packet pool");
        List<PoolSegment> segments = [];
        try
        {
            for (int i = 0; i < domains.Count; i++)
            {
                MemoryRegion region = MemoryRegion.AllocateAt(domains[i].Buffers * stride, domains[i].Memory, new(reservation, starts[i] * stride));
                segments.Add(new PoolSegment(domains[i].Name, (uint)starts[i], domains[i].Buffers, region));
            }
        }
        catch
        {
            foreach (PoolSegment segment in segments)
                segment.Region.Dispose();
            throw;
        }

        PoolSegment last = segments[^1];
        return new PoolLayout((byte*)reservation.Address, last.First + last.Count, [.. segments]);
    }

    /// <summary>The buffers of one domain as another process sees them: the numbering of all, the memory of one.</summary>
    /// <exception cref="InvalidDataException">The numbers make no sense.</exception>
    internal static PoolLayout Attach(SafeFileHandle region, string domain, PacketPoolOptions options, uint first)
    {
        long stride = options.Stride;
        if (first > uint.MaxValue / 2 || first * stride % Environment.SystemPageSize != 0)
            throw new InvalidDataException($"Buffer {first} of {stride} bytes cannot be the first of a security domain: it does not begin on a page.");
        long bytes = options.Capacity * stride;
        AddressReservation reservation = AddressReservation.Reserve((first * stride) + bytes, domain);
        MemoryRegion memory = MemoryRegion.AttachAt(region, bytes, domain, new(reservation, first * stride));
        return new PoolLayout((byte*)reservation.Address, first + (uint)options.Capacity, [new PoolSegment(domain, first, options.Capacity, memory)]);
    }

    // Of 2 MB, in case the domain gets such.
    private static long RoundUpToPage(long buffers, long stride)
    {
        // Strides are whole cache lines, so a page's worth of lines is a whole number of pages.
        long unit = MemoryRegionLinux.HugePageSize / 64;
        return stride % MemoryRegionLinux.HugePageSize == 0 ? buffers : (buffers + unit - 1) / unit * unit;
    }
}

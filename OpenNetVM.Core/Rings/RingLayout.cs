using System.Numerics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Memory;

namespace OpenNetVM.Core.Rings;

/// <summary>Sizes, formatting and validation that all rings share. See <see cref="RingHeader"/> for the picture.</summary>
internal static unsafe class RingLayout
{
    /// <summary>A power of two, so that a position's slot is a mask away; and such that any capacity fits a span's length.</summary>
    public const int MaximumCapacity = 1 << 30;

    /// <summary>The bytes a ring takes, a multiple of <see cref="RingHeader.Line"/>.</summary>
    public static long RequiredBytes<T>(int capacity, bool hasTurns)
        where T : unmanaged
    {
        CheckCapacity(capacity);
        return BytesOf<T>(capacity, hasTurns);
    }

    /// <summary>The offset of the turns behind the slots.</summary>
    public static long TurnsOffset<T>(int capacity)
        where T : unmanaged => RoundUpToLine(RingHeader.Bytes + ((long)capacity * sizeof(T)));

    /// <summary>Private memory for one ring, which lives as long as the region that is returned.</summary>
    /// <param name="bytes">The ring's size.</param>
    /// <param name="offset">Where in the region to format the ring.</param>
    public static MemoryRegion AllocatePrivate(long bytes, out long offset)
    {
        const int page = 4096;
        MemoryRegion region = MemoryRegion.Allocate(bytes + page, new MemoryRegionOptions { HugePages = HugePagePolicy.Never, Name = "ring" });

        // Mappings start at page boundaries. Were all rings to start there too, their cursors would compete for the same few sets of
        // the first-level cache; so each starts at a line of its page that depends on where the page is.
        long pageNumber = (long)region.Address / page;
        offset = pageNumber * 5 % (page / RingHeader.Line) * RingHeader.Line;
        return region;
    }

    /// <summary>Writes the header of an empty ring whose cursors stand at a given value (0 outside tests), over whatever was there.</summary>
    public static RingHeader* Format<T>(MemoryRegion region, long offset, int capacity, RingKind kind, bool hasTurns, long cursor)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(region);
        CheckCapacity(capacity);
        long required = BytesOf<T>(capacity, hasTurns);
        CheckPlace(region, offset, required);
        if (required > region.Length - offset)
        {
            throw new ArgumentException(
                $"A ring of {capacity:N0} elements of {sizeof(T)} bytes needs {required:N0} bytes; region '{region.Name}' has {region.Length - offset:N0} from offset {offset:N0}.",
                nameof(capacity));
        }

        var header = (RingHeader*)(region.Address + offset);
        Unsafe.InitBlockUnaligned(header, 0, RingHeader.Bytes);
        header->Version = RingHeader.ExpectedVersion;
        header->Kind = kind;
        header->ElementSize = sizeof(T);
        header->Capacity = capacity;
        header->ProducerCursor = cursor;
        header->ConsumerCursor = cursor;
        if (hasTurns)
            FormatTurns((uint*)((byte*)header + TurnsOffset<T>(capacity)), capacity, cursor);
        // Release: whoever sees the magic number sees the rest of the header.
        Volatile.Write(ref header->Magic, RingHeader.ExpectedMagic);
        return header;
    }

    /// <summary>Finds a formatted ring, believing nothing of what is there: the capacity is read once, and only that value is used.</summary>
    public static RingHeader* Open<T>(MemoryRegion region, long offset, RingKind kind, bool hasTurns, out int capacity)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(region);
        CheckPlace(region, offset, RingHeader.Bytes);
        if (region.Length - offset < RingHeader.Bytes)
            throw NotARing(region, offset, $"{region.Length - offset:N0} bytes are left there, a ring's header has {RingHeader.Bytes}");

        var header = (RingHeader*)(region.Address + offset);
        // Acquire: pairs with the release in Format.
        ulong magic = Volatile.Read(ref header->Magic);
        uint version = Volatile.Read(ref header->Version);
        var foundKind = (RingKind)Volatile.Read(ref Unsafe.As<RingKind, uint>(ref header->Kind));
        int elementSize = Volatile.Read(ref header->ElementSize);
        capacity = Volatile.Read(ref header->Capacity);
        if (magic != RingHeader.ExpectedMagic)
            throw NotARing(region, offset, $"the magic number is 0x{magic:X16}, not 0x{RingHeader.ExpectedMagic:X16}");
        if (version != RingHeader.ExpectedVersion)
            throw NotARing(region, offset, $"the layout's version is {version}, this library uses {RingHeader.ExpectedVersion}");
        if (foundKind != kind)
            throw NotARing(region, offset, $"it is of kind {foundKind}, expected was {kind}");
        if (elementSize != sizeof(T))
            throw NotARing(region, offset, $"its elements have {elementSize} bytes, {typeof(T).Name} has {sizeof(T)}");
        if (capacity < 1 || capacity > MaximumCapacity || !BitOperations.IsPow2(capacity))
            throw NotARing(region, offset, $"its capacity is {capacity}, not a power of two from 1 to {MaximumCapacity}");
        long required = BytesOf<T>(capacity, hasTurns);
        if (required > region.Length - offset)
            throw NotARing(region, offset, $"its {required:N0} bytes reach beyond the region's end, {region.Length - offset:N0} bytes away");
        return header;
    }

    private static long BytesOf<T>(int capacity, bool hasTurns)
        where T : unmanaged
    {
        long turns = TurnsOffset<T>(capacity);
        return hasTurns ? RoundUpToLine(turns + ((long)capacity * sizeof(uint))) : turns;
    }

    private static void FormatTurns(uint* turns, int capacity, long cursor)
    {
        int shift = BitOperations.Log2((uint)capacity);
        for (int i = 0; i < capacity; i++)
        {
            long position = cursor + i;
            turns[position & (capacity - 1)] = RingTurn.Of(position, shift, RingTurn.Free);
        }
    }

    private static void CheckCapacity(int capacity)
    {
        if (capacity >= 1 && capacity <= MaximumCapacity && BitOperations.IsPow2(capacity))
            return;
        string hint = capacity < 1 ? "1 is the smallest"
            : capacity > MaximumCapacity ? $"{MaximumCapacity} is the largest"
            : $"the next power of two is {BitOperations.RoundUpToPowerOf2((uint)capacity)}";
        throw new ArgumentException($"A ring's capacity is a power of two; {capacity} is not allowed, {hint}.", nameof(capacity));
    }

    private static void CheckPlace(MemoryRegion region, long offset, long required)
    {
        if (offset < 0 || offset > region.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"Region '{region.Name}' has {region.Length:N0} bytes; the ring needs {required:N0}.");
        }

        if (offset % RingHeader.Line != 0)
        {
            throw new ArgumentException(
                $"A ring starts at a multiple of {RingHeader.Line} bytes; {offset} is not one, {RoundUpToLine(offset)} is the next.", nameof(offset));
        }
    }

    private static InvalidDataException NotARing(MemoryRegion region, long offset, string found) =>
        new($"There is no usable ring at offset {offset:N0} of region '{region.Name}': {found}.");

    private static long RoundUpToLine(long value) => (value + RingHeader.Line - 1) & -RingHeader.Line;
}

using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Processes;

/// <summary>
/// The memory that the manager shares with one instance in another process, and with nobody else: an <see cref="InstanceBlock"/> and the instance's rings. Each side has an object
/// of its own, which maps the memory where it likes.
/// </summary>
/// <remarks>Order: block, transmit ring, ring of empty buffers, one receive lane for each worker of the manager.</remarks>
internal sealed unsafe class InstanceMemory : IDisposable
{
    private InstanceMemory(MemoryRegion region, SpscRing<PacketDescriptor> transmit, SpscRing<uint> buffers, SpscRing<PacketDescriptor>[] lanes)
    {
        Region = region;
        Transmit = transmit;
        Buffers = buffers;
        Lanes = lanes;
    }

    internal MemoryRegion Region { get; }

    internal InstanceBlock* Block => (InstanceBlock*)Region.Address;

    /// <summary>From the function to the manager.</summary>
    internal SpscRing<PacketDescriptor> Transmit { get; }

    /// <summary>Numbers of empty buffers, from the manager to the function.</summary>
    internal SpscRing<uint> Buffers { get; }

    /// <summary>From the manager's workers to the function.</summary>
    internal SpscRing<PacketDescriptor>[] Lanes { get; }

    /// <summary>The manager's side.</summary>
    /// <exception cref="InsufficientMemoryException">The system refused the memory.</exception>
    internal static InstanceMemory Create(InstanceShape shape, string name)
    {
        // Small, and everything in it is asked for often: base pages do, and can always be had.
        MemoryRegion region = MemoryRegion.Allocate(shape.Bytes, new MemoryRegionOptions { HugePages = HugePagePolicy.Never, Shared = true, Name = name });
        var block = (InstanceBlock*)region.Address;
        block->Version = InstanceBlock.ExpectedVersion;
        block->Magic = InstanceBlock.ExpectedMagic;
        SpscRing<PacketDescriptor>[] lanes = new SpscRing<PacketDescriptor>[shape.Lanes];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = SpscRing<PacketDescriptor>.Create(region, shape.LaneOffset(i), shape.RingCapacity);
        return new InstanceMemory(
            region,
            SpscRing<PacketDescriptor>.Create(region, InstanceShape.TransmitOffset, shape.RingCapacity),
            SpscRing<uint>.Create(region, shape.BuffersOffset, shape.BufferCapacity),
            lanes);
    }

    /// <summary>The function's side.</summary>
    /// <exception cref="InvalidDataException">The memory is not what this version of the library shares.</exception>
    internal static InstanceMemory Attach(SafeFileHandle handle, InstanceShape shape)
    {
        MemoryRegion region = MemoryRegion.Attach(handle, shape.Bytes, "rings");
        var block = (InstanceBlock*)region.Address;
        if (block->Magic != InstanceBlock.ExpectedMagic || block->Version != InstanceBlock.ExpectedVersion)
        {
            region.Dispose();
            throw new InvalidDataException($"The manager's shared memory has layout {block->Version}; this library has {InstanceBlock.ExpectedVersion}. Use the same version of OpenNetVM.Core on both sides.");
        }

        SpscRing<PacketDescriptor>[] lanes = new SpscRing<PacketDescriptor>[shape.Lanes];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = SpscRing<PacketDescriptor>.Attach(region, shape.LaneOffset(i));
        return new InstanceMemory(
            region,
            SpscRing<PacketDescriptor>.Attach(region, InstanceShape.TransmitOffset),
            SpscRing<uint>.Attach(region, shape.BuffersOffset),
            lanes);
    }

    /// <summary>Gives the memory back. Nobody uses the rings any more.</summary>
    public void Dispose() => Region.Dispose();
}

using OpenNetVM.Core.Memory;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>
/// Lets physical devices reach a packet pool's memory through the IOMMU, at its virtual addresses: the memory is made known to DPDK and mapped for DMA with the
/// first device, and taken away with the last, as DPDK's devices share one container of VFIO. Safe from any thread.
/// </summary>
/// <remarks>There was no physical device to try this with: registering and unregistering was tried, mapping for a device was not.</remarks>
internal sealed unsafe class DmaWindow(MemoryRegion region)
{
    private const int AlreadyThere = 17;
    private const int HugePage = 2 << 20;

    private readonly Lock _gate = new();
    private int _users;

    /// <summary>Gives a device access.</summary>
    /// <param name="device">Its rte_device.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="DpdkException">DPDK refused.</exception>
    internal void Open(nint device, string name)
    {
        lock (_gate)
        {
            if (_users++ > 0)
                return;
            try
            {
                Register();
                if (Rte.rte_dev_dma_map(device, region.Address, (ulong)region.Address, Length) != 0 && Rte.Errno() != AlreadyThere)
                    throw Rte.Failed("rte_dev_dma_map", $"Device '{name}' cannot reach the packet pool's {Length} bytes: bind it to vfio-pci with the IOMMU on, and lift the limit of locked memory (ulimit -l).");
            }
            catch
            {
                _users--;
                throw;
            }
        }
    }

    /// <summary>Ends a device's access; it is closed, and still attached.</summary>
    internal void Close(nint device)
    {
        lock (_gate)
        {
            if (--_users > 0)
                return;
            _ = Rte.rte_dev_dma_unmap(device, region.Address, (ulong)region.Address, Length);
            Unregister();
        }
    }

    /// <summary>Makes the memory known to DPDK.</summary>
    internal void Register()
    {
        if (Rte.rte_extmem_register(region.Address, Length, null, 0, PageSize) != 0 && Rte.Errno() != AlreadyThere)
            throw Rte.Failed("rte_extmem_register", $"DPDK did not take the packet pool's {Length} bytes in pages of {PageSize}.");
    }

    internal void Unregister() => _ = Rte.rte_extmem_unregister(region.Address, Length);

    private nuint PageSize => region.PageKind == MemoryPageKind.Huge2M ? HugePage : (nuint)Environment.SystemPageSize;

    // The system has mapped whole pages.
    private nuint Length => ((nuint)region.Length + PageSize - 1) / PageSize * PageSize;
}

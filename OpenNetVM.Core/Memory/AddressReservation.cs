using System.Runtime.InteropServices;
using static OpenNetVM.Core.Memory.MemoryRegionNative;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// A stretch of address space in which regions are placed, so that buffers of several regions have one numbering. What no region covers reads as zeros and belongs
/// to nobody, so a number that names no buffer leads nowhere, and costs no memory unless it is written to.
/// </summary>
/// <remarks>
/// The stretch is given back as a whole when the last region in it is: were regions unmapped one by one, others could take their place before the rest goes.
/// </remarks>
internal sealed unsafe class AddressReservation
{
    private readonly nint _start;
    private readonly nuint _length;
    private int _regions;

    private AddressReservation(nint start, nuint length, nint address)
    {
        _start = start;
        _length = length;
        Address = address;
    }

    /// <summary>The first byte, on a boundary of 2 MB.</summary>
    internal nint Address { get; }

    /// <exception cref="InsufficientMemoryException">The system refused.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not 64-bit Linux.</exception>
    internal static AddressReservation Reserve(long bytes, string name)
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException("Memory that is shared with other processes needs 64-bit Linux.");
        nuint length = (nuint)(bytes + MemoryRegionLinux.HugePageSize);
        nint start = mmap(null, length, ProtReadWrite, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        if (start == MapFailed)
            throw MemoryRegionSystem.Refused(name, bytes, Marshal.GetLastPInvokeError());
        return new AddressReservation(start, length, (nint)MemoryRegionLinux.RoundUp(start, MemoryRegionLinux.HugePageSize));
    }

    internal void Enter() => Interlocked.Increment(ref _regions);

    /// <summary>A region that lay here is used no more.</summary>
    internal void Leave(nint address, long length)
    {
        if (Interlocked.Decrement(ref _regions) > 0)
            _ = mmap((void*)address, (nuint)length, ProtReadWrite, MapPrivate | MapAnonymous | MapNoReserve | MapFixed, -1, 0);
        else
            _ = munmap((void*)_start, _length);
    }
}

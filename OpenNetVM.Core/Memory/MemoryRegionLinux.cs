using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static OpenNetVM.Core.Memory.MemoryRegionNative;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// How a region gets its memory on Linux: reserved 2 MB pages, else transparent huge pages, else base pages; private or through a memfd.
/// </summary>
/// <remarks>
/// Every step that can fail does so here, with an error code, and none later with a signal: huge pages are reserved by mmap (which
/// therefore never gets MAP_NORESERVE), and all pages are filled by MADV_POPULATE_WRITE, after the NUMA policy is set.
/// </remarks>
internal static unsafe class MemoryRegionLinux
{
    internal const long HugePageSize = 2L << 20;

    public static MemoryRegionMapping Allocate(long bytes, MemoryRegionOptions options, Placement place = default)
    {
        string? reason = null;
        bool hugeWanted = options.HugePages == HugePagePolicy.Required ||
            (options.HugePages == HugePagePolicy.Preferred && bytes >= HugePageSize);
        if (options.HugePages == HugePagePolicy.Preferred && !hugeWanted)
            reason = $"the region's {bytes:N0} bytes do not fill one page of 2 MB";

        if (hugeWanted)
        {
            if (TryMap(bytes, options, place, huge: true, out MemoryRegionMapping? hugeMapping, out int error))
                return hugeMapping;
            reason = MemoryRegionSystem.DescribeHugePageShortage(RoundUp(bytes, HugePageSize) / HugePageSize, error);
            if (options.HugePages == HugePagePolicy.Required)
                throw new InsufficientMemoryException($"Region '{options.Name}' requires 2 MB pages: {reason}.");
        }

        if (TryMap(bytes, options, place, huge: false, out MemoryRegionMapping? mapping, out int refusal, reason))
            return mapping;
        throw MemoryRegionSystem.Refused(options.Name, bytes, refusal);
    }

    public static MemoryRegionMapping Attach(SafeFileHandle handle, long length, string name, Placement place = default)
    {
        int seals = fcntl(handle, GetSeals, 0);
        if (seals < 0)
        {
            throw new ArgumentException(
                $"'{name}' is not the shared handle of a MemoryRegion (it is not a memfd: {MemoryRegionSystem.LastError()}).", nameof(handle));
        }

        if ((seals & SealShrink) == 0)
        {
            throw new ArgumentException(
                $"The size of '{name}' is not sealed (F_SEAL_SHRINK), so its maker could take the memory away. Make it with MemoryRegion.Allocate.",
                nameof(handle));
        }

        long size = RandomAccess.GetLength(handle);
        if (size < length)
            throw new ArgumentException($"'{name}' has {size:N0} bytes; {length:N0} were to be mapped.", nameof(length));

        // struct statfs begins with two longs: the file system's magic number and its block size.
        long* information = stackalloc long[64];
        bool huge = fstatfs(handle, information) == 0 && information[0] == HugeTlbFileSystem;
        long mapped = Math.Min(size, RoundUp(length, huge ? information[1] : Environment.SystemPageSize));

        nint address = mmap((void*)place.Address, (nuint)mapped, ProtReadWrite, MapShared | place.Flags, (int)handle.DangerousGetHandle(), 0);
        GC.KeepAlive(handle);
        if (address == MapFailed)
            throw MemoryRegionSystem.Refused(name, length, Marshal.GetLastPInvokeError());
        if (!TryPopulate(address, mapped, handle, out int error))
        {
            place.Unmap(address, mapped);
            throw MemoryRegionSystem.Refused(name, length, error);
        }

        return new MemoryRegionMapping
        {
            Address = address,
            MappedLength = mapped,
            PageKind = huge ? MemoryPageKind.Huge2M : MemoryRegionSystem.MergedPageKind(address),
            Within = place.Within,
        };
    }

    private static bool TryMap(
        long bytes, MemoryRegionOptions options, Placement place, bool huge, [NotNullWhen(true)] out MemoryRegionMapping? mapping, out int error, string? reason = null)
    {
        mapping = null;
        long mapped = RoundUp(bytes, huge ? HugePageSize : Environment.SystemPageSize);
        SafeFileHandle? handle = null;
        nint address;
        if (options.Shared)
        {
            handle = CreateSealed(options.Name, mapped, huge, out error);
            if (handle is null)
                return false;
            address = mmap((void*)place.Address, (nuint)mapped, ProtReadWrite, MapShared | place.Flags, (int)handle.DangerousGetHandle(), 0);
        }
        else if (huge)
        {
            address = mmap((void*)place.Address, (nuint)mapped, ProtReadWrite, MapPrivate | MapAnonymous | MapHugeTlb | Huge2M | place.Flags, -1, 0);
        }
        else
        {
            address = place.Within is not null ? mmap((void*)place.Address, (nuint)mapped, ProtReadWrite, MapPrivate | MapAnonymous | MapFixed, -1, 0)
                : MapAligned(mapped, align: options.HugePages == HugePagePolicy.Preferred && mapped >= HugePageSize);
        }

        error = Marshal.GetLastPInvokeError();
        if (address == MapFailed)
        {
            handle?.Dispose();
            return false;
        }

        if (!huge && mapped >= HugePageSize)
        {
            // Advice only: a kernel without transparent huge pages refuses it, and the pages' kind is looked up afterwards.
            _ = madvise((void*)address, (nuint)mapped, options.HugePages == HugePagePolicy.Never ? AdviseNoHugePage : AdviseHugePage);
        }

        string? numaReason = options.NumaNode is int node ? MemoryRegionSystem.PreferNode(address, mapped, node) : null;
        if (!TryPopulate(address, mapped, handle, out error))
        {
            place.Unmap(address, mapped);
            handle?.Dispose();
            return false;
        }

        MemoryPageKind kind = huge ? MemoryPageKind.Huge2M
            : options.HugePages == HugePagePolicy.Never || mapped < HugePageSize ? MemoryPageKind.Normal
            : MemoryRegionSystem.MergedPageKind(address);
        mapping = new MemoryRegionMapping
        {
            Address = address,
            MappedLength = mapped,
            PageKind = kind,
            FallbackReason = reason is not null && kind == MemoryPageKind.Normal && mapped >= HugePageSize
                ? $"{reason}; the kernel gave no transparent huge pages either ({MemoryRegionSystem.TransparentHugePageSetting(options.Shared)})"
                : reason,
            NumaNode = numaReason is null ? options.NumaNode : null,
            NumaFallbackReason = numaReason,
            SharedHandle = handle,
            Within = place.Within,
        };
        return true;
    }

    private static SafeFileHandle? CreateSealed(string name, long bytes, bool huge, out int error)
    {
        // The kernel takes names of up to 249 bytes.
        string label = name.Length > 60 ? name[..60] : name;
        uint flags = MemfdCloseOnExec | MemfdAllowSealing | (huge ? MemfdHugeTlb | Huge2M : 0);
        int descriptor = memfd_create(label, flags);
        error = Marshal.GetLastPInvokeError();
        if (descriptor < 0)
            return null;
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        // The size is sealed so that no process holding the handle can shrink the memory under another (SIGBUS there).
        if (ftruncate(handle, bytes) == 0 && fcntl(handle, AddSeals, SealShrink | SealGrow | SealSeal) == 0)
            return handle;
        error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return null;
    }

    /// <summary>Maps private memory, on a 2 MB boundary where it is to hold transparent huge pages.</summary>
    private static nint MapAligned(long bytes, bool align)
    {
        long slack = align ? HugePageSize : 0;
        nint start = mmap(null, (nuint)(bytes + slack), ProtReadWrite, MapPrivate | MapAnonymous, -1, 0);
        if (start == MapFailed || slack == 0)
            return start;
        nint aligned = (nint)RoundUp(start, HugePageSize);
        if (aligned > start)
            _ = munmap((void*)start, (nuint)(aligned - start));
        nint end = start + (nint)(bytes + slack);
        if (end > aligned + (nint)bytes)
            _ = munmap((void*)(aligned + (nint)bytes), (nuint)(end - aligned - (nint)bytes));
        return aligned;
    }

    private static bool TryPopulate(nint address, long bytes, SafeFileHandle? handle, out int error)
    {
        error = 0;
        if (madvise((void*)address, (nuint)bytes, AdvisePopulateWrite) == 0)
            return true;
        error = Marshal.GetLastPInvokeError();
        if (error != ErrorInvalid)
            return false;

        // Linux before 5.14. Shared memory is allocated through its file, which reports a shortage; private memory is touched.
        if (handle is not null && fallocate(handle, 0, 0, bytes) != 0)
        {
            error = Marshal.GetLastPInvokeError();
            return false;
        }

        for (long offset = 0; offset < bytes; offset += Environment.SystemPageSize)
            _ = Interlocked.Or(ref *(int*)(address + (nint)offset), 0);
        return true;
    }

    internal static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;

    /// <summary>Where a region is to lie; the default leaves that to the system.</summary>
    /// <param name="Within">The stretch of addresses.</param>
    /// <param name="Offset">Where in it: a multiple of the pages' size.</param>
    internal readonly record struct Placement(AddressReservation? Within, long Offset)
    {
        public nint Address => Within is null ? 0 : Within.Address + (nint)Offset;

        public int Flags => Within is null ? 0 : MapFixed;

        // Within a reservation the next attempt goes over it, or the reservation is given back as a whole.
        public void Unmap(nint address, long length)
        {
            if (Within is null)
                _ = munmap((void*)address, (nuint)length);
        }
    }
}

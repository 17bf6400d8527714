using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// One block of zeroed memory outside the garbage collector's heap, filled with pages when it is made, so that no page fault comes
/// later. All members may be used from any thread; what is written into the memory is the users' to order.
/// </summary>
/// <remarks>
/// Life time: what is built in a region (rings, pools) keeps a reference to it, so the memory stays while any of them is reachable and
/// is given back by the finalizer. <see cref="Dispose"/> gives it back at once, and is for when everything that uses the region has
/// stopped: a ring or pool that is used afterwards touches memory that is gone, which ends the process.
/// </remarks>
[DebuggerDisplay("{Name}: {Length} bytes, {PageKind}")]
public sealed unsafe class MemoryRegion : IDisposable
{
    private readonly MemoryRegionMapping _mapping;
    private nint _address;

    private MemoryRegion(MemoryRegionMapping mapping, long length, string name)
    {
        _mapping = mapping;
        _address = mapping.Address;
        Length = length;
        Name = name;
        mapping.Within?.Enter();
        GC.AddMemoryPressure(mapping.MappedLength);
    }

    /// <summary>Gives the memory back when nothing refers to the region any more.</summary>
    ~MemoryRegion() => Release();

    /// <summary>The usable bytes: what was asked for. The system may have mapped more, to fill the last page.</summary>
    public long Length { get; }

    /// <summary>The name given in the options, for messages.</summary>
    public string Name { get; }

    /// <summary>The pages that hold the region.</summary>
    public MemoryPageKind PageKind => _mapping.PageKind;

    /// <summary>
    /// Why the region is not made of reserved 2 MB pages although they were preferred, and what to do about it; null where they were not
    /// asked for or were had.
    /// </summary>
    public string? FallbackReason => _mapping.FallbackReason;

    /// <summary>The NUMA node the memory was asked of, or null where none was asked for or the request could not be met.</summary>
    public int? NumaNode => _mapping.NumaNode;

    /// <summary>Why <see cref="MemoryRegionOptions.NumaNode"/> was not followed; null where it was, or none was given.</summary>
    public string? NumaFallbackReason => _mapping.NumaFallbackReason;

    /// <summary>
    /// The handle another process maps the region by (see <see cref="Attach"/>); null unless the region was allocated with
    /// <see cref="MemoryRegionOptions.Shared"/>. It belongs to the region and is closed with it; closing it does not end the other
    /// side's mapping.
    /// </summary>
    public SafeFileHandle? SharedHandle => _mapping.SharedHandle;

    /// <summary>The first byte. On a page boundary, so any power of two up to 4,096 divides it.</summary>
    /// <exception cref="ObjectDisposedException">The region was disposed.</exception>
    internal byte* Address
    {
        get
        {
            nint address = Volatile.Read(ref _address);
            if (address == 0)
                ThrowDisposed();
            return (byte*)address;
        }
    }

    /// <summary>Allocates a region of zeroed memory.</summary>
    /// <param name="bytes">The wanted length, at least 1.</param>
    /// <param name="options">What kind of memory; null for the defaults (huge pages preferred, private).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is not positive, or the NUMA node is negative.</exception>
    /// <exception cref="InsufficientMemoryException">
    /// The memory is not there, or <see cref="HugePagePolicy.Required"/> was asked and there are too few 2 MB pages; the message has the
    /// numbers.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">Shared memory or required huge pages on a system other than 64-bit Linux.</exception>
    public static MemoryRegion Allocate(long bytes, MemoryRegionOptions? options = null) => AllocateAt(bytes, options, default);

    /// <summary>As <see cref="Allocate(long, MemoryRegionOptions?)"/>, at a place of its caller's choice.</summary>
    internal static MemoryRegion AllocateAt(long bytes, MemoryRegionOptions? options, MemoryRegionLinux.Placement place)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        options ??= new MemoryRegionOptions();
        if (options.NumaNode is int node)
            ArgumentOutOfRangeException.ThrowIfNegative(node, nameof(options));

        // Filling more memory than there is would call the kernel's out-of-memory killer, which is no answer to a wrong number.
        long present = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (present > 0 && bytes > present)
        {
            throw new InsufficientMemoryException(
                $"Region '{options.Name}' needs {bytes:N0} bytes, but this process may use at most {present:N0} (physical memory or the limit of its container).");
        }

        MemoryRegionMapping mapping = MemoryRegionNative.IsSupported
            ? MemoryRegionLinux.Allocate(bytes, options, place)
            : AllocateElsewhere(bytes, options);
        return new MemoryRegion(mapping, bytes, options.Name);
    }

    /// <summary>
    /// Maps a shared region once more, in the process that allocated it or in another that was handed the handle (over a Unix domain
    /// socket, or as <c>/proc/PID/fd/N</c>). The address differs from that of other mappings, so positions in it are passed as offsets.
    /// </summary>
    /// <param name="handle">A handle made by <see cref="SharedHandle"/>, open for reading and writing. It stays the caller's.</param>
    /// <param name="length">The bytes to map from the start; at most what the region has.</param>
    /// <param name="name">A name for messages.</param>
    /// <exception cref="ArgumentException">
    /// The handle is not that of a shared region, its size is not sealed (its maker could shrink it and so end this process), or it is
    /// shorter than <paramref name="length"/>.
    /// </exception>
    /// <exception cref="InsufficientMemoryException">The system refused the mapping.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not 64-bit Linux.</exception>
    public static MemoryRegion Attach(SafeFileHandle handle, long length, string name = "attached region") => AttachAt(handle, length, name, default);

    /// <summary>As <see cref="Attach(SafeFileHandle, long, string)"/>, at a place of its caller's choice.</summary>
    internal static MemoryRegion AttachAt(SafeFileHandle handle, long length, string name, MemoryRegionLinux.Placement place)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        if (!MemoryRegionNative.IsSupported)
            throw new PlatformNotSupportedException("Shared memory regions need 64-bit Linux (memfd_create).");
        return new MemoryRegion(MemoryRegionLinux.Attach(handle, length, name, place), length, name);
    }

    /// <summary>A view of a part of the region. It must not be used after <see cref="Dispose"/>.</summary>
    /// <param name="offset">The first byte, counted from the start of the region.</param>
    /// <param name="length">The number of bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not wholly within the region.</exception>
    /// <exception cref="ObjectDisposedException">The region was disposed.</exception>
    public Span<byte> Slice(long offset, int length)
    {
        byte* address = Address;
        if (offset < 0 || offset > Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"Region '{Name}' has {Length:N0} bytes.");
        if (length < 0 || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, $"Region '{Name}' has {Length - offset:N0} bytes from offset {offset:N0}.");
        }

        return new Span<byte>(address + offset, length);
    }

    /// <summary>Gives the memory back at once. Only for when everything that uses the region has stopped. Repeated calls do nothing.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static MemoryRegionMapping AllocateElsewhere(long bytes, MemoryRegionOptions options)
    {
        if (options.Shared)
            throw new PlatformNotSupportedException("Shared memory regions need 64-bit Linux (memfd_create).");
        if (options.HugePages == HugePagePolicy.Required)
            throw new PlatformNotSupportedException("Huge pages are used on 64-bit Linux only: choose HugePagePolicy.Preferred or Never.");
        const string reason = "this system is not 64-bit Linux";
        void* address = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)Environment.SystemPageSize);
        NativeMemory.Clear(address, (nuint)bytes);
        return new MemoryRegionMapping
        {
            Address = (nint)address,
            MappedLength = bytes,
            FallbackReason = options.HugePages == HugePagePolicy.Preferred ? reason : null,
            NumaFallbackReason = options.NumaNode is null ? null : reason,
        };
    }

    private void Release()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address == 0)
            return;
        if (_mapping.Within is { } reservation)
            reservation.Leave(address, _mapping.MappedLength);
        else if (MemoryRegionNative.IsSupported)
            _ = MemoryRegionNative.munmap((void*)address, (nuint)_mapping.MappedLength);
        else
            NativeMemory.AlignedFree((void*)address);
        // A SafeHandle may be disposed from a finalizer: it is a critical finalizer object and so still whole.
        _mapping.SharedHandle?.Dispose();
        GC.RemoveMemoryPressure(_mapping.MappedLength);
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private void ThrowDisposed() => throw new ObjectDisposedException($"MemoryRegion '{Name}'");
}

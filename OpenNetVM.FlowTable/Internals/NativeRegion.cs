using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// One zeroed, cache-line aligned piece of memory outside the garbage collector's heap, on huge pages where that is possible.
/// Freed by <see cref="Dispose"/> or, when that was forgotten, by the finalizer. Not safe to dispose while another thread uses the memory.
/// </summary>
internal sealed unsafe class NativeRegion : CriticalFinalizerObject, IDisposable
{
    private const nuint CacheLine = 64;
    private const nuint SmallPage = 4096;
    private const nuint HugePage = 2 * 1024 * 1024;

    private readonly bool _mapped;
    private byte* _start;

    private NativeRegion(byte* start, nuint length, bool mapped, HugePageUse pages)
    {
        _start = start;
        Length = length;
        _mapped = mapped;
        Pages = pages;
        GC.AddMemoryPressure((long)length);
    }

    ~NativeRegion() => Free();

    /// <summary>The first byte; null after <see cref="Dispose"/>.</summary>
    internal byte* Start => _start;

    /// <summary>Bytes taken from the system, rounding included.</summary>
    internal nuint Length { get; }

    /// <summary>What kind of pages was obtained; transparent ones are a request that the kernel may fulfil in part.</summary>
    internal HugePageUse Pages { get; }

    /// <summary>Allocates at least the given number of bytes.</summary>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    internal static NativeRegion Allocate(nuint length, HugePageUse wanted)
    {
        NativeRegion? region = null;
        // A region smaller than a huge page would waste most of one.
        if (OperatingSystem.IsLinux() && wanted != HugePageUse.None && length >= HugePage)
            region = TryMap(RoundUp(length, HugePage), wanted);
        region ??= AllocateOrdinary(RoundUp(length, CacheLine));
        region.Touch();
        return region;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static NativeRegion AllocateOrdinary(nuint length)
    {
        byte* start = (byte*)NativeMemory.AlignedAlloc(length, length < SmallPage ? CacheLine : SmallPage);
        NativeMemory.Clear(start, length);
        return new NativeRegion(start, length, mapped: false, HugePageUse.None);
    }

    [SupportedOSPlatform("linux")]
    private static NativeRegion? TryMap(nuint length, HugePageUse wanted)
    {
        try
        {
            return (wanted == HugePageUse.Reserved ? TryMapReserved(length) : null) ?? TryMapTransparent(length);
        }
        catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [SupportedOSPlatform("linux")]
    private static NativeRegion? TryMapReserved(nuint length)
    {
        void* start = LibC.Map(null, length, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapHugeTlb, -1, 0);
        return start == LibC.MapFailed ? null : new NativeRegion((byte*)start, length, mapped: true, HugePageUse.Reserved);
    }

    [SupportedOSPlatform("linux")]
    private static NativeRegion? TryMapTransparent(nuint length)
    {
        // The kernel only uses huge pages on their own boundaries, so one page more is mapped and the ends are given back.
        nuint mapped = length + HugePage;
        void* start = LibC.Map(null, mapped, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous, -1, 0);
        if (start == LibC.MapFailed)
            return null;
        nuint head = RoundUp((nuint)start, HugePage) - (nuint)start;
        if (head != 0)
            _ = LibC.Unmap(start, head);
        byte* aligned = (byte*)start + head;
        _ = LibC.Unmap(aligned + length, mapped - length - head);
        bool advised = LibC.Advise(aligned, length, LibC.AdviseHugePage) == 0;
        return new NativeRegion(aligned, length, mapped: true, advised ? HugePageUse.Transparent : HugePageUse.None);
    }

    private static nuint RoundUp(nuint number, nuint powerOfTwo) => (number + powerOfTwo - 1) & ~(powerOfTwo - 1);

    // Takes the page faults now, so that none falls into an add.
    private void Touch()
    {
        for (nuint offset = 0; offset < Length; offset += SmallPage)
            Volatile.Write(ref _start[offset], 0);
    }

    private void Free()
    {
        byte* start = _start;
        if (start == null)
            return;
        _start = null;
        if (_mapped && OperatingSystem.IsLinux())
            _ = LibC.Unmap(start, Length);
        else
            NativeMemory.AlignedFree(start);
        GC.RemoveMemoryPressure((long)Length);
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// The Linux calls behind <see cref="MemoryRegion"/>: declarations and constants only, as in the manual pages mmap(2), memfd_create(2),
/// madvise(2), mbind(2), fcntl(2) and statfs(2).
/// </summary>
internal static unsafe partial class MemoryRegionNative
{
    public const int ProtReadWrite = 0x1 | 0x2;
    public const int MapShared = 0x01;
    public const int MapPrivate = 0x02;
    public const int MapFixed = 0x10;
    public const int MapAnonymous = 0x20;
    public const int MapNoReserve = 0x4000;
    public const int MapHugeTlb = 0x40000;

    /// <summary>log2 of 2 MB, where both MAP_HUGETLB and MFD_HUGETLB want it.</summary>
    public const int Huge2M = 21 << 26;

    public const int AdviseHugePage = 14;
    public const int AdviseNoHugePage = 15;

    /// <summary>Since Linux 5.14: fills the range, and reports as an error what would otherwise be a SIGBUS at the first access.</summary>
    public const int AdvisePopulateWrite = 23;

    public const uint MemfdCloseOnExec = 0x1;
    public const uint MemfdAllowSealing = 0x2;
    public const uint MemfdHugeTlb = 0x4;

    public const int AddSeals = 1033;
    public const int GetSeals = 1034;
    public const int SealSeal = 0x1;
    public const int SealShrink = 0x2;
    public const int SealGrow = 0x4;

    public const int PolicyPreferred = 1;

    public const long HugeTlbFileSystem = 0x958458f6;

    public const int ErrorNoMemory = 12;
    public const int ErrorInvalid = 22;

    public static readonly nint MapFailed = -1;

    /// <summary>The declarations fit 64-bit Linux on x64 and ARM64 (offsets of 64 bits, variadic calls like plain ones).</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>The number of the mbind call, which the C library does not wrap; -1 where it is not known.</summary>
    public static long MbindNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 237,
        Architecture.Arm64 => 235,
        _ => -1,
    };

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(void* address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(SafeFileHandle descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(SafeFileHandle descriptor, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(SafeFileHandle descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fstatfs(SafeFileHandle descriptor, long* buffer);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "syscall")]
    public static partial long mbind(
        long number, void* address, nuint length, long mode, ulong* nodeMask, ulong maximumNode, long flags);
}

using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>The calls of the Linux C library that map memory. The constants are those of x86-64 and ARM64.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LibC
{
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int MapPrivate = 0x02;
    internal const int MapAnonymous = 0x20;
    internal const int MapHugeTlb = 0x40000;
    internal const int AdviseHugePage = 14;

    internal static readonly void* MapFailed = (void*)-1;

    [LibraryImport("libc", EntryPoint = "mmap")]
    internal static partial void* Map(void* address, nuint length, int protection, int flags, int fileDescriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int Advise(void* address, nuint length, int advice);
}

using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>The few functions of the C library that the EAL needs around it.</summary>
internal static unsafe partial class LibC
{
    public const int CloseOnExec = 0x80000;
    public const int LineBuffered = 1;
    private const int SetStatusFlags = 4;
    private const int NonBlockingFlag = 0x800;
    private const int SocketLevel = 1;
    private const int SocketDomain = 39;

    /// <summary>Two descriptors: the end to read from, the end to write to.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint fdopen(int descriptor, string mode);

    [LibraryImport("libc")]
    public static partial int setvbuf(nint file, byte* buffer, int mode, nuint size);

    [LibraryImport("libc")]
    public static partial int fflush(nint file);

    [LibraryImport("libc")]
    public static partial int sched_getaffinity(int thread, nuint size, ulong* mask);

    [LibraryImport("libc")]
    public static partial int sched_setaffinity(int thread, nuint size, ulong* mask);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    public static int SetNonBlocking(int descriptor) => fcntl(descriptor, SetStatusFlags, NonBlockingFlag);

    [LibraryImport("libc")]
    public static partial int close(int descriptor);

    /// <summary>The address family of a socket (AF_*), or -1.</summary>
    public static int SocketFamily(int descriptor)
    {
        int family = -1;
        uint length = sizeof(int);
        return getsockopt(descriptor, SocketLevel, SocketDomain, &family, &length) == 0 ? family : -1;
    }

    [LibraryImport("libc")]
    private static partial int getsockopt(int descriptor, int level, int option, int* value, uint* length);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);
}

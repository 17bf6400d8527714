using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>
/// The Linux calls behind NFs in other processes: declarations and constants only, as in the manual pages sendmsg(2), cmsg(3), unix(7),
/// poll(2), epoll(7), eventfd(2), futex(2), preadv2(2), pidfd_send_signal(2), flock(2), statx(2). They fit 64-bit Linux on x64 and ARM64.
/// </summary>
internal static unsafe partial class LinuxNative
{
    public const int ErrorNoEntry = 2;
    public const int ErrorNoProcess = 3;
    public const int ErrorInterrupted = 4;
    public const int ErrorAgain = 11;
    public const int ErrorExists = 17;
    public const int ErrorInvalid = 22;
    public const int ErrorNotEmpty = 39;
    public const int ErrorNoData = 61;
    public const int ErrorNoProtocolOption = 92;
    public const int ErrorTimedOut = 110;

    public const int SocketLevel = 1;
    public const int SocketPeerCredentials = 17;
    public const int SocketPeerPidFd = 77;
    public const int ControlRights = 1;

    public const int MessageControlTruncated = 0x8;
    public const int MessageDontWait = 0x40;
    public const int MessageNoSignal = 0x4000;
    public const int MessageCloseOnExec = 0x40000000;

    public const short PollIn = 0x1;
    public const short PollOut = 0x4;

    public const int FutexWait = 0;
    public const int FutexWake = 1;

    public const int EventFdNonBlock = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int ReadWriteNoWait = 0x8;

    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const uint EpollIn = 0x1;
    public const uint EpollEdgeTriggered = 1u << 31;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;

    public const int OpenReadWrite = 0x2;
    public const int OpenCreate = 0x40;

    public const int AtCurrentDirectory = -100;
    public const int AtNoFollow = 0x100;
    public const int AtEmptyPath = 0x1000;
    public const uint StatxBasic = 0x7ff;

    /// <summary>Leaves an id as it is in <see cref="lchown"/>.</summary>
    public const uint SameId = uint.MaxValue;

    private static readonly bool IsSupported = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static int OpenNoFollow => IsArm64 ? 0x8000 : 0x20000;

    /// <summary>The number of the futex call, which the C library does not wrap.</summary>
    public static long FutexNumber => IsArm64 ? 98 : 202;

    /// <summary>The same on every architecture.</summary>
    public static long PidFdSendSignalNumber => 424;

    /// <summary>The bytes of a struct epoll_event, which is packed on x64 alone.</summary>
    public static int EpollEventSize => IsArm64 ? 16 : 12;

    /// <summary>Where in a struct epoll_event the user's 64 bits stand.</summary>
    public static int EpollDataOffset => IsArm64 ? 8 : 4;

    public static void ThrowIfUnsupported()
    {
        if (!IsSupported)
        {
            throw new PlatformNotSupportedException(
                $"Network functions in other processes need 64-bit Linux on x64 or ARM64; this is {RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}.");
        }
    }

    public static string DescribeLastError() => Describe(Marshal.GetLastPInvokeError());

    public static string Describe(int error) => $"error {error}: {Marshal.GetPInvokeErrorMessage(error)}";

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeHandle descriptor, void* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint preadv2(SafeHandle descriptor, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(SafeHandle epoll, int operation, SafeHandle descriptor, void* epollEvent);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(SafeHandle epoll, void* events, int count, int milliseconds);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "syscall")]
    public static partial long futex(long number, uint* word, long operation, long value, TimeSpec* timeout, uint* word2, long value3);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "syscall")]
    public static partial int pidfd_send_signal(long number, SafeFileHandle process, int signal, void* information, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int lchown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rmdir(string path);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    /// <summary>struct iovec.</summary>
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr; the padding of 64-bit systems follows from the types.</summary>
    public struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr; the data follow at once, and the next header at a multiple of 8 bytes.</summary>
    public struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    /// <summary>struct pollfd.</summary>
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>struct timespec.</summary>
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static OpenNetVM.Core.Processes.Interop.LinuxNative;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>What stands at a path, links not followed (statx(2), whose structure is the same on every architecture).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="UserId">Its owner.</param>
/// <param name="GroupId">Its group.</param>
/// <param name="Device">The file system, and with <paramref name="Inode"/> the identity of the file.</param>
/// <param name="Inode">The file in that file system.</param>
internal readonly record struct FileStatus(FileKind Kind, UnixFileMode Mode, uint UserId, uint GroupId, ulong Device, ulong Inode)
{
    private const int StructLength = 256;

    /// <summary>The status of a path; null if nothing stands there.</summary>
    /// <exception cref="IOException">The path cannot be looked at.</exception>
    public static unsafe FileStatus? Of(string path)
    {
        ThrowIfUnsupported();
        byte* status = stackalloc byte[StructLength];
        if (statx(AtCurrentDirectory, path, AtNoFollow, StatxBasic, status) == 0)
            return Read(new ReadOnlySpan<byte>(status, StructLength));
        if (Marshal.GetLastPInvokeError() == ErrorNoEntry)
            return null;
        throw new IOException($"'{path}' cannot be looked at ({DescribeLastError()}).");
    }

    /// <summary>The status of an open file.</summary>
    public static unsafe FileStatus Of(SafeFileHandle file)
    {
        ThrowIfUnsupported();
        byte* status = stackalloc byte[StructLength];
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            if (statx((int)file.DangerousGetHandle(), "", AtEmptyPath, StatxBasic, status) != 0)
                throw new IOException($"An open file cannot be looked at ({DescribeLastError()}).");
        }
        finally
        {
            if (added)
                file.DangerousRelease();
        }

        return Read(new ReadOnlySpan<byte>(status, StructLength));
    }

    private static FileStatus Read(ReadOnlySpan<byte> status)
    {
        // struct statx: user at 20, group at 24, mode at 28, inode at 32, device (major, minor) at 136.
        ushort mode = MemoryMarshal.Read<ushort>(status[28..]);
        FileKind kind = (mode & 0xF000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xA000 => FileKind.SymbolicLink,
            0xC000 => FileKind.Socket,
            _ => FileKind.Other,
        };
        return new FileStatus(
            kind, (UnixFileMode)(mode & 0xFFF), MemoryMarshal.Read<uint>(status[20..]), MemoryMarshal.Read<uint>(status[24..]),
            MemoryMarshal.Read<ulong>(status[136..]), MemoryMarshal.Read<ulong>(status[32..]));
    }
}

/// <summary>The kinds of files that are told apart.</summary>
internal enum FileKind
{
    Other,
    Regular,
    Directory,
    SymbolicLink,
    Socket,
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// One manager's hold of a control directory: a lock (flock(2)) on the file "lock" in it, which ends with the process however it ends. The
/// file has the process's number, for messages only.
/// </summary>
internal sealed class ControlDirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Against a manager that ends at the same moment; each try that fails means that one did.
    private const int Tries = 100;

    private readonly SafeFileHandle _file;
    private readonly bool _madeDirectory;

    private ControlDirectoryLock(string directory, SafeFileHandle file, bool madeDirectory)
    {
        Directory = directory;
        _file = file;
        _madeDirectory = madeDirectory;
    }

    public string Directory { get; }

    private string FilePath => Path.Combine(Directory, FileName);

    /// <summary>Makes the directory if it is not there, and takes the lock.</summary>
    /// <exception cref="InvalidOperationException">A living manager has the directory, or it is not one in which only its owner may write.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public static ControlDirectoryLock Take(string directory)
    {
        bool made = false;
        for (int i = 0; i < Tries; i++)
        {
            made |= MakeDirectory(directory);
            if (TryTake(directory) is SafeFileHandle file)
                return new ControlDirectoryLock(directory, file, made);
        }

        throw new IOException($"The control directory '{directory}' was removed again and again while it was taken.");
    }

    /// <summary>Removes the file, and the directory if it was made here and is empty, and gives the lock back.</summary>
    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        // Removed while it is held: whoever has opened it meanwhile sees that what it locked is not there any more, and tries again.
        _ = LinuxNative.unlink(FilePath);
        if (_madeDirectory)
            _ = LinuxNative.rmdir(Directory);
        _file.Dispose();
    }

    /// <returns>Whether it was made just now.</returns>
    private static bool MakeDirectory(string directory)
    {
        bool made = false;
        if (FileStatus.Of(directory) is null)
        {
            if (Path.GetDirectoryName(directory) is string parent)
                System.IO.Directory.CreateDirectory(parent);
            made = LinuxNative.mkdir(directory, (uint)DirectoryMode) == 0;
            if (!made && Marshal.GetLastPInvokeError() != LinuxNative.ErrorExists)
                throw new IOException($"The control directory '{directory}' could not be made ({LinuxNative.DescribeLastError()}).");
            // mkdir(2) leaves out what the process's umask says.
            if (made && LinuxNative.chmod(directory, (uint)DirectoryMode) != 0)
                throw new IOException($"The permissions of '{directory}' could not be set ({LinuxNative.DescribeLastError()}).");
        }

        if (FileStatus.Of(directory) is not FileStatus status)
            return made;
        if (status.Kind != FileKind.Directory)
            throw new InvalidOperationException($"The control directory '{directory}' is not a directory ({status.Kind}). Give the path of one, or of one to be made.");
        uint user = LinuxNative.geteuid();
        if (status.UserId != user && status.UserId != 0)
            throw new InvalidOperationException($"The control directory '{directory}' belongs to user {status.UserId}, and the manager is user {user}. Choose a directory of its own.");
        if ((status.Mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            throw new InvalidOperationException($"Others than its owner may write in the control directory '{directory}', and could put their own sockets there: run 'chmod go-w' on it, or choose another.");
        return made;
    }

    /// <returns>null if the file, or the directory, was removed meanwhile.</returns>
    private static SafeFileHandle? TryTake(string directory)
    {
        string path = Path.Combine(directory, FileName);
        int descriptor = LinuxNative.open(
            path, LinuxNative.OpenReadWrite | LinuxNative.OpenCreate | LinuxNative.CloseOnExec | LinuxNative.OpenNoFollow, (uint)ControlDirectory.OwnerOnly);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == LinuxNative.ErrorNoEntry
                ? null
                : throw new IOException($"'{path}' could not be opened ({LinuxNative.DescribeLastError()}).");
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            while (LinuxNative.flock(file, LinuxNative.LockExclusive | LinuxNative.LockNonBlocking) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == LinuxNative.ErrorInterrupted)
                    continue;
                throw error == LinuxNative.ErrorAgain
                    ? new InvalidOperationException($"The control directory '{directory}' is in use by another manager, process {ReadHolder(file)}. Stop it, or choose another directory.")
                    : new IOException($"'{path}' could not be locked ({LinuxNative.Describe(error)}).");
            }

            FileStatus own = FileStatus.Of(file);
            if (FileStatus.Of(path) is FileStatus there && there.Device == own.Device && there.Inode == own.Inode)
            {
                RandomAccess.SetLength(file, 0);
                RandomAccess.Write(file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")), 0);
                SafeFileHandle taken = file;
                file = null!;
                return taken;
            }

            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static string ReadHolder(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = RandomAccess.Read(file, bytes, 0);
        string text = Encoding.ASCII.GetString(bytes[..length]).Trim();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : "unknown";
    }
}

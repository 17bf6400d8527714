using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// The directory of a manager's control sockets, one in the directory of each security domain. One manager at a time has it; what a dead
/// one has left there is removed when it is opened. All members may be used from any thread.
/// </summary>
/// <remarks>
/// <para>
/// Nobody but its owner may write in the directory, which is checked: so paths in it mean what they meant a moment ago. Links in it are not followed.
/// </para>
/// <para>
/// Functions that outlive their manager look for the next one at the same path. In a container that is a mount of the domain's directory, so the
/// directory that a dead manager has left is used again, and one that was there before any manager is never removed.
/// </para>
/// </remarks>
internal sealed class ControlDirectory : IDisposable
{
    /// <summary>Read and write for the owner alone (0600).</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Read and write for the owner and the group (0660).</summary>
    public const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const UnixFileMode OwnerDirectory = OwnerOnly | UnixFileMode.UserExecute;

    private readonly ControlDirectoryLock _lock;
    private readonly ControlManifest _manifest;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private bool _isDisposed;

    private ControlDirectory(ControlDirectoryLock held, ILogger logger)
    {
        _lock = held;
        _manifest = new ControlManifest(held.Directory);
        _logger = logger;
    }

    /// <summary>The absolute path.</summary>
    public string Path => _lock.Directory;

    /// <summary>Makes the directory if it is not there (0711), takes it for this manager, and removes the sockets that a dead manager has left in it. Directories follow when this one is disposed of.</summary>
    /// <param name="path">The directory. Its parents are made too, with the usual permissions.</param>
    /// <param name="logger">Told of leftovers, and of what is foreign and therefore left.</param>
    /// <exception cref="InvalidOperationException">A living manager has the directory, or it is not one in which only its owner may write.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not 64-bit Linux.</exception>
    public static ControlDirectory Open(string path, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        LinuxNative.ThrowIfUnsupported();
        var held = ControlDirectoryLock.Take(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        try
        {
            var directory = new ControlDirectory(held, logger ?? NullLogger.Instance);
            directory.RemoveLeftovers();
            return directory;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The directory of a domain: what is mounted into a container.</summary>
    public string DomainPath(string domain)
    {
        ControlPath.ThrowIfNotDomain(domain, nameof(domain));
        return System.IO.Path.Combine(Path, domain);
    }

    /// <summary>The control socket of a domain.</summary>
    public string SocketPath(string domain) => System.IO.Path.Combine(DomainPath(domain), ControlPath.SocketName);

    /// <summary>Makes the directory of a domain, and a listening socket in it.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="socketMode">Permissions of the socket. Who may write to it may search the directory.</param>
    /// <param name="groupId">The group of both; null: this process's.</param>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    /// <exception cref="ArgumentException">The name is not a domain's, or the path of the socket is too long.</exception>
    /// <exception cref="InvalidOperationException">The domain is open already, or something foreign is in its place.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public Socket Bind(string domain, UnixFileMode socketMode, uint? groupId, int backlog)
    {
        string directory = DomainPath(domain);
        string path = SocketPath(domain);
        ControlPath.ThrowIfTooLong(path, nameof(domain));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_manifest.Contains(ControlManifestEntry.Socket(domain)))
                throw new InvalidOperationException($"Security domain '{domain}' is open already in '{Path}'.");
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                MakeDirectory(domain, directory);
                if (FileStatus.Of(path) is FileStatus foreign)
                    throw new InvalidOperationException($"'{path}' is there already ({foreign.Kind}), and was not made by a manager here. Remove it, or name the domain otherwise.");
                _manifest.Add(ControlManifestEntry.Socket(domain));
                // The system makes the socket with whatever permissions are usual for the process; the closed directory stands before it.
                socket.Bind(new UnixDomainSocketEndPoint(path));
                SetAccess(path, socketMode, groupId);
                socket.Listen(backlog);
                SetAccess(directory, DirectoryMode(socketMode), groupId);
                return socket;
            }
            catch (Exception e)
            {
                socket.Dispose();
                RemoveEntries(domain);
                if (e is SocketException)
                    throw new IOException($"The control socket '{path}' could not be made: {e.Message}", e);
                throw;
            }
        }
    }

    /// <summary>Removes what <see cref="Bind"/> has made. Unknown domains are ignored.</summary>
    public void Remove(string domain)
    {
        lock (_gate)
        {
            if (!_isDisposed)
                RemoveEntries(domain);
        }
    }

    /// <summary>Removes what was made and gives the directory free.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            foreach (ControlManifestEntry entry in _manifest.Entries)
                Remove(entry);
            _manifest.Delete();
            _lock.Dispose();
        }
    }

    private static UnixFileMode DirectoryMode(UnixFileMode socketMode)
    {
        UnixFileMode mode = OwnerDirectory;
        if ((socketMode & UnixFileMode.GroupWrite) != 0)
            mode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        if ((socketMode & UnixFileMode.OtherWrite) != 0)
            mode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        return mode;
    }

    /// <summary>The group first: the permissions are meant for the new one.</summary>
    private static void SetAccess(string path, UnixFileMode mode, uint? groupId)
    {
        if (groupId is uint group && LinuxNative.lchown(path, LinuxNative.SameId, group) != 0)
            throw new IOException($"'{path}' could not be given to group {group} ({LinuxNative.DescribeLastError()}): the manager must be a member of the group, or root.");
        if (LinuxNative.chmod(path, (uint)mode) != 0)
            throw new IOException($"The permissions of '{path}' could not be set ({LinuxNative.DescribeLastError()}).");
    }

    private void MakeDirectory(string domain, string directory)
    {
        if (FileStatus.Of(directory) is not FileStatus status)
        {
            _manifest.Add(ControlManifestEntry.Directory(domain));
            if (LinuxNative.mkdir(directory, (uint)OwnerDirectory) != 0)
                throw new IOException($"The directory '{directory}' could not be made ({LinuxNative.DescribeLastError()}).");
        }
        else if (status.Kind != FileKind.Directory || status.UserId != LinuxNative.geteuid())
        {
            throw new InvalidOperationException(
                $"'{directory}' is there already ({status.Kind} of user {status.UserId}), and is not a directory of the manager's user {LinuxNative.geteuid()}. Remove it, or name the domain otherwise.");
        }

        SetAccess(directory, OwnerDirectory, groupId: null);
    }

    private void RemoveLeftovers()
    {
        _manifest.Load();
        foreach (ControlManifestEntry entry in _manifest.Entries.ToArray())
        {
            _logger.LogInformation("A manager that is gone has left the {Entry} in {Directory}", entry, Path);
            // A container that has the directory mounted would not find a new one of the same name: it stays until this manager ends, and
            // serves if the domain is opened again.
            if (entry.IsDirectory && FileStatus.Of(System.IO.Path.Combine(Path, entry.Domain)) is { Kind: FileKind.Directory })
                continue;
            Remove(entry);
            _manifest.Remove(entry);
        }

        _manifest.Save();
    }

    private void RemoveEntries(string domain)
    {
        foreach (ControlManifestEntry entry in (ReadOnlySpan<ControlManifestEntry>)[ControlManifestEntry.Socket(domain), ControlManifestEntry.Directory(domain)])
        {
            if (_manifest.Contains(entry))
                Remove(entry);
            _manifest.Remove(entry);
        }
    }

    /// <summary>Removes a thing that was written down, unless it is something else by now.</summary>
    private void Remove(ControlManifestEntry entry)
    {
        string directory = System.IO.Path.Combine(Path, entry.Domain);
        if (FileStatus.Of(directory) is not FileStatus status)
            return;
        if (status.Kind != FileKind.Directory)
        {
            _logger.LogWarning("{Path} is not a directory ({Kind}) and is left as it is", directory, status.Kind);
            return;
        }

        string path = entry.IsDirectory ? directory : System.IO.Path.Combine(directory, ControlPath.SocketName);
        if (!entry.IsDirectory)
        {
            if (FileStatus.Of(path) is not FileStatus socket)
                return;
            if (socket.Kind != FileKind.Socket)
            {
                _logger.LogWarning("{Path} is not a socket ({Kind}) and is left as it is", path, socket.Kind);
                return;
            }
        }

        if ((entry.IsDirectory ? LinuxNative.rmdir(path) : LinuxNative.unlink(path)) == 0)
            return;
        int error = Marshal.GetLastPInvokeError();
        if (error is LinuxNative.ErrorNotEmpty or LinuxNative.ErrorExists)
            _logger.LogWarning("{Path} holds files that no manager has made, and is left as it is", path);
        else if (error != LinuxNative.ErrorNoEntry)
            _logger.LogWarning("{Path} could not be removed: {Error}", path, LinuxNative.Describe(error));
    }
}

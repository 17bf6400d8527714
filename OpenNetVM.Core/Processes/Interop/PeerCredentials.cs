using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>Who made a connection, as the kernel noted it when the connection was made (SO_PEERCRED, unix(7)): it cannot be forged.</summary>
/// <param name="ProcessId">The process in this process's numbering; 0 if it has no number here (another PID namespace that is not below this one).</param>
/// <param name="UserId">Its effective user; the kernel's overflow user (65534) if its user has no number here.</param>
/// <param name="GroupId">Its effective group.</param>
internal readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId)
{
    /// <summary>The credentials of the other side of a connected Unix domain socket.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="SocketException">The socket is not a Unix domain socket, or is closed.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        LinuxNative.ThrowIfUnsupported();
        ArgumentNullException.ThrowIfNull(socket);
        // struct ucred: three numbers of 32 bits in the byte order of the machine.
        Span<byte> bytes = stackalloc byte[12];
        int length = socket.GetRawSocketOption(LinuxNative.SocketLevel, LinuxNative.SocketPeerCredentials, bytes);
        if (length != bytes.Length)
            throw new InvalidOperationException($"The system gave {length} bytes of peer credentials; struct ucred has {bytes.Length}.");
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        return new PeerCredentials((int)words[0], words[1], words[2]);
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static OpenNetVM.Core.Processes.Interop.LinuxNative;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>
/// Ends the process at the other end of a Unix domain socket: that process, and never one that has got its number since. A hostile process could
/// leave the socket to a child, end, and let the manager kill whoever comes after it.
/// </summary>
internal static unsafe class PeerProcess
{
    private const int SignalKill = 9;

    /// <summary>Kills the process that made the connection (SIGKILL). Any thread may call.</summary>
    /// <param name="socket">A connected Unix domain socket.</param>
    /// <param name="error">Why not, for people.</param>
    /// <returns>True also if the process has ended already; its socket may be open in others. False for this process itself, which is not killed.</returns>
    /// <remarks>
    /// Since Linux 6.5 the socket itself knows the process (SO_PEERPIDFD, unix(7)). Before, its number has to do, which is sound as long as
    /// the process lives.
    /// </remarks>
    public static bool TryKill(Socket socket, out string? error)
    {
        ThrowIfUnsupported();
        ArgumentNullException.ThrowIfNull(socket);
        error = null;
        int result;
        try
        {
            // A function that runs beside its manager in one process must not end both.
            if (PeerCredentials.Of(socket).ProcessId == Environment.ProcessId)
            {
                error = "it is the manager's own";
                return false;
            }

            Span<byte> descriptor = stackalloc byte[sizeof(int)];
            socket.GetRawSocketOption(SocketLevel, SocketPeerPidFd, descriptor);
            using var process = new SafeFileHandle(MemoryMarshal.Read<int>(descriptor), ownsHandle: true);
            result = pidfd_send_signal(PidFdSendSignalNumber, process, SignalKill, null, 0);
        }
        catch (SocketException e) when (e.NativeErrorCode is ErrorNoProtocolOption)
        {
            int number = PeerCredentials.Of(socket).ProcessId;
            if (number <= 1)
            {
                error = $"it has no number here ({number}), and this kernel is older than 6.5";
                return false;
            }

            result = kill(number, SignalKill);
        }
        catch (SocketException e) when (e.NativeErrorCode is ErrorNoProcess or ErrorInvalid or ErrorNoData)
        {
            // It has ended, and its parent has taken notice.
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            error = e.Message;
            return false;
        }

        if (result == 0 || Marshal.GetLastPInvokeError() == ErrorNoProcess)
            return true;
        error = DescribeLastError();
        return false;
    }
}

using System.Buffers;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>The NF's side of registration. Safe to call from any thread.</summary>
internal static class ControlClient
{
    private const int FewestHandles = 2;
    private const int MostHandles = 3;

    /// <summary>Connects to a manager and registers. Blocks until the manager has answered.</summary>
    /// <param name="path">The control socket of the security domain.</param>
    /// <param name="register">Who the NF is.</param>
    /// <param name="timeout">How long to wait for the manager in all; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait for the manager's answer.</param>
    /// <exception cref="NfRegistrationException">There is no manager, or it refused the NF.</exception>
    /// <exception cref="ArgumentException">The path is too long, or a name in <paramref name="register"/> is.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static ControlConnection Connect(string path, in RegisterMessage register, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        LinuxNative.ThrowIfUnsupported();
        ControlPath.ThrowIfTooLong(path, nameof(path));
        cancellationToken.ThrowIfCancellationRequested();
        var frame = new FrameBuffer();
        frame.Append(ControlMessageType.Register, 0, register);

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var handles = new SafeFileHandle?[MostHandles];
        bool succeeded = false;
        try
        {
            var remaining = new RemainingTime(timeout);
            ConnectSocket(socket, path, remaining.Milliseconds);
            // The waits below end when the connection does.
            using CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(static s => ShutDown((Socket)s!), socket);
            WelcomeMessage welcome = Converse(socket, path, frame, remaining, handles, cancellationToken);
            var manager = PeerCredentials.Of(socket);
            // Shut down a moment ago, the connection would be of no use.
            cancellation.Unregister();
            cancellationToken.ThrowIfCancellationRequested();
            succeeded = true;
            return new ControlConnection(new ControlChannel(socket, ControlDirection.ToFunction), welcome, manager, handles[0]!, handles[1]!, handles[2]);
        }
        finally
        {
            frame.Release();
            if (!succeeded)
            {
                socket.Dispose();
                foreach (SafeFileHandle? handle in handles)
                    handle?.Dispose();
            }
        }
    }

    private static void ConnectSocket(Socket socket, string path, int milliseconds)
    {
        try
        {
            // Where the manager accepts nobody, connect(2) waits as long as a send would.
            socket.SendTimeout = milliseconds < 0 ? 0 : Math.Max(1, milliseconds);
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e)
        {
            (NfRegistrationFailure failure, string reason) = e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => (NfRegistrationFailure.Unreachable,
                    "no manager listens there: the socket was left by one that is dead. Start the manager."),
                SocketError.AddressNotAvailable => (NfRegistrationFailure.Unreachable,
                    "there is no such socket. Start the manager, or correct the path; in a container, mount the security domain's directory."),
                SocketError.AccessDenied => (NfRegistrationFailure.Unreachable,
                    "this user may not use the socket. Run as the manager's user, or as a member of the group that the manager gives its sockets to."),
                SocketError.WouldBlock or SocketError.TimedOut or SocketError.TryAgain => (NfRegistrationFailure.TimedOut,
                    $"the manager did not accept the connection within {milliseconds} ms."),
                _ => (NfRegistrationFailure.Unreachable, $"the connection failed ({e.SocketErrorCode}: {e.Message})."),
            };
            throw new NfRegistrationException(path, failure, reason, e);
        }
    }

    /// <summary>Sends the registration, and takes the answer.</summary>
    private static WelcomeMessage Converse(
        Socket socket, string path, FrameBuffer frame, RemainingTime remaining, SafeFileHandle?[] handles, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                FileDescriptorPassing.Send(socket, frame.Written.Span, [], remaining.Milliseconds);
            }
            catch (IOException)
            {
                // The manager may have refused and hung up before it was told anything: its answer has the reason.
            }

            Span<byte> header = stackalloc byte[ControlProtocol.HeaderLength];
            int handleCount = ReceiveAll(socket, header, handles, remaining);
            FrameResult result = ControlFrameReader.TryReadHeader(header, ControlDirection.ToFunction, out int length, out ControlMessageType type, out _);
            if (result != FrameResult.Frame)
                throw new ControlProtocolException(ControlFrameReader.Describe(result, header));
            byte[] payload = new byte[length];
            ReceiveAll(socket, payload, [], remaining);
            var sequence = new ReadOnlySequence<byte>(payload);
            switch (type)
            {
                case ControlMessageType.Refused when RefusedMessage.TryRead(sequence, out RefusedMessage refused):
                    throw new NfRegistrationException(path, NfRegistrationFailure.Refused, refused.Reason);
                case ControlMessageType.Welcome when WelcomeMessage.TryRead(sequence, out WelcomeMessage welcome):
                    if (handleCount < FewestHandles)
                        throw new ControlProtocolException($"the welcome came with {handleCount} handles, and {FewestHandles} are needed");
                    return welcome;
                default:
                    throw new ControlProtocolException($"a registration was answered by a frame of type {type} with {length} bytes");
            }
        }
        catch (Exception e) when (e is not NfRegistrationException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The registration was cancelled.", e, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new NfRegistrationException(path, NfRegistrationFailure.TimedOut, "the manager did not answer in time.", e);
        }
        catch (Exception e) when (e is ControlProtocolException or InvalidDataException)
        {
            throw new NfRegistrationException(path, NfRegistrationFailure.Protocol, $"what answered is not a manager of this version. {e.Message}", e);
        }
        catch (IOException e) when (e is not NfRegistrationException)
        {
            throw new NfRegistrationException(path, NfRegistrationFailure.Unreachable, $"the connection ended before the manager had answered. {e.Message}", e);
        }
    }

    /// <summary>Fills a span; handles come with its first byte or not at all.</summary>
    private static int ReceiveAll(Socket socket, Span<byte> bytes, Span<SafeFileHandle?> handles, RemainingTime remaining)
    {
        int handleCount = 0;
        bool first = true;
        while (!bytes.IsEmpty)
        {
            int received = FileDescriptorPassing.Receive(socket, bytes, first ? handles : [], out int count, remaining.Milliseconds);
            if (received == 0)
                throw new EndOfStreamException("The manager has closed it.");
            handleCount += count;
            first = false;
            bytes = bytes[received..];
        }

        return handleCount;
    }

    private static void ShutDown(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    /// <summary>What is left of a time limit that covers several waits.</summary>
    private readonly struct RemainingTime(TimeSpan limit)
    {
        private readonly long _end = Environment.TickCount64 + (long)limit.TotalMilliseconds;

        /// <summary>-1 for no limit.</summary>
        public int Milliseconds => limit == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Clamp(_end - Environment.TickCount64, 0, int.MaxValue);
    }
}

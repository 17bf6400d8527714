using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// The manager's side of registration in one security domain: accepts connections, checks who the peer is, reads who it wants to be, and
/// hands the connection over. All members may be used from any thread.
/// </summary>
internal sealed class ControlListener : IAsyncDisposable
{
    // What the kernel queues of connections that were not accepted yet; more wait in connect(2).
    private const int Backlog = 128;

    // A peer that is refused again and again must not fill the log.
    private const int RefusalsLoggedPerWindow = 10;
    private static readonly TimeSpan LogWindow = TimeSpan.FromSeconds(1);

    // Between tries to accept when the process has no handle left: the waiting connection would be reported again at once.
    private static readonly TimeSpan AcceptBackOff = TimeSpan.FromMilliseconds(100);

    private readonly ControlListenerOptions _options;
    private readonly ILogger _logger;
    private readonly uint _ownUser = LinuxNative.geteuid();
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private readonly Lock _logGate = new();
    private long _logWindowStart;
    private int _refusalsInWindow;

    // Connections that are not over, and one for the listener itself until it is disposed of.
    private int _open = 1;
    private long _accepted;
    private long _refusedPeers;
    private long _malformed;
    private int _isDisposed;

    /// <summary>Makes the domain's directory and socket, and starts to accept: registrations may be served before this returns.</summary>
    /// <exception cref="ArgumentException">The domain's name is not one, or its socket's path is too long.</exception>
    /// <exception cref="InvalidOperationException">The domain is there already, or something foreign is in its place.</exception>
    /// <exception cref="IOException">The system refused the directory or the socket.</exception>
    public ControlListener(ControlListenerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConnections, 1, nameof(options));
        _options = options;
        _logger = options.Logger;
        UnixFileMode mode = options.SocketMode ?? (options.GroupId is null ? ControlDirectory.OwnerOnly : ControlDirectory.OwnerAndGroup);
        _socket = options.Directory.Bind(options.Domain, mode, options.GroupId, Backlog);
        SocketPath = options.Directory.SocketPath(options.Domain);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where NFs connect to.</summary>
    public string SocketPath { get; }

    /// <summary>Connections that were accepted, whatever became of them.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that were refused for who they are, or for there being too many.</summary>
    public long RefusedPeers => Volatile.Read(ref _refusedPeers);

    /// <summary>Connections that were refused for what they said, or did not say in time.</summary>
    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Connections that are not over.</summary>
    public int Open => Volatile.Read(ref _open) - (Volatile.Read(ref _isDisposed) == 0 ? 1 : 0);

    /// <summary>Accepts no more, tells those that serve to end, waits for them, and removes the socket and the domain's directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _socket.Dispose();
        CloseOne();
        await _allGone.Task.ConfigureAwait(false);
        _options.Directory.Remove(_options.Domain);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _accepted);
                Interlocked.Increment(ref _open);
                // Not awaited: one peer must not keep the others waiting. The count of open connections is what is waited for.
                _ = Task.Run(() => ConverseAsync(socket));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // It was gone before it was accepted.
            }
            catch (SocketException e)
            {
                _logger.LogError(e, "Could not accept a connection at {Path}; trying again in {Time}", SocketPath, AcceptBackOff);
                await Task.Delay(AcceptBackOff, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ConverseAsync(Socket socket)
    {
        var channel = new ControlChannel(socket, ControlDirection.ToManager);
        try
        {
            var peer = PeerCredentials.Of(socket);
            if (WhyRefused(peer) is string refusal)
            {
                Interlocked.Increment(ref _refusedPeers);
                Refuse(channel, peer, refusal);
            }
            else if (await ReadRegistrationAsync(channel, peer).ConfigureAwait(false) is RegisterMessage register)
            {
                await _options.Serve(channel, peer, register, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The listener ends.
        }
        catch (Exception e)
        {
            _logger.LogError(e, "A control connection at {Path} failed", SocketPath);
        }
        finally
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            CloseOne();
        }
    }

    private string? WhyRefused(PeerCredentials peer)
    {
        bool allowed = peer.UserId == 0 || (_options.AllowedUsers?.Contains(peer.UserId) ?? peer.UserId == _ownUser);
        if (!allowed)
            return $"user {peer.UserId} may not register network functions in domain '{_options.Domain}': allow it in the manager's configuration, or run as another user";
        return Open > _options.MaxConnections
            ? $"the manager has {_options.MaxConnections} connections in domain '{_options.Domain}' already, and takes no more"
            : null;
    }

    /// <summary>Reads the first frame, which has to be a registration.</summary>
    private async Task<RegisterMessage?> ReadRegistrationAsync(ControlChannel channel, PeerCredentials peer)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        timeout.CancelAfter(_options.RegisterTimeout);
        string reason;
        try
        {
            ControlFrame? first = await channel.ReadAsync(timeout.Token).ConfigureAwait(false);
            if (first is { Type: ControlMessageType.Register } frame && RegisterMessage.TryRead(frame.Payload, out RegisterMessage register))
                return register;
            reason = first is null ? "the connection ended before it was registered"
                : first.Value.Type == ControlMessageType.Register ? "the registration is not well-formed: use the same version of the library on both sides"
                : $"the first frame is of type {first.Value.Type}; a registration is expected";
        }
        catch (ControlProtocolException e)
        {
            reason = e.Reason;
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            reason = $"no registration came within {_options.RegisterTimeout}";
        }

        Interlocked.Increment(ref _malformed);
        Refuse(channel, peer, reason);
        return null;
    }

    private void Refuse(ControlChannel channel, PeerCredentials peer, string reason)
    {
        LogRefusal(peer, reason);
        channel.TrySend(ControlMessageType.Refused, 0, new RefusedMessage(reason));
    }

    private void LogRefusal(PeerCredentials peer, string reason)
    {
        lock (_logGate)
        {
            long now = Environment.TickCount64;
            if (now - _logWindowStart >= (long)LogWindow.TotalMilliseconds)
            {
                if (_refusalsInWindow > RefusalsLoggedPerWindow)
                    _logger.LogWarning("{Count} more refusals at {Path} were not logged", _refusalsInWindow - RefusalsLoggedPerWindow, SocketPath);
                _logWindowStart = now;
                _refusalsInWindow = 0;
            }

            if (++_refusalsInWindow > RefusalsLoggedPerWindow)
                return;
        }

        _logger.LogWarning(
            "Refused process {Process} of user {User} at {Path}: {Reason}", peer.ProcessId, peer.UserId, SocketPath, reason);
    }

    private void CloseOne()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _allGone.TrySetResult();
    }
}

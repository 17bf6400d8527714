using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>The sending half: a bounded queue, and a task that empties it while there is something in it.</summary>
internal sealed partial class ControlChannel
{
    /// <summary>The most bytes that wait to be sent.</summary>
    public const int MaxQueued = 1 << 20;

    // What is handed to the socket at once, so that the queue has room again before all is sent.
    private const int SendSize = 65_536;

    /// <summary>How long <see cref="DisposeAsync"/> waits for a peer to read what was queued.</summary>
    public static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(1);

    private readonly Lock _sendGate = new();
    private FrameBuffer _queued = new();
    private FrameBuffer _beingSent = new();
    private int _unsent;
    private bool _isSending;
    private bool _queueEnded;
    private bool _abandoned;
    private Task _sender = Task.CompletedTask;

    /// <summary>Queues a frame. Any thread may call; never waits.</summary>
    /// <param name="type">What the payload is.</param>
    /// <param name="request">The number of the request, or of the one that is answered; 0 where no answer is wanted.</param>
    /// <param name="payload">The payload; it is written before the method returns.</param>
    /// <returns>False if the connection has ended, or ends now because the queue is full: the other side does not read.</returns>
    /// <exception cref="ArgumentException">The payload is longer than the protocol allows; nothing was queued.</exception>
    public bool TrySend<T>(ControlMessageType type, uint request, in T payload)
        where T : IControlPayload
    {
        Debug.Assert(!ControlProtocol.IsDefined(type, _incoming), "A side sends what the other side may receive.");
        lock (_sendGate)
        {
            if (_queueEnded)
                return false;
            int before = _queued.Length;
            _queued.Append(type, request, payload);
            if (_queued.Length + _unsent <= MaxQueued)
            {
                StartSending();
                return true;
            }

            _queued.CutTo(before);
        }

        Close(ControlClosingKind.NotRead, $"the other side does not read: more than {MaxQueued:N0} bytes were waiting to be sent");
        return false;
    }

    /// <summary>Sends a frame with handles attached, and waits until the socket has taken it. Only while nothing else is queued: as the first frame.</summary>
    /// <param name="type">What the payload is.</param>
    /// <param name="request">The number of the request, or 0.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="handles">The handles; they stay the caller's.</param>
    /// <param name="timeoutMilliseconds">How long to wait for the other side to make room.</param>
    /// <exception cref="InvalidOperationException">Frames were queued before, and the handles must not overtake them.</exception>
    /// <exception cref="IOException">The connection has ended, or the system refused the handles; the connection was closed.</exception>
    /// <exception cref="TimeoutException">The other side does not read; the connection was closed.</exception>
    public void SendWithHandles<T>(
        ControlMessageType type, uint request, in T payload, ReadOnlySpan<SafeHandle> handles, int timeoutMilliseconds = 1_000)
        where T : IControlPayload
    {
        lock (_sendGate)
        {
            if (_queueEnded)
                throw new IOException("The control connection has ended.");
            if (_isSending)
                throw new InvalidOperationException("Handles are sent with the first frame: other frames were queued before.");
            _beingSent.Append(type, request, payload);
            _unsent = _beingSent.Length;
            _isSending = true;
        }

        try
        {
            FileDescriptorPassing.Send(_socket, _beingSent.Written.Span, handles, timeoutMilliseconds);
        }
        catch (Exception e)
        {
            Close(e is TimeoutException ? ControlClosingKind.NotRead : ControlClosingKind.Failed, e.Message);
            throw;
        }
        finally
        {
            lock (_sendGate)
            {
                _isSending = false;
                _beingSent.Clear();
                _unsent = 0;
                if (_abandoned)
                    ReleaseBuffers();
                else if (_queued.Length > 0)
                    StartSending();
            }
        }
    }

    /// <summary>To be called with the gate held.</summary>
    private void StartSending()
    {
        if (_isSending)
            return;
        _isSending = true;
        _sender = Task.Run(SendQueuedAsync);
    }

    private async Task SendQueuedAsync()
    {
        while (TakeQueued() is { IsEmpty: false } bytes)
        {
            try
            {
                while (!bytes.IsEmpty)
                {
                    int sent = await _socket.SendAsync(bytes[..Math.Min(SendSize, bytes.Length)], SocketFlags.None).ConfigureAwait(false);
                    bytes = bytes[sent..];
                    lock (_sendGate)
                    {
                        _unsent -= sent;
                        if (_abandoned)
                            break;
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                Close(ControlClosingKind.ClosedByPeer, $"the other side takes nothing any more ({e.Message})");
            }
        }
    }

    /// <summary>What is to be sent next; nothing: the sender's work is done.</summary>
    private ReadOnlyMemory<byte> TakeQueued()
    {
        lock (_sendGate)
        {
            _beingSent.Clear();
            _unsent = 0;
            if (!_abandoned && _queued.Length > 0)
            {
                (_queued, _beingSent) = (_beingSent, _queued);
                _unsent = _beingSent.Length;
                return _beingSent.Written;
            }

            _isSending = false;
            if (_abandoned)
                ReleaseBuffers();
            return default;
        }
    }

    /// <summary>Takes no more frames.</summary>
    /// <returns>Ends when those that are queued were sent.</returns>
    private Task EndQueue()
    {
        lock (_sendGate)
        {
            _queueEnded = true;
            return _sender;
        }
    }

    private void AbandonSending()
    {
        lock (_sendGate)
        {
            _queueEnded = true;
            _abandoned = true;
            // The sender still reads its buffer; it releases both when it ends.
            if (!_isSending)
                ReleaseBuffers();
        }
    }

    private void ReleaseBuffers()
    {
        _queued.Release();
        _beingSent.Release();
    }
}

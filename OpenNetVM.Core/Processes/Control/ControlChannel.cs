using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// A control connection, on either side: frames come out one after the other, and go in from any thread. One thread at a time may read.
/// </summary>
/// <remarks>
/// The other side is not trusted. What is received is held in pooled memory of at most one frame and one read; what is to be sent, of at
/// most <see cref="MaxQueued"/> bytes: a peer that does not read loses the connection, and nobody waits for it. A peer that sends without
/// pause gets its turn, but not the thread: see <see cref="ReadAsync"/>.
/// </remarks>
internal sealed partial class ControlChannel : IAsyncDisposable
{
    // Frames that are handed out of a full buffer before others waiting for the same thread get their turn.
    private const int FramesPerTurn = 64;

    private readonly Socket _socket;
    private readonly ControlDirection _incoming;
    private readonly PipeReader _pipe;
    private readonly TaskCompletionSource<ControlClosing> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What was received and is not handed out yet; a view of the pipe's memory.
    private ReadOnlySequence<byte> _received;
    private bool _holdsBuffer;
    private bool _peerEnded;
    private int _framesInTurn;
    private int _isReading;
    private bool _readingEnded;
    private bool _stopReading;
    private int _isDisposed;

    /// <summary>Takes over a connected stream socket.</summary>
    /// <param name="socket">The socket; the channel disposes of it.</param>
    /// <param name="incoming">Which way the frames go that are read here: to the manager on the manager's side.</param>
    public ControlChannel(Socket socket, ControlDirection incoming)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _socket = socket;
        _incoming = incoming;
        _pipe = PipeReader.Create(
            new NetworkStream(socket, ownsSocket: false), new StreamPipeReaderOptions(bufferSize: 8_192, minimumReadSize: 2_048, leaveOpen: true));
    }

    /// <summary>Ends, with the reason, when the connection does. Frames that came before the end can still be read if the other side ended it.</summary>
    public Task<ControlClosing> Closed => _closed.Task;

    /// <summary>Waits for the next frame.</summary>
    /// <returns>
    /// The frame, whose payload is a view that is valid until the next call; null when the connection has ended (see <see cref="Closed"/>),
    /// then and ever after.
    /// </returns>
    /// <remarks>After a number of frames without a pause the method continues on another turn of the thread pool, so that floods of several peers leave the others their turns.</remarks>
    /// <exception cref="ControlProtocolException">What came is not the protocol. Nothing more is read; what is sent goes out until the channel is disposed of.</exception>
    /// <exception cref="OperationCanceledException">Nothing is lost: the next call goes on.</exception>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    public async ValueTask<ControlFrame?> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
            throw new InvalidOperationException("A control channel is read by one thread at a time, and another read is under way.");
        try
        {
            while (!_readingEnded && !Volatile.Read(ref _stopReading))
            {
                if (_holdsBuffer && Take() is ControlFrame frame)
                {
                    if (++_framesInTurn >= FramesPerTurn)
                    {
                        _framesInTurn = 0;
                        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    }

                    return frame;
                }

                if (_peerEnded || !await ReceiveAsync(cancellationToken).ConfigureAwait(false))
                    break;
            }

            EndReading();
            return null;
        }
        catch (ControlProtocolException e)
        {
            // Not shut down: whoever reads may want to tell the other side why before it disposes of the channel.
            _closed.TrySetResult(new ControlClosing(ControlClosingKind.Malformed, e.Reason));
            EndReading();
            throw;
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <summary>Ends the connection at once. What was not sent yet is not sent. Any thread may call; only the first call has an effect.</summary>
    public void Close(ControlClosingKind kind, string reason)
    {
        AbandonSending();
        // What a peer said before its end is still worth reading (its fault, for example); what comes after we had enough of it is not.
        if (kind is not (ControlClosingKind.ClosedByPeer or ControlClosingKind.Failed))
            Volatile.Write(ref _stopReading, true);
        _closed.TrySetResult(new ControlClosing(kind, reason));
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    /// <summary>Kills the process that made the connection, if it still runs. Any thread may call.</summary>
    /// <param name="error">Why not, for people.</param>
    /// <returns>False if the system refused, or the channel was disposed of.</returns>
    public bool TryKillPeer(out string? error) => PeerProcess.TryKill(_socket, out error);

    /// <summary>Lets what was queued go out, for <see cref="FlushTime"/> at most, then ends the connection. Repeated calls do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        Task sender = EndQueue();
        try
        {
            await sender.WaitAsync(FlushTime).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer does not read.
        }

        Close(ControlClosingKind.ClosedHere, "this side has ended the connection");
        await sender.ConfigureAwait(false);
        _socket.Dispose();
    }

    private ControlFrame? Take()
    {
        switch (ControlFrameReader.TryRead(ref _received, _incoming, out ControlFrame frame))
        {
            case FrameResult.Frame:
                return frame;
            case FrameResult.NeedMore:
                return null;
            case FrameResult wrong:
                throw new ControlProtocolException(ControlFrameReader.Describe(wrong, _received));
        }
    }

    /// <summary>Waits for more bytes.</summary>
    /// <returns>False if there will be none.</returns>
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_holdsBuffer)
        {
            _holdsBuffer = false;
            _pipe.AdvanceTo(_received.Start, _received.End);
        }

        try
        {
            ReadResult result = await _pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            _received = result.Buffer;
            _holdsBuffer = true;
            _framesInTurn = 0;
            if (!result.IsCompleted)
                return true;
            _peerEnded = true;
            Close(ControlClosingKind.ClosedByPeer, _received.IsEmpty
                ? "the other side has ended the connection"
                : $"the other side has ended the connection, with {_received.Length:N0} bytes of frames that were not taken yet");
            return !_received.IsEmpty;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // A peer that dies with frames of ours unread resets the connection.
            Close(ControlClosingKind.ClosedByPeer, $"the other side has ended the connection ({e.Message})");
            return false;
        }
    }

    /// <summary>No frame is in anybody's hands any more, so the memory can go back.</summary>
    private void EndReading()
    {
        if (_readingEnded)
            return;
        _readingEnded = true;
        _received = default;
        _holdsBuffer = false;
        _pipe.Complete();
    }
}

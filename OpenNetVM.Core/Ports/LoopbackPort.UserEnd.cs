namespace OpenNetVM.Core.Ports;

// The user's end of the wire. Senders share a gate and takers share another; the platform's workers never enter either.
public sealed partial class LoopbackPort
{
    private readonly Lock _sendGate = new();
    private readonly Lock _takeGate = new();
    private readonly WaitList _arrival = new();
    private readonly WaitList _room = new();
    private int _nextTransmitQueue;

    /// <summary>Any thread: frames on the wire that the platform has not received yet.</summary>
    public int FramesToReceive => CountOf(_receive);

    /// <summary>Any thread: frames that the platform has transmitted and nobody has taken yet. 0 for a port of a pair.</summary>
    public int FramesToTake => CountOf(_transmit);

    /// <summary>
    /// Any thread: puts a frame on the wire towards the platform, which stamps it with its own clock when it receives it. Allocates nothing.
    /// </summary>
    /// <param name="frame">The frame from its destination MAC address on, without FCS; copied.</param>
    /// <returns>
    /// False, and the frame was not sent, if the wire (of the frame's queue) is full or the port has stopped. A frame that is longer than the pool's buffers is
    /// sent and then lost, and counted in <see cref="PortStatistics.DroppedOversize"/>.
    /// </returns>
    /// <exception cref="InvalidOperationException">The port is one of a pair, or <see cref="Complete"/> was called.</exception>
    public bool Send(ReadOnlySpan<byte> frame) => SendStamped(frame, NotStamped);

    /// <summary>Any thread: puts a frame with a time on the wire towards the platform.</summary>
    /// <param name="frame">The frame from its destination MAC address on, without FCS; copied.</param>
    /// <param name="timestamp">When it was received, in nanoseconds since 1970-01-01 UTC.</param>
    /// <inheritdoc cref="Send(ReadOnlySpan{byte})"/>
    public bool Send(ReadOnlySpan<byte> frame, long timestamp) => SendStamped(frame, timestamp);

    /// <summary>Any thread: sends frames in order until one is refused.</summary>
    /// <returns>How many were sent; fewer than given if the wire became full or the port has stopped.</returns>
    /// <inheritdoc cref="Send(ReadOnlySpan{byte})"/>
    public int SendMany(IEnumerable<byte[]> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        int sent = 0;
        foreach (byte[] frame in frames)
        {
            if (!SendStamped(frame, NotStamped))
                break;
            sent++;
        }

        return sent;
    }

    /// <summary>Any thread: sends a frame, and waits for room where the wire is full.</summary>
    /// <param name="frame">The frame; copied before the returned task completes.</param>
    /// <param name="cancellationToken">Ends the wait; the frame was not sent then.</param>
    /// <exception cref="InvalidOperationException">The port is one of a pair or has stopped, or <see cref="Complete"/> was called.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken = default)
    {
        while (!SendStamped(frame.Span, NotStamped))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task room = _room.Next;
            if (SendStamped(frame.Span, NotStamped))
                return;
            if (_stopped)
                throw new InvalidOperationException($"{nameof(LoopbackPort)} \"{Info.Name}\" has stopped and takes no frames any more.");
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Any thread: says that nothing more will be sent. When the platform has received what is on the wire, the port comes to <see cref="PortState.Ended"/>.
    /// Transmission goes on. Idempotent.
    /// </summary>
    /// <exception cref="InvalidOperationException">The port is one of a pair.</exception>
    public void Complete()
    {
        ThrowIfPaired();

        // In the gate, so that no frame is added behind the end.
        lock (_sendGate)
            _completed = true;
        End();
    }

    /// <summary>Any thread: takes the next frame that the platform transmitted, in an array of its own.</summary>
    /// <returns>False if there is none at the moment.</returns>
    /// <remarks>Frames of one transmit queue come in their order; several queues take turns.</remarks>
    /// <exception cref="InvalidOperationException">The port is one of a pair.</exception>
    public bool TryReceive([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? frame)
    {
        lock (_takeGate)
        {
            if (NextToTake() is not { } wire)
            {
                frame = null;
                return false;
            }

            FrameWire.Header header = wire.Peek();
            frame = GC.AllocateUninitializedArray<byte>(header.Length);
            Take(wire, header, frame);
            return true;
        }
    }

    /// <summary>Any thread: takes the next frame that the platform transmitted, without allocating.</summary>
    /// <param name="destination">Where to copy the frame.</param>
    /// <param name="length">Bytes of the frame.</param>
    /// <exception cref="ArgumentException">The frame is longer than the destination. It stays on the wire.</exception>
    /// <inheritdoc cref="TryReceive(out byte[])"/>
    public bool TryReceive(Span<byte> destination, out int length)
    {
        lock (_takeGate)
        {
            length = 0;
            if (NextToTake() is not { } wire)
                return false;

            FrameWire.Header header = wire.Peek();
            if (header.Length > destination.Length)
                throw new ArgumentException($"The next frame has {header.Length} bytes, but the destination has room for {destination.Length}.", nameof(destination));
            length = header.Length;
            Take(wire, header, destination[..length]);
            return true;
        }
    }

    /// <summary>Any thread: takes every frame that the platform has transmitted so far.</summary>
    /// <exception cref="InvalidOperationException">The port is one of a pair.</exception>
    public IReadOnlyList<byte[]> ReceiveAll()
    {
        List<byte[]> frames = [];

        // Bounded by what is there now: a platform that transmits meanwhile must not keep the caller here.
        for (int left = FramesToTake; left >= 0 && TryReceive(out byte[]? frame); left--)
            frames.Add(frame);
        return frames;
    }

    /// <summary>Any thread: takes the next frame that the platform transmits, and waits for it where there is none.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The port is one of a pair, or has stopped and everything it transmitted was taken.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public async ValueTask<byte[]> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        byte[]? frame;
        while (!TryReceive(out frame))
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool stopped = _stopped;
            Task arrival = _arrival.Next;
            if (TryReceive(out frame))
                break;
            if (stopped)
                throw new InvalidOperationException($"{nameof(LoopbackPort)} \"{Info.Name}\" has stopped, and everything it transmitted was taken.");

            // A stop between the two reads announces too, but only to those who were on the list.
            if (!_stopped)
                await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return frame;
    }

    private static int CountOf(FrameWire[] wires)
    {
        int count = 0;
        foreach (FrameWire wire in wires)
            count += wire.Count;
        return count;
    }

    private bool SendStamped(ReadOnlySpan<byte> frame, long timestamp)
    {
        ThrowIfPaired();
        int queue;
        bool wasIdle;
        lock (_sendGate)
        {
            if (_completed)
                throw new InvalidOperationException($"{nameof(Complete)} was called on {nameof(LoopbackPort)} \"{Info.Name}\": nothing more can be sent.");
            if (_stopped)
                return false;
            if (frame.Length > FrameWire.MaximumFrameLength)
            {
                // No pool has such buffers: it is lost here instead of at the platform's end.
                Volatile.Write(ref _oversizeAtSend, _oversizeAtSend + 1);
                return true;
            }

            if (!TryWrite(frame, timestamp, out queue))
                return false;
            wasIdle = _receive[queue].Publish();
        }

        // Outside the gate: who is woken may send.
        if (wasIdle)
            Volatile.Read(ref _context)?.NotifyReceivable(queue);
        return true;
    }

    private FrameWire? NextToTake()
    {
        ThrowIfPaired();
        for (int i = 0; i < _transmit.Length; i++)
        {
            FrameWire wire = _transmit[_nextTransmitQueue];
            if (wire.Waiting(1) > 0)
                return wire;
            _nextTransmitQueue = (_nextTransmitQueue + 1) % _transmit.Length;
        }

        return null;
    }

    private void Take(FrameWire wire, in FrameWire.Header header, Span<byte> destination)
    {
        wire.CopyTo(destination);
        wire.Skip(header);
        wire.Release();
        _nextTransmitQueue = (_nextTransmitQueue + 1) % _transmit.Length;
    }

    private void ThrowIfPaired()
    {
        if (_peer is { } peer)
            throw new InvalidOperationException($"The other end of {nameof(LoopbackPort)} \"{Info.Name}\" is the port \"{peer.Info.Name}\", not the program's. Use a port that is not one of a pair to send and take frames by hand.");
    }
}

using System.Collections.Concurrent;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>A registered NF's connection with its manager. All members may be used from any thread.</summary>
internal sealed class ControlConnection : IAsyncDisposable
{
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<ReplyMessage>> _pending = new();
    private Action<InstanceMessage>? _onMessage;
    private Action<ControlCommand>? _onCommand;
    private Task _reading = Task.CompletedTask;
    private uint _lastRequest;
    private int _isStarted;
    private int _dispatchingThread;
    private bool _readingEnded;
    private long _unasked;

    public ControlConnection(
        ControlChannel channel, in WelcomeMessage welcome, PeerCredentials manager, SafeFileHandle packetRegion, SafeFileHandle ringRegion, SafeFileHandle? doorbell)
    {
        Channel = channel;
        Welcome = welcome;
        Manager = manager;
        PacketRegion = packetRegion;
        RingRegion = ringRegion;
        Doorbell = doorbell;
    }

    /// <summary>For frames that want no answer, and for the end of the connection. It is read by <see cref="Start"/> alone.</summary>
    public ControlChannel Channel { get; }

    /// <summary>What the manager said.</summary>
    public WelcomeMessage Welcome { get; }

    /// <summary>Who the manager is.</summary>
    public PeerCredentials Manager { get; }

    /// <summary>The packet region of the security domain. Closed with the connection; what is mapped stays.</summary>
    public SafeFileHandle PacketRegion { get; }

    /// <summary>The region of this instance's rings. Closed with the connection; what is mapped stays.</summary>
    public SafeFileHandle RingRegion { get; }

    /// <summary>The manager's doorbell; null where the manager polls. Closed with the connection, unless taken over by <see cref="EventFd.FromHandle"/>.</summary>
    public SafeFileHandle? Doorbell { get; }

    /// <summary>Replies that came too late, or that nobody had asked for.</summary>
    public long UnaskedReplies => Volatile.Read(ref _unasked);

    /// <summary>Starts to read. Until then, what the manager sends waits in the socket.</summary>
    /// <param name="onMessage">Gets messages of other instances; runs on the reading task, so it must not wait for requests.</param>
    /// <param name="onCommand">Gets the manager's commands; likewise.</param>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public void Start(Action<InstanceMessage> onMessage, Action<ControlCommand> onCommand)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
            throw new InvalidOperationException("The connection is read already.");
        _onMessage = onMessage;
        _onCommand = onCommand;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Asks the manager and waits for its answer.</summary>
    /// <param name="type">What the payload is.</param>
    /// <param name="payload">The request.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>
    /// The manager's reply; one with <see cref="ReplyStatus.Failed"/>, and the reason in UTF-8 as body, if none came in time or the connection
    /// has ended.
    /// </returns>
    /// <exception cref="ArgumentException">The payload is longer than the protocol allows.</exception>
    /// <exception cref="InvalidOperationException">The connection was not started, or the caller is one of its own handlers, which the reply would have to pass.</exception>
    public ReplyMessage Request<T>(ControlMessageType type, in T payload, TimeSpan timeout)
        where T : IControlPayload
    {
        if (Volatile.Read(ref _isStarted) == 0)
            throw new InvalidOperationException("Start the connection first: nobody would read the reply.");
        if (Volatile.Read(ref _dispatchingThread) == Environment.CurrentManagedThreadId)
            throw new InvalidOperationException("A handler of the connection must not wait for a reply, which is read after the handler returns.");

        var reply = new TaskCompletionSource<ReplyMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        uint request = Add(reply);
        try
        {
            if (!Channel.TrySend(type, request, payload) || Volatile.Read(ref _readingEnded))
                return Failed("the connection with the manager has ended");
            return reply.Task.Wait(timeout) ? reply.Task.Result : Failed($"the manager did not reply within {timeout}");
        }
        finally
        {
            _pending.TryRemove(request, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _dispatchingThread) != Environment.CurrentManagedThreadId)
            await _reading.ConfigureAwait(false);
        PacketRegion.Dispose();
        RingRegion.Dispose();
        Doorbell?.Dispose();
    }

    private static ReplyMessage Failed(string reason) => new(ReplyStatus.Failed, 0, Encoding.UTF8.GetBytes(reason));

    private uint Add(TaskCompletionSource<ReplyMessage> reply)
    {
        while (true)
        {
            // 0 is the number of what wants no answer.
            uint request = Interlocked.Increment(ref _lastRequest);
            if (request != 0 && _pending.TryAdd(request, reply))
                return request;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await Channel.ReadAsync().ConfigureAwait(false) is ControlFrame frame)
            {
                Volatile.Write(ref _dispatchingThread, Environment.CurrentManagedThreadId);
                bool understood = Dispatch(frame);
                Volatile.Write(ref _dispatchingThread, 0);
                if (!understood)
                    Channel.Close(ControlClosingKind.Malformed, $"the manager sent a frame of type {frame.Type} with a payload that is not well-formed");
            }
        }
        catch (Exception e)
        {
            // Malformed, which has closed the channel, or a handler's fault: without a reader the connection is of no use.
            Channel.Close(ControlClosingKind.Failed, $"the connection is not read any more ({e.Message})");
        }
        finally
        {
            Volatile.Write(ref _dispatchingThread, 0);
            // Whoever adds a request from now on looks at this afterwards; whoever has added one before is told here.
            Interlocked.MemoryBarrier();
            Volatile.Write(ref _readingEnded, true);
            Interlocked.MemoryBarrier();
            foreach (TaskCompletionSource<ReplyMessage> reply in _pending.Values)
                reply.TrySetResult(Failed("the connection with the manager has ended"));
        }
    }

    private bool Dispatch(in ControlFrame frame)
    {
        switch (frame.Type)
        {
            case ControlMessageType.Reply when ReplyMessage.TryRead(frame.Payload, out ReplyMessage reply):
                if (!_pending.TryGetValue(frame.Request, out TaskCompletionSource<ReplyMessage>? waiting) || !waiting.TrySetResult(reply))
                    Interlocked.Increment(ref _unasked);
                return true;
            case ControlMessageType.Message when InstanceMessage.TryRead(frame.Payload, out InstanceMessage message):
                _onMessage!(message);
                return true;
            case ControlMessageType.Command when CommandMessage.TryRead(frame.Payload, out CommandMessage command):
                _onCommand!(command.Command);
                return true;
            default:
                // Welcome and Refused have had their time.
                return false;
        }
    }
}

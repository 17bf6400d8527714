using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>
/// The switch's end of one OpenFlow channel: agrees on a version, frames and decodes what comes, keeps the channel alive, refuses what is wrong, and hands the rest
/// to the session. <see cref="RunAsync"/> is called once; <see cref="TrySend"/> and <see cref="SendAsync"/> are safe from any thread.
/// </summary>
internal sealed class OpenFlowConnection
{
    /// <summary>How much of a refused message an ERROR carries (OpenFlow 1.3.5, 7.4.4: at least 64 bytes).</summary>
    private const int ErrorDataLength = 64;

    private readonly IDuplexPipe _transport;
    private readonly ChannelEnvironment _environment;
    private readonly MessageSender _sender;
    private readonly ILogger _logger;
    private IChannelSession? _session;
    private long _lastReceived;
    private int _xid;

    public OpenFlowConnection(IDuplexPipe transport, string peer, bool isPassive, ChannelEnvironment environment)
    {
        _transport = transport;
        _environment = environment;
        _logger = environment.Logger;
        Peer = peer;
        IsPassive = isPassive;
        _sender = new MessageSender(transport.Output, environment, Counters, peer);
    }

    /// <summary>The other end's address, for people.</summary>
    public string Peer { get; }

    /// <summary>Whether the other end connected to the switch.</summary>
    public bool IsPassive { get; }

    /// <summary>The version agreed on; 0 before.</summary>
    public byte Version { get; private set; }

    public ConnectionCounters Counters { get; } = new();

    /// <summary>A transaction id for a message that answers none.</summary>
    public uint NextXid() => (uint)Interlocked.Increment(ref _xid);

    /// <summary>Queues a message that nobody asked for; false, and counted, where the queue is full or the channel closed.</summary>
    public bool TrySend(OpenFlowMessage message) => _sender.TrySend(message);

    /// <summary>Queues an answer, waiting while the queue is full.</summary>
    public ValueTask SendAsync(OpenFlowMessage message, CancellationToken cancellation) => _sender.SendAsync(message, cancellation);

    /// <summary>Serves the channel until either end closes it, it breaks, or <paramref name="cancellation"/> comes. Throws nothing.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _lastReceived = _environment.Time.GetTimestamp();
        Task sending = _sender.RunAsync(stop.Token);
        Task watching = Task.CompletedTask;
        try
        {
            SendHello();
            using (CancellationTokenSource handshake = new(_environment.Options.HandshakeTimeout, _environment.Time))
            using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, handshake.Token))
            {
                if (!await ReadAsync(untilAgreed: true, either.Token).ConfigureAwait(false))
                    return;
            }

            _session = _environment.Handler.Open(this);
            _logger.LogInformation("OpenFlow channel with {Peer}: version 0x{Version:x2} agreed", Peer, Version);
            watching = WatchAsync(stop);
            await ReadAsync(untilAgreed: false, stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            _logger.LogInformation("OpenFlow channel with {Peer} ended: {Reason}", Peer, exception.Message);
        }
        catch (Exception exception)
        {
            // Whatever went wrong behind the channel costs this channel, and not the others or the switch.
            _logger.LogError(exception, "OpenFlow channel with {Peer} ended by a fault", Peer);
        }
        finally
        {
            await _sender.FinishAsync(sending).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
            await sending.ConfigureAwait(false);
            await _transport.Input.CompleteAsync().ConfigureAwait(false);
            _session?.Close();
        }
    }

    private void SendHello()
    {
        OpenFlowVersions versions = _environment.Options.Versions;
        // A bitmap says more than the highest version only where there is more; 1.0 knows no elements.
        uint? bitmap = versions == OpenFlowVersions.Version10 ? null : (uint)versions;
        TrySend(new Hello(WireVersion.Highest(versions), bitmap) { Xid = NextXid() });
    }

    // False when the channel is to be closed.
    private async Task<bool> ReadAsync(bool untilAgreed, CancellationToken cancellation)
    {
        PipeReader input = _transport.Input;
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellation).ConfigureAwait(false);
            Volatile.Write(ref _lastReceived, _environment.Time.GetTimestamp());
            ReadOnlySequence<byte> buffer = result.Buffer;
            bool isBroken, goesOn = true;
            while (MessageFraming.TryRead(ref buffer, out ReadOnlySequence<byte> message, out isBroken))
            {
                Counters.CountReceived();
                goesOn = Version == 0 ? Agree(message) : await HandleAsync(message, cancellation).ConfigureAwait(false);
                if (!goesOn || (untilAgreed && Version != 0))
                    break;
            }

            if (isBroken)
            {
                // Where the next message begins can no longer be known.
                goesOn = false;
                await RefuseAsync(buffer.Slice(0, Math.Min(buffer.Length, ErrorDataLength)), Errors.BadRequest.Length, cancellation).ConfigureAwait(false);
                _logger.LogWarning("OpenFlow channel with {Peer}: a message's length is less than its header's; the channel is closed", Peer);
            }

            bool agreed = untilAgreed && Version != 0;
            // What lies behind the HELLO is looked at by the next read, which must then not wait for more.
            input.AdvanceTo(buffer.Start, agreed ? buffer.Start : buffer.End);
            if (!goesOn)
                return false;
            if (agreed)
                return true;
            if (result.IsCompleted)
            {
                if (!buffer.IsEmpty)
                    _logger.LogWarning("OpenFlow channel with {Peer} was closed within a message", Peer);
                return false;
            }
        }
    }

    private bool Agree(in ReadOnlySequence<byte> bytes)
    {
        if (MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out _) && message is Hello hello)
        {
            byte version = WireVersion.Negotiate(_environment.Options.Versions, hello.HighestVersion, hello.VersionBitmap);
            if (version != 0)
            {
                _sender.Version = version;
                Version = version;
                return true;
            }
        }

        string reason = message is Hello
            ? $"the switch speaks {_environment.Options.Versions}, and the other end none of it"
            : "the first message must be a HELLO";
        _logger.LogWarning("OpenFlow channel with {Peer} refused: {Reason}", Peer, reason);
        (ushort type, ushort code) = Errors.Hello.Incompatible.ToWire(_sender.Version);
        Counters.CountRefused();
        TrySend(new ErrorMessage(type, code, ValueArray.Create<byte>(System.Text.Encoding.ASCII.GetBytes(reason))) { Xid = message?.Xid ?? 0 });
        return false;
    }

    private async ValueTask<bool> HandleAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellation)
    {
        MessageType type = (MessageType)bytes.Slice(1, 1).FirstSpan[0];
        OpenFlowError error = OpenFlowError.None;
        if (bytes.FirstSpan[0] != Version && type != MessageType.Hello)
            error = Errors.BadRequest.Version;
        else if (MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out error))
            error = await HandleAsync(message, cancellation).ConfigureAwait(false);

        // An ERROR is never answered with another: two ends could go on for ever.
        if (error.IsError && type != MessageType.Error)
            await RefuseAsync(bytes, error, cancellation).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<OpenFlowError> HandleAsync(OpenFlowMessage message, CancellationToken cancellation)
    {
        switch (message)
        {
            // A second HELLO says nothing new.
            case Hello or EchoReply:
                return OpenFlowError.None;
            case EchoRequest echo:
                await SendAsync(new EchoReply(echo.Data) { Xid = echo.Xid }, cancellation).ConfigureAwait(false);
                return OpenFlowError.None;
            case ErrorMessage error:
                _logger.LogWarning("{Peer} reports OpenFlow error {Type}/{Code}: {Data}", Peer, error.ErrorType, error.ErrorCode, error.Data);
                return OpenFlowError.None;
            default:
                return await _session!.HandleAsync(message, cancellation).ConfigureAwait(false);
        }
    }

    private ValueTask RefuseAsync(in ReadOnlySequence<byte> bytes, OpenFlowError error, CancellationToken cancellation)
    {
        Counters.CountRefused();
        ReadOnlySequence<byte> start = bytes.Slice(0, Math.Min(bytes.Length, ErrorDataLength));
        byte[] data = start.ToArray();
        uint xid = data.Length >= OpenFlowConstants.HeaderLength ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(4)) : 0;
        (ushort type, ushort code) = error.ToWire(_sender.Version);
        _logger.LogDebug("OpenFlow channel with {Peer}: message {Data} refused with {Error}", Peer, Convert.ToHexString(data), error);
        return SendAsync(new ErrorMessage(type, code, new ValueArray<byte>(data)) { Xid = xid }, cancellation);
    }

    // Asks after silence whether the other end is there, and ends the channel where it does not answer.
    private async Task WatchAsync(CancellationTokenSource stop)
    {
        OpenFlowChannelOptions options = _environment.Options;
        // What was last heard when the other end was asked; hearing anything is an answer.
        long heardWhenAsked = -1;
        try
        {
            while (true)
            {
                long heard = Volatile.Read(ref _lastReceived);
                TimeSpan silence = _environment.Time.GetElapsedTime(heard);
                TimeSpan limit = options.EchoInterval;
                if (silence >= options.EchoInterval)
                {
                    if (heardWhenAsked != heard)
                        TrySend(new EchoRequest(default) { Xid = NextXid() });
                    heardWhenAsked = heard;
                    limit += options.EchoTimeout;
                }

                if (silence >= limit)
                {
                    _logger.LogWarning("OpenFlow channel with {Peer}: nothing was heard for {Silence}; the channel is closed", Peer, silence);
                    await stop.CancelAsync().ConfigureAwait(false);
                    return;
                }

                await Task.Delay(limit - silence, _environment.Time, stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The channel ended by itself.
        }
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>Writes the messages of one channel in the order in which they were queued, many with one flush. Queueing is safe from any thread.</summary>
internal sealed class MessageSender
{
    private const int FlushLength = OpenFlowConstants.LongestMessage;

    /// <summary>How long the last messages of a channel may take to go.</summary>
    private static readonly TimeSpan FinishTime = TimeSpan.FromSeconds(1);

    private readonly PipeWriter _output;
    private readonly ChannelEnvironment _environment;
    private readonly ConnectionCounters _counters;
    private readonly string _peer;
    private readonly Channel<OpenFlowMessage> _queue;

    public MessageSender(PipeWriter output, ChannelEnvironment environment, ConnectionCounters counters, string peer)
    {
        _output = output;
        _environment = environment;
        _counters = counters;
        _peer = peer;
        _queue = System.Threading.Channels.Channel.CreateBounded<OpenFlowMessage>(
            new BoundedChannelOptions(environment.Options.SendQueueLength) { SingleReader = true });
        Version = WireVersion.Highest(environment.Options.Versions);
    }

    /// <summary>The version in which messages are written: the highest that is offered until one is agreed on.</summary>
    public byte Version { get; set; }

    public bool TrySend(OpenFlowMessage message)
    {
        if (_queue.Writer.TryWrite(message))
            return true;
        _counters.CountDropped();
        return false;
    }

    public async ValueTask SendAsync(OpenFlowMessage message, CancellationToken cancellation)
    {
        if (_queue.Writer.TryWrite(message))
            return;
        try
        {
            await _queue.Writer.WriteAsync(message, cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new IOException("The OpenFlow channel is closed for sending.");
        }
    }

    /// <summary>Sends what is queued until the queue is finished, the other end closes, or it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            ChannelReader<OpenFlowMessage> queue = _queue.Reader;
            while (await queue.WaitToReadAsync(cancellation).ConfigureAwait(false))
            {
                Gather(queue);
                FlushResult result = await _output.FlushAsync(cancellation).ConfigureAwait(false);
                if (result.IsCompleted)
                    break;
            }

            await _output.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
        {
            _environment.Logger.LogDebug("OpenFlow channel with {Peer} can no longer be written: {Reason}", _peer, exception.Message);
            await _output.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            // Whoever still waits for room learns that there will be none.
            _queue.Writer.TryComplete();
        }
    }

    /// <summary>Takes no more messages, and waits a moment for those that are queued to be written.</summary>
    public async Task FinishAsync(Task sending)
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(sending, Task.Delay(FinishTime, CancellationToken.None)).ConfigureAwait(false);
    }

    private void Gather(ChannelReader<OpenFlowMessage> queue)
    {
        MessageBuffer buffer = _environment.Buffers.Get();
        while (buffer.Length < FlushLength && queue.TryRead(out OpenFlowMessage? message))
        {
            int start = buffer.Length;
            try
            {
                MessageEncoder.Encode(buffer, message, Version);
                _counters.CountSent();
            }
            catch (Exception exception) when (exception is NotSupportedException or OverflowException)
            {
                buffer.Truncate(start);
                _counters.CountDropped();
                _environment.Logger.LogWarning(exception, "OpenFlow channel with {Peer}: a {Message} could not be written", _peer, message.GetType().Name);
            }
        }

        _output.Write(buffer.Written);
        _environment.Buffers.Return(buffer);
    }
}

using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A controller's end of a channel to a switch in the same process, through memory.</summary>
internal sealed class TestChannel : IAsyncDisposable
{
    /// <summary>Far above what any answer needs: it only keeps a test from hanging.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Pipe _toSwitch = new();
    private readonly Pipe _fromSwitch = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<OpenFlowMessage> _unasked = new();
    private readonly byte _version;
    private uint _xid;

    public TestChannel(IMessageHandler handler, TimeProvider time, ILogger logger, OpenFlowChannelOptions? options = null, byte version = WireVersion.Of13, bool isPassive = false)
    {
        _version = version;
        ChannelEnvironment environment = new(options ?? new OpenFlowChannelOptions(), handler, time, logger);
        Connection = new OpenFlowConnection(new DuplexPipe(_toSwitch.Reader, _fromSwitch.Writer), "test", isPassive, environment);
        Running = Connection.RunAsync(_stop.Token);
    }

    public OpenFlowConnection Connection { get; }

    /// <summary>Completes when the switch has closed the channel.</summary>
    public Task Running { get; }

    /// <summary>Opens a channel and agrees on the version.</summary>
    public static async Task<TestChannel> OpenAsync(SwitchAgent agent, TimeProvider time, ILogger logger, byte version = WireVersion.Of13, OpenFlowChannelOptions? options = null)
    {
        TestChannel channel = new(agent, time, logger, options ?? new OpenFlowChannelOptions { EchoInterval = TimeSpan.FromHours(1) }, version);
        await channel.SendAsync(new Hello(version, null));
        Assert.IsType<Hello>(await channel.ReceiveAsync());
        // The answer proves that the session is open.
        await channel.AskAsync<BarrierReply>(new BarrierRequest());
        return channel;
    }

    public async Task SendAsync(OpenFlowMessage message) => await SendAsync(RoundTripTests.Write(message, _version));

    public async Task SendAsync(byte[] bytes) => await _toSwitch.Writer.WriteAsync(bytes);

    /// <summary>The other end hangs up.</summary>
    public async Task HangUpAsync() => await _toSwitch.Writer.CompleteAsync();

    /// <summary>The next message; null when the switch has closed the channel.</summary>
    public async Task<OpenFlowMessage?> ReceiveAsync() => _unasked.TryDequeue(out OpenFlowMessage? message) ? message : await ReadAsync();

    private async Task<OpenFlowMessage?> ReadAsync()
    {
        using CancellationTokenSource limit = new(Limit);
        while (true)
        {
            ReadResult result = await _fromSwitch.Reader.ReadAsync(limit.Token);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (MessageFraming.TryRead(ref buffer, out ReadOnlySequence<byte> bytes, out _))
            {
                Assert.True(MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out OpenFlowError error), $"{error}: {Convert.ToHexString(bytes.ToArray())}");
                _fromSwitch.Reader.AdvanceTo(buffer.Start);
                return message;
            }

            _fromSwitch.Reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
                return null;
        }
    }

    public async Task<T> ReceiveAsync<T>()
        where T : OpenFlowMessage => Assert.IsType<T>(await ReceiveAsync());

    /// <summary>Sends a message and receives its answer, which must be of the given kind.</summary>
    public async Task<T> AskAsync<T>(OpenFlowMessage message)
        where T : OpenFlowMessage
    {
        uint xid = ++_xid;
        await SendAsync(message with { Xid = xid });
        OpenFlowMessage? received;
        // What came unasked meanwhile is kept for who waits for it.
        while ((received = await ReadAsync()) is PacketIn or FlowRemoved or PortStatusMessage)
            _unasked.Enqueue(received);
        T reply = Assert.IsType<T>(received);
        Assert.Equal(xid, reply.Xid);
        return reply;
    }

    /// <summary>Sends messages that are answered with nothing, which the answer to a barrier proves.</summary>
    public async Task TellAsync(params IEnumerable<OpenFlowMessage> messages)
    {
        foreach (OpenFlowMessage message in messages)
            await SendAsync(message);
        await AskAsync<BarrierReply>(new BarrierRequest());
    }

    /// <summary>Sends a message that must be refused with the given error.</summary>
    public async Task RefuseAsync(OpenFlowMessage message, OpenFlowError expected)
    {
        ErrorMessage error = await AskAsync<ErrorMessage>(message);
        Assert.Equal(expected.ToWire(_version), (error.ErrorType, error.ErrorCode));
        byte[] sent = RoundTripTests.Write(message with { Xid = _xid }, _version);
        Assert.Equal(sent.AsSpan(0, Math.Min(sent.Length, 64)), error.Data.Span);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running;
        _stop.Dispose();
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

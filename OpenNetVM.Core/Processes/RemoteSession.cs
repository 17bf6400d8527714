using System.Buffers;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <summary>Serves what one instance in another process says, from its registration to the end of its connection. One task.</summary>
internal sealed class RemoteSession(DataplaneState plane, NfInstance instance, RemoteRunner runner, ControlChannel channel, Action ready, ILogger logger)
{
    // More than a function needs that sets a rule for every new flow, and little for the manager to serve.
    private const int MessagesPerWindow = 500;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(10);

    private readonly LocalFlowControl _flows = new(plane, instance.Service.Id);
    private long _windowBegin = plane.Time.GetTimestamp();
    private int _messages;
    private bool _isReady;

    /// <summary>Ends when the connection does, and says how the instance ended.</summary>
    internal async Task<RemoteEnd> RunAsync(CancellationToken cancellation)
    {
        RemoteEnd? farewell = null;
        try
        {
            while (farewell is null && await channel.ReadAsync(cancellation).ConfigureAwait(false) is { } frame)
            {
                farewell = Handle(frame);
                await ThrottleAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (ControlProtocolException exception)
        {
            runner.CountViolation(NfViolation.MalformedMessage);
            return new RemoteEnd(RemoteEndKind.Expelled, $"it sent what is no message: {exception.Message}");
        }
        catch (OperationCanceledException)
        {
            return new RemoteEnd(RemoteEndKind.Abandoned, "the platform has stopped");
        }

        return farewell ?? new RemoteEnd(RemoteEndKind.Died, "its connection was closed");
    }

    private async ValueTask ThrottleAsync(CancellationToken cancellation)
    {
        if (++_messages < MessagesPerWindow)
            return;
        TimeSpan left = Window - plane.Time.GetElapsedTime(_windowBegin);
        if (left > TimeSpan.Zero)
        {
            // What it sends meanwhile waits in its socket, and then it waits itself.
            runner.CountViolation(NfViolation.Flood);
            await Task.Delay(left, plane.Time, cancellation).ConfigureAwait(false);
        }

        _messages = 0;
        _windowBegin = plane.Time.GetTimestamp();
    }

    private RemoteEnd? Handle(in ControlFrame frame)
    {
        ReadOnlySequence<byte> payload = frame.Payload;
        switch (frame.Type)
        {
            case ControlMessageType.Ready:
                if (!_isReady)
                    ready();
                _isReady = true;
                return null;
            case ControlMessageType.Fault when FaultMessage.TryRead(payload, out FaultMessage fault):
                return new RemoteEnd(RemoteEndKind.Faulted, $"its function threw {fault.ExceptionType}", fault);
            case ControlMessageType.Stopped:
                return instance.State == InstanceState.Draining
                    ? new RemoteEnd(RemoteEndKind.Stopped, "it has stopped")
                    : new RemoteEnd(RemoteEndKind.Left, "it has left");
            case ControlMessageType.Post when PostMessage.TryRead(payload, out PostMessage post):
                Reply(frame, ReplyStatus.Ok, Post(post));
                return null;
            case ControlMessageType.SetFlow when FlowMessage.TryRead(payload, out FlowMessage flow):
                Reply(frame, SetFlow(flow), 0);
                return null;
            case ControlMessageType.RemoveFlow when RemoveFlowMessage.TryRead(payload, out RemoveFlowMessage flow):
                Reply(frame, ReplyStatus.Ok, (flow.Key.IsIpv6 ? _flows.Remove(flow.Key.Ipv6) : _flows.Remove(flow.Key.Ipv4)) ? 1 : 0);
                return null;
            case ControlMessageType.Scale when ScaleMessage.TryRead(payload, out ScaleMessage scale):
                Reply(frame, ReplyStatus.Ok, plane.RequestInstances(instance, scale.Instances) ? 1 : 0);
                return null;
            case ControlMessageType.Query when QueryMessage.TryRead(payload, out QueryMessage query):
                Answer(frame, query.Kind);
                return null;
            default:
                // A second registration, or a payload that does not fit its type.
                runner.CountViolation(NfViolation.MalformedMessage);
                Reply(frame, ReplyStatus.Malformed, 0);
                return null;
        }
    }

    private long Post(in PostMessage post)
    {
        NfMessage message = new(instance.Id, post.Kind, post.Body);
        return post.ToService ? plane.Post(new ServiceId(post.Target), message) : plane.TryPost(new InstanceId(post.Target), message) ? 1 : 0;
    }

    private ReplyStatus SetFlow(in FlowMessage flow)
    {
        try
        {
            bool set = flow.Key.IsIpv6
                ? _flows.TrySet(flow.Key.Ipv6, new ChainId(flow.Chain), flow.Options)
                : _flows.TrySet(flow.Key.Ipv4, new ChainId(flow.Chain), flow.Options);
            return set ? ReplyStatus.Ok : ReplyStatus.Refused;
        }
        catch (KeyNotFoundException)
        {
            return ReplyStatus.NotFound;
        }
        catch (ArgumentException exception)
        {
            // Options that no rule can have: to the function it is an exception as well.
            logger.LogDebug(exception, "{Instance} asked for a rule that cannot be", instance.Id);
            return ReplyStatus.Malformed;
        }
    }

    private void Answer(in ControlFrame frame, QueryKind kind)
    {
        switch (kind)
        {
            case QueryKind.Services:
                Reply(frame, ReplyStatus.Ok, 0, DirectoryCodec.Write(plane.Services.Services));
                break;
            case QueryKind.Instances:
                Reply(frame, ReplyStatus.Ok, 0, DirectoryCodec.Write(plane.Services.Instances));
                break;
            case QueryKind.MaySetFlows:
                Reply(frame, ReplyStatus.Ok, _flows.MaySet ? 1 : 0);
                break;
            default:
                Reply(frame, ReplyStatus.Malformed, 0);
                break;
        }
    }

    private void Reply(in ControlFrame to, ReplyStatus status, long value, ReadOnlyMemory<byte> body = default) =>
        channel.TrySend(ControlMessageType.Reply, to.Request, new ReplyMessage(status, value, body));
}

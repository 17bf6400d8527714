using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>What the channels of one switch share.</summary>
internal sealed record ChannelEnvironment(OpenFlowChannelOptions Options, IMessageHandler Handler, TimeProvider Time, ILogger Logger)
{
    public ObjectPool<MessageBuffer> Buffers { get; } = new DefaultObjectPool<MessageBuffer>(new MessageBufferPolicy());
}

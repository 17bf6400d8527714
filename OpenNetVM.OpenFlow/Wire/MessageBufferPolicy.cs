using Microsoft.Extensions.ObjectPool;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>How a pool makes and takes back <see cref="MessageBuffer"/>s.</summary>
internal sealed class MessageBufferPolicy : PooledObjectPolicy<MessageBuffer>
{
    public override MessageBuffer Create() => new();

    public override bool Return(MessageBuffer obj) => obj.TryReset();
}

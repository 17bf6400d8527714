using System.Threading.Channels;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>Messages that wait for one instance. Any thread puts in, the instance's worker takes out.</summary>
internal sealed class NfMailbox(int capacity)
{
    private readonly Channel<NfMessage> _messages = Channel.CreateBounded<NfMessage>(new BoundedChannelOptions(capacity) { SingleReader = true });
    private int _waiting;

    /// <summary>One volatile read, so that looking costs the instance nothing.</summary>
    internal bool HasMessages => Volatile.Read(ref _waiting) > 0;

    /// <summary>False if the mailbox is full.</summary>
    internal bool TryPost(in NfMessage message)
    {
        if (!_messages.Writer.TryWrite(message))
            return false;
        Interlocked.Increment(ref _waiting);
        return true;
    }

    internal bool TryTake(out NfMessage message)
    {
        if (!_messages.Reader.TryRead(out message))
            return false;
        Interlocked.Decrement(ref _waiting);
        return true;
    }
}

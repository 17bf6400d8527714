namespace OpenNetVM.OpenFlow.Channel;

/// <summary>What went over a channel. Written by its tasks, read by any thread.</summary>
internal sealed class ConnectionCounters
{
    private long _received;
    private long _sent;
    private long _refused;
    private long _dropped;

    public long Received => Volatile.Read(ref _received);

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Messages that were answered with an ERROR.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Messages of the switch that the queue had no room for.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    public void CountReceived() => Interlocked.Increment(ref _received);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountDropped() => Interlocked.Increment(ref _dropped);
}

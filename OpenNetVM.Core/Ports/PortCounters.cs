using System.Diagnostics.CodeAnalysis;

namespace OpenNetVM.Core.Ports;

/// <summary>The counters of all queues of a port. A queue's are written by its thread alone; the sums are safe from any thread.</summary>
internal sealed class PortCounters(int receiveQueues, int transmitQueues)
{
    private readonly PortQueueCounters[] _receive = new PortQueueCounters[receiveQueues];
    private readonly PortQueueCounters[] _transmit = new PortQueueCounters[transmitQueues];

    /// <summary>What was counted with <see cref="PortQueueCounters.Flagged"/>, over all queues.</summary>
    public long Flagged => SumFlagged(_receive) + SumFlagged(_transmit);

    /// <summary>The counters of a receive queue.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The port does not have that queue.</exception>
    public ref PortQueueCounters Receive(int queue) => ref Find(_receive, queue, "receive");

    /// <summary>The counters of a transmit queue.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The port does not have that queue.</exception>
    public ref PortQueueCounters Transmit(int queue) => ref Find(_transmit, queue, "transmit");

    /// <summary>The sum over all queues.</summary>
    public PortStatistics Sum()
    {
        PortStatistics sum = default;
        foreach (ref PortQueueCounters counters in _receive.AsSpan())
            sum += counters.Received();
        foreach (ref PortQueueCounters counters in _transmit.AsSpan())
            sum += counters.Transmitted();
        return sum;
    }

    private static ref PortQueueCounters Find(PortQueueCounters[] counters, int queue, string direction)
    {
        if ((uint)queue >= (uint)counters.Length)
            ThrowNoSuchQueue(queue, counters.Length, direction);
        return ref counters[queue];
    }

    /// <summary>What transmit queues accepted and dropped, over all queues.</summary>
    public long Refused
    {
        get
        {
            long sum = 0;
            foreach (ref PortQueueCounters counters in _transmit.AsSpan())
                sum += Volatile.Read(ref counters.DroppedError);
            return sum;
        }
    }

    private static long SumFlagged(PortQueueCounters[] queues)
    {
        long sum = 0;
        foreach (ref PortQueueCounters counters in queues.AsSpan())
            sum += Volatile.Read(ref counters.Flagged);
        return sum;
    }

    [DoesNotReturn]
    private static void ThrowNoSuchQueue(int queue, int count, string direction) =>
        throw new ArgumentOutOfRangeException(nameof(queue), queue, $"There is no {direction} queue {queue}: the port has {count}, counted from 0.");
}

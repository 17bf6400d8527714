using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// One queue's counters: written by the queue's thread alone, read by any. 128 bytes, two cache lines, so that queues do not
/// disturb each other; the padding stands on both sides because the object's own start is not aligned.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PortQueueCounters
{
    [FieldOffset(128)] public long Packets;
    [FieldOffset(136)] public long Bytes;
    [FieldOffset(144)] public long DroppedNoBuffer;
    [FieldOffset(152)] public long DroppedOversize;
    [FieldOffset(160)] public long DroppedError;

    // What a port counts of its own, for example corrupt payloads.
    [FieldOffset(168)] public long Flagged;

    /// <summary>Adds what one call moved. Plain reads suffice, as nobody else writes; the stores are volatile so that readers see whole, fresh values.</summary>
    public void Add(int packets, long bytes)
    {
        Raise(ref Packets, packets);
        Raise(ref Bytes, bytes);
    }

    /// <summary>Adds to one of the counters, as <see cref="Add"/> does.</summary>
    public static void Raise(ref long counter, long amount) => Volatile.Write(ref counter, counter + amount);

    /// <summary>As the counters of a receive queue.</summary>
    public PortStatistics Received() => new()
    {
        ReceivedPackets = Volatile.Read(ref Packets),
        ReceivedBytes = Volatile.Read(ref Bytes),
        DroppedNoBuffer = Volatile.Read(ref DroppedNoBuffer),
        DroppedOversize = Volatile.Read(ref DroppedOversize),
        DroppedError = Volatile.Read(ref DroppedError),
    };

    /// <summary>As the counters of a transmit queue.</summary>
    public PortStatistics Transmitted() => new()
    {
        TransmittedPackets = Volatile.Read(ref Packets),
        TransmittedBytes = Volatile.Read(ref Bytes),
    };
}

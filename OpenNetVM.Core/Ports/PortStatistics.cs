namespace OpenNetVM.Core.Ports;

/// <summary>A port's counters since it was constructed, in packets and bytes of frames without FCS.</summary>
public readonly record struct PortStatistics
{
    /// <summary>Packets returned by Receive.</summary>
    public long ReceivedPackets { get; init; }

    /// <summary>Bytes of these packets.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Frames lost because the pool had no buffer.</summary>
    public long DroppedNoBuffer { get; init; }

    /// <summary>Frames lost because they were longer than the pool's buffers. They are never cut.</summary>
    public long DroppedOversize { get; init; }

    /// <summary>Frames lost because they came while the port's own receive queue was full, or were damaged.</summary>
    public long DroppedError { get; init; }

    /// <summary>Packets accepted by Transmit.</summary>
    public long TransmittedPackets { get; init; }

    /// <summary>Bytes of these packets.</summary>
    public long TransmittedBytes { get; init; }

    /// <summary>Adds two ports' counters.</summary>
    public static PortStatistics operator +(PortStatistics left, PortStatistics right) => new()
    {
        ReceivedPackets = left.ReceivedPackets + right.ReceivedPackets,
        ReceivedBytes = left.ReceivedBytes + right.ReceivedBytes,
        DroppedNoBuffer = left.DroppedNoBuffer + right.DroppedNoBuffer,
        DroppedOversize = left.DroppedOversize + right.DroppedOversize,
        DroppedError = left.DroppedError + right.DroppedError,
        TransmittedPackets = left.TransmittedPackets + right.TransmittedPackets,
        TransmittedBytes = left.TransmittedBytes + right.TransmittedBytes,
    };

    /// <summary>Adds two ports' counters.</summary>
    public static PortStatistics Add(PortStatistics left, PortStatistics right) => left + right;
}

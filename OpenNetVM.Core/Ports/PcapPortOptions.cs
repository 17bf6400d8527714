using OpenNetVM.Core.Captures;

namespace OpenNetVM.Core.Ports;

/// <summary>What a <see cref="PcapPort"/> reads and writes. Immutable.</summary>
public sealed record PcapPortOptions
{
    /// <summary>Name for people, logs and metrics; null for the name of the file that is read, or else of the one that is written.</summary>
    public string? Name { get; init; }

    /// <summary>The capture file to receive from; null for a port that only transmits (or see <see cref="ReceiveFrom"/>).</summary>
    public string? ReceivePath { get; init; }

    /// <summary>Opens the capture to receive from, once for each pass: for streams, and for reader options. In place of <see cref="ReceivePath"/>.</summary>
    public Func<CaptureReader>? ReceiveFrom { get; init; }

    /// <summary>The pcapng file to write what is transmitted to, created when the port is made; null for a port that only receives (or see <see cref="TransmitTo"/>).</summary>
    public string? TransmitPath { get; init; }

    /// <summary>Opens the capture to transmit to, once: for streams, and for writer options. In place of <see cref="TransmitPath"/>.</summary>
    public Func<CaptureWriter>? TransmitTo { get; init; }

    /// <summary>Number of receive queues, 1 to 1,024 where there is something to receive from. With more than one, frames go to the queue "RSS hash modulo queues".</summary>
    public int ReceiveQueues { get; init; } = 1;

    /// <summary>Number of transmit queues, 1 to 1,024 where there is something to transmit to. They share the file, a burst at a time.</summary>
    public int TransmitQueues { get; init; } = 1;

    /// <summary>
    /// How fast the capture is replayed: 1 at the recorded pace, 2 twice as fast and so on, by the platform's clock; null (the default) as fast
    /// as packets are taken. A frame is never early; late ones follow as fast as they are taken.
    /// </summary>
    public double? Speed { get; init; }

    /// <summary>How many times the capture is received, 1 by default; null for no end.</summary>
    public int? Passes { get; init; } = 1;

    /// <summary>True to deliver the RSS hash in the descriptors although there is only one receive queue; with several it always is.</summary>
    public bool ProvideRssHash { get; init; }

    /// <summary>
    /// False (the default) to write packets with the time stamp that they carry, or the current time where they carry none; true to
    /// write all with the time of their transmission.
    /// </summary>
    public bool StampOnTransmit { get; init; }

    internal void Validate()
    {
        if (ReceivePath is not null && ReceiveFrom is not null)
            throw new ArgumentException($"{nameof(ReceivePath)} and {nameof(ReceiveFrom)} are both given; a port receives from one capture.");
        if (TransmitPath is not null && TransmitTo is not null)
            throw new ArgumentException($"{nameof(TransmitPath)} and {nameof(TransmitTo)} are both given; a port transmits to one capture.");
        PortLife.CheckQueueCounts(ReceiveQueues, TransmitQueues);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveQueues, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TransmitQueues, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Passes ?? 1, 1, nameof(Passes));
        if (Speed is { } speed && !(speed > 0 && speed <= 1e9))
            throw new ArgumentOutOfRangeException(nameof(Speed), speed, "The speed of a replay must be more than 0 and at most 1e9; null replays as fast as packets are taken.");
    }
}

using OpenNetVM.Core.Headers;

namespace OpenNetVM.Core.Ports;

/// <summary>What a <see cref="GeneratorPort"/> generates. Immutable.</summary>
public sealed record GeneratorPortOptions
{
    /// <summary>Most flows a generator can have.</summary>
    public const int MaxFlows = 1 << 24;

    /// <summary>Name for people, logs and metrics.</summary>
    public string Name { get; init; } = "generator";

    /// <summary>Number of receive queues, 1 to 1,024. A flow's packets all come from the queue "RSS hash modulo queues".</summary>
    public int ReceiveQueues { get; init; } = 1;

    /// <summary>Number of transmit queues, 0 to 1,024.</summary>
    public int TransmitQueues { get; init; } = 1;

    /// <summary>How long the frames are, without FCS. 64 bytes by default.</summary>
    public FrameSizes Sizes { get; init; } = FrameSizes.Fixed(64);

    /// <summary>How many flows the packets belong to, 1 to 16,777,216. Their five-tuples differ in the source address.</summary>
    public int Flows { get; init; } = 1_024;

    /// <summary>Which flow a packet belongs to.</summary>
    public FlowDistribution Distribution { get; init; }

    /// <summary>The share of the flows that are IPv6, 0 to 1; the others are IPv4.</summary>
    public double Ipv6Share { get; init; }

    /// <summary>The share of the flows that are TCP, 0 to 1; the others are UDP.</summary>
    public double TcpShare { get; init; }

    /// <summary>Offered load in packets per second, all queues together; null (the default) for as many as are taken.</summary>
    public double? PacketsPerSecond { get; init; }

    /// <summary>
    /// Offered load in bits per second of frame bytes (without FCS, preamble and gaps), all queues together; null for no such limit. Kept on average: the
    /// packet rate is this divided by the mean frame size.
    /// </summary>
    public double? BitsPerSecond { get; init; }

    /// <summary>
    /// With a rate: how many packets wait in each queue, as in a NIC's receive ring, while nobody polls; what comes beyond is lost and counted in
    /// <see cref="PortStatistics.DroppedError"/>. At least 1.
    /// </summary>
    public int Backlog { get; init; } = 4_096;

    /// <summary>How many packets are generated until the port has ended, those lost included; null (the default) for no end.</summary>
    public long? PacketCount { get; init; }

    /// <summary>The same seed and options give the same packets in the same order on every queue.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>True (the default) to deliver each flow's symmetric RSS hash in the descriptors, as a NIC does.</summary>
    public bool ProvideRssHash { get; init; } = true;

    /// <summary>True (the default) to stamp packets with the time of the burst that they were received in.</summary>
    public bool StampTime { get; init; } = true;

    /// <summary>True to check the payload of everything that is transmitted to the port; see <see cref="GeneratorPort.CorruptPayloads"/>.</summary>
    public bool VerifyPayload { get; init; }

    /// <summary>Source address of the frames: locally administered by default.</summary>
    public MacAddress Source { get; init; } = new(0x0200_0000_0001);

    /// <summary>Destination address of the frames: locally administered by default.</summary>
    public MacAddress Destination { get; init; } = new(0x0200_0000_0002);

    internal void Validate()
    {
        PortLife.CheckQueueCounts(ReceiveQueues, TransmitQueues);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveQueues, 1);
        ArgumentNullException.ThrowIfNull(Sizes);
        ArgumentOutOfRangeException.ThrowIfLessThan(Flows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Flows, MaxFlows);
        CheckShare(Ipv6Share, nameof(Ipv6Share));
        CheckShare(TcpShare, nameof(TcpShare));
        CheckRate(PacketsPerSecond, nameof(PacketsPerSecond));
        CheckRate(BitsPerSecond, nameof(BitsPerSecond));
        if (PacketsPerSecond is not null && BitsPerSecond is not null)
            throw new ArgumentException($"{nameof(PacketsPerSecond)} and {nameof(BitsPerSecond)} are both given; a generator has one rate.");
        ArgumentOutOfRangeException.ThrowIfLessThan(Backlog, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(PacketCount ?? 0, nameof(PacketCount));
    }

    private static void CheckShare(double value, string name)
    {
        if (!(value >= 0 && value <= 1))
            throw new ArgumentOutOfRangeException(name, value, $"{name} is a share of the flows: 0 to 1.");
    }

    private static void CheckRate(double? value, string name)
    {
        if (value is { } rate && !(rate > 0 && rate < 1e15))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be a positive number below 1e15, or null for no limit.");
    }
}

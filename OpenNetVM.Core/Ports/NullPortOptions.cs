namespace OpenNetVM.Core.Ports;

/// <summary>What a <see cref="NullPort"/> is. Immutable.</summary>
public sealed record NullPortOptions
{
    /// <summary>Name for people, logs and metrics.</summary>
    public string Name { get; init; } = "null";

    /// <summary>Number of receive queues, 0 to 1,024.</summary>
    public int ReceiveQueues { get; init; } = 1;

    /// <summary>Number of transmit queues, 0 to 1,024.</summary>
    public int TransmitQueues { get; init; } = 1;

    /// <summary>
    /// The frame that every receive queue supplies without end, at most 65,535 bytes; empty (the default) for a port that never receives.
    /// <see cref="GeneratorPort.CreateFrame"/> makes a valid one.
    /// </summary>
    public ReadOnlyMemory<byte> Frame { get; init; }
}

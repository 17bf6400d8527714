using OpenNetVM.Core.Ports;

namespace OpenNetVM.Functions;

/// <summary>How a <see cref="LearningBridge"/> works. Immutable.</summary>
public sealed record LearningBridgeOptions
{
    /// <summary>The largest table that can be asked for.</summary>
    public const int MaximumCapacity = 1 << 20;

    /// <summary>The longest ageing time, in seconds (IEEE 802.1Q, table 8-6).</summary>
    public const int MaximumAgeingSeconds = 1_000_000;

    /// <summary>The ports that the bridge joins, two or more. Packets from other ports are dropped.</summary>
    public required IReadOnlyList<PortId> Ports { get; init; }

    /// <summary>How many stations the bridge knows at once. Frames for one that it could not learn are flooded. Default 8,192.</summary>
    public int Capacity { get; init; } = 8_192;

    /// <summary>How long a station that sends nothing stays known, in whole seconds. Default 300 s (IEEE 802.1Q, table 8-6).</summary>
    public TimeSpan AgeingTime { get; init; } = TimeSpan.FromSeconds(300);

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Ports);
        if (Ports.Count < 2)
            throw new ArgumentException($"A bridge joins two ports or more, but LearningBridgeOptions.Ports has {Ports.Count}.");
        if (Ports.Contains(PortId.None))
            throw new ArgumentException("LearningBridgeOptions.Ports has PortId.None in it. Use the ids that NfManagerBuilder.AddPort returned.");
        if (Ports.Distinct().Count() != Ports.Count)
            throw new ArgumentException($"LearningBridgeOptions.Ports names a port twice: {string.Join(", ", Ports)}.");
        if (Capacity is < 1 or > MaximumCapacity)
            throw new ArgumentOutOfRangeException(nameof(Capacity), Capacity, $"LearningBridgeOptions.Capacity is {Capacity}, but must be 1 to {MaximumCapacity} stations.");
        if (AgeingTime < TimeSpan.FromSeconds(1) || AgeingTime > TimeSpan.FromSeconds(MaximumAgeingSeconds))
            throw new ArgumentOutOfRangeException(nameof(AgeingTime), AgeingTime, $"LearningBridgeOptions.AgeingTime is {AgeingTime}, but must be 1 to {MaximumAgeingSeconds} seconds.");
    }
}

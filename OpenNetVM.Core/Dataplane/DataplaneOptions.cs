using System.Numerics;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Steering;

namespace OpenNetVM.Core.Dataplane;

/// <summary>Sizes and behaviour of a platform's data path.</summary>
public sealed record DataplaneOptions
{
    /// <summary>The packet pool.</summary>
    public PacketPoolOptions Pool { get; init; } = new();

    /// <summary>The flow director.</summary>
    public FlowDirectorOptions Director { get; init; } = new();

    /// <summary>What network functions may do beyond following their chains. Default: everything.</summary>
    public SteeringPolicy Policy { get; init; } = SteeringPolicy.AllowAll;

    /// <summary>Most packets moved at once, 1 to 256. Default 64. Larger bursts cost latency under load, smaller ones throughput.</summary>
    public int BurstSize { get; init; } = 64;

    /// <summary>Descriptors that each ring holds, a power of two from 64 to 1,048,576. Default 512: what fits a core's first-level cache is fastest.</summary>
    public int RingCapacity { get; init; } = 512;

    /// <summary>How many instances a packet may visit, 1 to 65,534. Default 255. What goes in circles is dropped and counted.</summary>
    public int HopLimit { get; init; } = 255;

    /// <summary>Compute the RSS hash of packets from ports that give none. Default true; without it all their packets have hash 0, and no rule of the director finds them.</summary>
    public bool SoftwareRss { get; init; } = true;

    /// <summary>
    /// Hand packets straight on between functions that run on the same worker, past the rings between them. Default true. What the functions see, the
    /// order of each flow's packets and all counters are the same without; only the time it takes is not.
    /// </summary>
    public bool FusedHops { get; init; } = true;

    internal void Validate()
    {
        Pool.Validate();
        Director.Validate();
        if (BurstSize is < 1 or > 256)
            throw new ArgumentOutOfRangeException(nameof(BurstSize), BurstSize, $"DataplaneOptions.BurstSize is {BurstSize}, but must be 1 to 256 packets.");
        if (HopLimit is < 1 or > 65_534)
            throw new ArgumentOutOfRangeException(nameof(HopLimit), HopLimit, $"DataplaneOptions.HopLimit is {HopLimit}, but must be 1 to 65,534 instances.");
        CheckRing(RingCapacity, "DataplaneOptions.RingCapacity");
    }

    internal void CheckRing(int capacity, string name)
    {
        if (capacity is < 64 or > 1 << 20 || !BitOperations.IsPow2(capacity))
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"{name} is {capacity}, but must be a power of two from 64 to {1 << 20}, for example {BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, 64, 1 << 20))}.");
        if (capacity < 2 * BurstSize)
            throw new ArgumentException($"{name} is {capacity}, which holds less than two bursts of {BurstSize}. Take {BitOperations.RoundUpToPowerOf2((uint)(2 * BurstSize))} or more.");
    }
}

using System.Collections.Concurrent;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>What the functions of the steering experiment share. Set by the experiment's thread, read by the functions' workers.</summary>
internal sealed class SteeringLab
{
    // Of the hash's 16 bits of information, so many of 65,536 values are suspicious.
    private const uint SuspiciousValues = 4_096;

    private volatile bool _suspects;

    /// <summary>Where diverted packets go.</summary>
    internal ServiceId Scrubber { get; set; }

    /// <summary>The chain of diverted flows.</summary>
    internal ChainId Diverted { get; set; }

    /// <summary>How often an inspection reads a packet.</summary>
    internal int Patterns => 8;

    /// <summary>When each instance saw its first packet, as a timestamp of the stopwatch.</summary>
    internal ConcurrentDictionary<InstanceId, long> FirstPackets { get; } = new();

    /// <summary>True once the attack is on.</summary>
    internal bool Suspects
    {
        get => _suspects;
        set => _suspects = value;
    }

    /// <summary>Whether a flow is one that the IDS suspects: one in sixteen, while the attack is on.</summary>
    internal bool IsSuspicious(uint hash) => _suspects && (ushort)hash < SuspiciousValues;
}

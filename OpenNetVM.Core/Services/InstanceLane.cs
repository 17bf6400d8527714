using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Services;

/// <summary>
/// One worker's way to one instance: a ring with that worker as its only producer and the instance as its only consumer. An
/// instance's receive side is one lane per worker that sends to it, so that producers never wait for each other.
/// </summary>
internal sealed class InstanceLane(SpscRing<PacketDescriptor> ring)
{
    /// <summary>The ring.</summary>
    internal readonly SpscRing<PacketDescriptor> Ring = ring;

    /// <summary>What the producing worker dropped for want of room, or shed early, on the way to this instance.</summary>
    internal readonly DropCounters Drops = new();

    /// <summary>Packets ever put in, where the consumer is another process, whose word is not taken for it; the producing worker's.</summary>
    internal long Delivered;

    /// <summary>The producing worker has put packets in that it has not published yet.</summary>
    internal bool HasUnpublished;

    /// <summary>Depth from which the instance counts as congested: three quarters of the ring.</summary>
    internal int CongestedDepth => Ring.Capacity / 4 * 3;
}

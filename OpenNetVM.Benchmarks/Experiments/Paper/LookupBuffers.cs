using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>What a lookup of a whole burst reads and writes. One caller's.</summary>
internal sealed class LookupBuffers
{
    // The largest burst that a platform can be set to.
    private const int MostPackets = 256;

    internal uint[] Hashes { get; } = new uint[MostPackets];

    internal Ipv4FlowKey[] Keys { get; } = new Ipv4FlowKey[MostPackets];

    internal int[] Values { get; } = new int[MostPackets];

    internal bool[] Hits { get; } = new bool[MostPackets];
}

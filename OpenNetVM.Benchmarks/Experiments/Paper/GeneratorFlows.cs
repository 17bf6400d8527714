using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>The five-tuples of a generator's flows, which are the same for every size and rate.</summary>
internal static class GeneratorFlows
{
    /// <summary>The keys of the first so many flows of a generator with default options otherwise.</summary>
    /// <param name="flows">How many.</param>
    /// <param name="tcpShare">The share of them that are TCP.</param>
    internal static IReadOnlyList<Ipv4FlowKey> Keys(int flows, double tcpShare = 0)
    {
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 64 });
        using GeneratorPort port = new(new GeneratorPortOptions { Flows = flows, TcpShare = tcpShare, Distribution = FlowDistribution.RoundRobin });
        port.Start(new PortContext(new PortId(0), pool));
        PoolCache cache = pool.CreateCache();
        HashSet<Ipv4FlowKey> keys = [];
        PacketDescriptor[] burst = new PacketDescriptor[32];
        while (keys.Count < flows)
        {
            int count = port.Receive(0, burst, cache);
            for (int i = 0; i < count; i++)
            {
                if (pool.Open(ref burst[i]).TryGetFlowKey(out Ipv4FlowKey key))
                    keys.Add(key);
            }

            cache.Free(burst.AsSpan(0, count));
        }

        return [.. keys];
    }
}

using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Looks up each packet's flow and drops those that have none.</summary>
internal sealed class LookupFunction(FlowLookup lookup) : NetworkFunction
{
    private long _sum;

    /// <inheritdoc/>
    protected override void Process(Packet packet)
    {
        int flow = lookup.Find(packet);
        if (flow < 0)
            packet.Drop();
        _sum += flow;
    }
}

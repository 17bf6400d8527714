using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Stands where the SDN function stands: first step of packets that no rule is for. Hands their flows to the controller and lets them pass.</summary>
internal sealed class FlowAskingFunction(Func<SteeringController?> controller) : NetworkFunction
{
    /// <inheritdoc/>
    protected override void Process(Packet packet)
    {
        if (packet.TryGetFlowKey(out Ipv4FlowKey flow))
            controller()?.Ask(flow);
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>The manager's flow director as its policy lets one service use it.</summary>
internal sealed class LocalFlowControl(DataplaneState plane, ServiceId service) : IFlowControl
{
    public bool MaySet => plane.Policy.MaySetFlows(service);

    public bool TrySet(in Ipv4FlowKey flow, ChainId chain, FlowRuleOptions options) => MaySet && plane.Director.TrySet(flow, chain, options);

    public bool TrySet(in Ipv6FlowKey flow, ChainId chain, FlowRuleOptions options) => MaySet && plane.Director.TrySet(flow, chain, options);

    public bool Remove(in Ipv4FlowKey flow) => MaySet && plane.Director.Remove(flow);

    public bool Remove(in Ipv6FlowKey flow) => MaySet && plane.Director.Remove(flow);
}

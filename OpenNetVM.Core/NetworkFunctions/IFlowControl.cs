using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>How an <see cref="NfFlows"/> reaches the flow director. Safe from any thread.</summary>
internal interface IFlowControl
{
    bool MaySet { get; }

    bool TrySet(in Ipv4FlowKey flow, ChainId chain, FlowRuleOptions options);

    bool TrySet(in Ipv6FlowKey flow, ChainId chain, FlowRuleOptions options);

    bool Remove(in Ipv4FlowKey flow);

    bool Remove(in Ipv6FlowKey flow);
}

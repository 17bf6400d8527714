using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// The flow director as one service sees it: it may set the chains of flows if the steering policy allows (paper: "an API by which NFs set
/// chains for flows at run time"). A new rule holds from each packet's next hop on.
/// </summary>
public sealed class NfFlows
{
    private readonly IFlowControl _control;

    internal NfFlows(IFlowControl control) => _control = control;

    /// <summary>Whether the policy lets this service set chains of flows. If not, the methods here return false and change nothing.</summary>
    public bool MaySet => _control.MaySet;

    /// <summary>Sets the chain of a flow, in this direction only.</summary>
    /// <returns>False if there is no room, or the policy does not allow it.</returns>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public bool TrySet(in Ipv4FlowKey flow, ChainId chain, FlowRuleOptions options = default) => _control.TrySet(flow, chain, options);

    /// <summary>Sets the chain of a flow, in this direction only.</summary>
    /// <returns>False if there is no room, or the policy does not allow it.</returns>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public bool TrySet(in Ipv6FlowKey flow, ChainId chain, FlowRuleOptions options = default) => _control.TrySet(flow, chain, options);

    /// <summary>Sets the chain of a packet's flow, in the packet's direction only.</summary>
    /// <returns>False if the packet has no flow key, there is no room, or the policy does not allow it.</returns>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public bool TrySet(Packet packet, ChainId chain, FlowRuleOptions options = default)
    {
        if (packet.TryGetFlowKey(out Ipv4FlowKey ipv4))
            return TrySet(ipv4, chain, options);
        return packet.TryGetFlowKey(out Ipv6FlowKey ipv6) && TrySet(ipv6, chain, options);
    }

    /// <summary>Removes the rule of a flow.</summary>
    /// <returns>False if there was none, or the policy does not allow it.</returns>
    public bool Remove(in Ipv4FlowKey flow) => _control.Remove(flow);

    /// <summary>Removes the rule of a flow.</summary>
    /// <returns>False if there was none, or the policy does not allow it.</returns>
    public bool Remove(in Ipv6FlowKey flow) => _control.Remove(flow);
}

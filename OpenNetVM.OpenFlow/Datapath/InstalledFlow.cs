using OpenNetVM.Core.Flows;
using OpenNetVM.FlowTable;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A flow's key, of either protocol version.</summary>
internal readonly record struct SwitchFlowKey(Ipv4FlowKey Ipv4, Ipv6FlowKey Ipv6, bool IsIpv6)
{
    public static SwitchFlowKey? Of(FlowRule rule) => rule.Ipv4 is { } ipv4 ? new SwitchFlowKey(ipv4, default, false)
        : rule.Ipv6 is { } ipv6 ? new SwitchFlowKey(default, ipv6, true)
        : null;
}

/// <summary>What the flow director holds for a flow.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Tag">What tells the switch's rule of the director from somebody else's.</param>
/// <param name="Path">Where its packets go.</param>
internal sealed record InstalledFlow(SwitchFlowKey Key, uint Tag, PathEntry Path);

using OpenNetVM.Core.Flows;
using OpenNetVM.FlowTable;
using OpenNetVM.OpenFlow.Agent;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A flow's key, of either protocol version.</summary>
internal readonly record struct SwitchFlowKey(Ipv4FlowKey Ipv4, Ipv6FlowKey Ipv6, bool IsIpv6)
{
    public static SwitchFlowKey? Of(FlowRule rule) => rule.Ipv4 is { } ipv4 ? new SwitchFlowKey(ipv4, default, false)
        : rule.Ipv6 is { } ipv6 ? new SwitchFlowKey(default, ipv6, true)
        : null;
}

/// <summary>What the flow director holds for a flow.</summary>
internal sealed class InstalledFlow(in SwitchFlowKey key, uint tag, PathEntry path, FlowHop[] hops) : TrackedFlow(hops)
{
    /// <summary>Its key.</summary>
    public SwitchFlowKey Key { get; } = key;

    /// <summary>What tells the switch's rule of the director from somebody else's.</summary>
    public uint Tag => tag;

    /// <summary>Where its packets go.</summary>
    public PathEntry Path => path;
}

using OpenNetVM.Core.Chains;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Flows;

/// <summary>A rule of the flow director as it was at one moment.</summary>
public sealed record FlowRule
{
    /// <summary>The flow, if it is an IPv4 one; otherwise null.</summary>
    public Ipv4FlowKey? Ipv4 { get; init; }

    /// <summary>The flow, if it is an IPv6 one; otherwise null.</summary>
    public Ipv6FlowKey? Ipv6 { get; init; }

    /// <summary>The chain that its packets follow.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>The number that was given with the rule.</summary>
    public uint Tag { get; init; }

    /// <summary>Packets that were classified by the rule.</summary>
    public ulong Packets { get; init; }

    /// <summary>Bytes of these packets.</summary>
    public ulong Bytes { get; init; }

    /// <summary>How long no packet was classified by the rule, in steps of a millisecond; before the first, since it was set.</summary>
    public TimeSpan IdleTime { get; init; }
}

using OpenNetVM.OpenFlow.Messages;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>
/// A hop of a flow: the packet's fields there, the rule that decided (null where none matched), and where the rule leads through a group, that with the bucket
/// chosen (-1 is all).
/// </summary>
internal readonly record struct FlowHop(PacketFields Fields, OpenFlowRule? Rule, OpenFlowGroup? Group = null, int Bucket = -1)
{
    /// <summary>The priority of a hop where no rule matched: any rule can change that.</summary>
    public const int NoRule = -1;

    /// <summary>A rule above this priority can change what happens here.</summary>
    public int Priority => Rule?.Priority ?? NoRule;
}

/// <summary>
/// A flow that the data path holds because of rules: what has to be looked at again when one of them changes. The agent keeps it until it withdraws it or
/// the data path gives it up.
/// </summary>
internal class TrackedFlow(FlowHop[] hops)
{
    /// <summary>The lookups that its chain was made of, in order.</summary>
    public FlowHop[] Hops { get; } = hops;

    /// <summary>What has been added to the rules' counters already.</summary>
    public FlowCounters Counted { get; set; }

    public bool IsTracked { get; set; }
}

/// <summary>What the data path counted of a flow since it was installed, and when its last packet came (a timestamp of the agent's clock).</summary>
internal readonly record struct FlowReading(FlowCounters Counters, long LastUsed);

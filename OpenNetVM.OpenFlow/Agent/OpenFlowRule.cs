using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>A rule of the controller (OpenFlow: flow entry). Changed under the agent's lock alone.</summary>
internal sealed class OpenFlowRule
{
    private HashSet<TrackedFlow>? _flows;

    public OpenFlowRule(FlowMod source, long now)
    {
        Match = source.Match;
        (Key, Mask) = PacketFields.Of(source.Match);
        Priority = source.Priority;
        Cookie = source.Cookie;
        Flags = source.Flags & (FlowModFlags.SendFlowRemoved | FlowModFlags.CheckOverlap | FlowModFlags.ResetCounts | FlowModFlags.NoPacketCounts | FlowModFlags.NoByteCounts);
        IdleTimeout = source.IdleTimeout;
        HardTimeout = source.HardTimeout;
        Created = now;
        LastUsed = now;
        SetInstructions(source.Instructions);
    }

    public FlowMatch Match { get; }

    public PacketFields Key { get; }

    public PacketFields Mask { get; }

    public ushort Priority { get; }

    public ulong Cookie { get; }

    public FlowModFlags Flags { get; }

    /// <summary>Seconds without a packet after which the rule goes; 0 is never.</summary>
    public ushort IdleTimeout { get; }

    /// <summary>Seconds after which the rule goes; 0 is never.</summary>
    public ushort HardTimeout { get; }

    public bool HasTimeout => IdleTimeout != 0 || HardTimeout != 0;

    public ValueArray<Instruction> Instructions { get; private set; }

    /// <summary>What is done to packets, in order: the actions applied, then the action set in its own order (OpenFlow 1.3.5, 5.10). Empty is a drop.</summary>
    public ValueArray<OpenFlowAction> Actions { get; private set; }

    /// <summary>Timestamp of the rule's making.</summary>
    public long Created { get; set; }

    /// <summary>Timestamp of the last packet that is known of, at first that of its making.</summary>
    public long LastUsed { get; set; }

    public FlowCounters Counters { get; private set; }

    /// <summary>False when it is no longer in the table.</summary>
    public bool IsLive { get; set; } = true;

    /// <summary>The next rule with the same match, which has a lower priority.</summary>
    public OpenFlowRule? NextOfKey { get; set; }

    /// <summary>What the data path holds because of this rule.</summary>
    public IReadOnlyCollection<TrackedFlow> Flows => (IReadOnlyCollection<TrackedFlow>?)_flows ?? [];

    /// <summary>Whether it is the rule for packets that match nothing else (OpenFlow 1.3.5, 5.4).</summary>
    public bool IsTableMiss => Priority == 0 && Match.Fields.IsEmpty;

    /// <summary>Whether the ports to which the rule leads are not all named in it: by a group, or by a flood.</summary>
    public bool LeadsToUnnamedPorts { get; private set; }

    public void SetInstructions(ValueArray<Instruction> instructions)
    {
        Instructions = instructions;
        Actions = ActionPlan.Of(instructions);
        LeadsToUnnamedPorts = Actions.Any(static action => action is GroupAction or OutputAction { Port: ReservedPort.Flood or ReservedPort.All or ReservedPort.Normal });
    }

    public void Add(TrackedFlow flow) => (_flows ??= []).Add(flow);

    public void Remove(TrackedFlow flow) => _flows?.Remove(flow);

    public void Count(FlowCounters more, long lastUsed)
    {
        Counters += more;
        if (more.Packets > 0)
            LastUsed = Math.Max(LastUsed, lastUsed);
    }

    public void ResetCounters() => Counters = default;

    /// <summary>The counters as they are told: one that the controller did not want is all ones (OpenFlow 1.3.5, 6.4).</summary>
    public FlowCounters Report() => new(
        (Flags & FlowModFlags.NoPacketCounts) != 0 ? ulong.MaxValue : Counters.Packets,
        (Flags & FlowModFlags.NoByteCounts) != 0 ? ulong.MaxValue : Counters.Bytes);

    /// <summary>Whether the rule sends packets to this port, or any port is asked for.</summary>
    public bool Outputs(uint port)
    {
        if (port == ReservedPort.Any)
            return true;
        foreach (OpenFlowAction action in Actions)
        {
            if ((action is OutputAction output && output.Port == port) || (action is EnqueueAction enqueue && enqueue.Port == port))
                return true;
        }

        return false;
    }

    /// <summary>Whether the rule sends packets to this group, or any group is asked for.</summary>
    public bool UsesGroup(uint group)
    {
        if (group == ReservedGroup.Any)
            return true;
        foreach (OpenFlowAction action in Actions)
        {
            if (action is GroupAction used && used.Group == group)
                return true;
        }

        return false;
    }

    public override string ToString() => $"priority={Priority},{Match}";
}

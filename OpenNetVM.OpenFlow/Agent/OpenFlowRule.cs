using System.Numerics;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>A rule of the controller (OpenFlow: flow entry). Changed under the agent's lock alone.</summary>
internal sealed class OpenFlowRule
{
    // Which fields the match names; what it wants of them is in the key and the mask.
    private readonly ulong _matched;

    // None, one, or a set: a rule often has a single flow.
    private object? _flows;
    private RuleMask _mask;

    public OpenFlowRule(FlowMod source, long now, RuleProgram? program = null)
    {
        _matched = source.Match.Present;
        (Key, PacketFields mask) = PacketFields.Of(source.Match);
        _mask = new RuleMask(mask);
        Priority = source.Priority;
        Cookie = source.Cookie;
        Flags = source.Flags & (FlowModFlags.SendFlowRemoved | FlowModFlags.CheckOverlap | FlowModFlags.ResetCounts | FlowModFlags.NoPacketCounts | FlowModFlags.NoByteCounts);
        IdleTimeout = source.IdleTimeout;
        HardTimeout = source.HardTimeout;
        Created = now;
        LastUsed = now;
        Program = program ?? new RuleProgram(source.Instructions);
    }

    /// <summary>The match as it was given; made anew for each who asks, so that a rule does not keep all of it twice.</summary>
    public FlowMatch Match
    {
        get
        {
            OxmField[] fields = new OxmField[BitOperations.PopCount(_matched)];
            int count = 0;
            for (ulong rest = _matched; rest != 0; rest &= rest - 1)
            {
                OxmFieldId id = (OxmFieldId)BitOperations.TrailingZeroCount(rest);
                fields[count++] = new OxmField(id, Key.Get(id), Mask.Get(id));
            }

            return FlowMatch.Of(fields);
        }
    }

    public PacketFields Key { get; }

    public PacketFields Mask => _mask.Fields;

    public ushort Priority { get; }

    public ulong Cookie { get; }

    public FlowModFlags Flags { get; }

    /// <summary>Seconds without a packet after which the rule goes; 0 is never.</summary>
    public ushort IdleTimeout { get; }

    /// <summary>Seconds after which the rule goes; 0 is never.</summary>
    public ushort HardTimeout { get; }

    public bool HasTimeout => IdleTimeout != 0 || HardTimeout != 0;

    /// <summary>What it does.</summary>
    public RuleProgram Program { get; set; }

    /// <inheritdoc cref="RuleProgram.Actions"/>
    public ValueArray<OpenFlowAction> Actions => Program.Actions;

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
    public IReadOnlyCollection<TrackedFlow> Flows => _flows switch
    {
        null => [],
        TrackedFlow only => [only],
        _ => (HashSet<TrackedFlow>)_flows,
    };

    /// <summary>Whether it is the rule for packets that match nothing else (OpenFlow 1.3.5, 5.4).</summary>
    public bool IsTableMiss => Priority == 0 && _matched == 0;

    /// <summary>The rules of a subtable look at the same bits, and need not keep them each.</summary>
    public void Share(RuleMask mask) => _mask = mask;

    public void Add(TrackedFlow flow)
    {
        if (_flows is HashSet<TrackedFlow> set)
            set.Add(flow);
        else
            _flows = _flows is TrackedFlow only && only != flow ? new HashSet<TrackedFlow> { only, flow } : flow;
    }

    public void Remove(TrackedFlow flow)
    {
        if (_flows is HashSet<TrackedFlow> set)
            set.Remove(flow);
        else if (_flows == flow)
            _flows = null;
    }

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

/// <summary>The bits that rules look at.</summary>
internal sealed class RuleMask(in PacketFields fields)
{
    public PacketFields Fields { get; } = fields;
}

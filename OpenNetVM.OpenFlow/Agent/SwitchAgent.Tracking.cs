using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <content>What the data path holds because of rules, and how it is kept in step with them.</content>
internal sealed partial class SwitchAgent
{
    // Tracked flows by the priorities of their hops' rules: a new rule can concern only those below it.
    private readonly SortedDictionary<int, HashSet<TrackedFlow>> _byPriority = [];

    private int _tracked;
    private ulong _stamp;

    /// <summary>The state of rules, groups and ports; to be asked in one <see cref="TryEnter"/> with the lookups that it is to stand for. Takes no lock.</summary>
    public RulesStamp Stamp => new(Volatile.Read(ref _stamp));

    /// <summary>Whether lookups that were made at another time would come out the same now.</summary>
    public bool IsCurrent(RulesStamp stamp, ReadOnlySpan<FlowHop> hops)
    {
        lock (_gate)
        {
            if (stamp == Stamp)
                return true;
            if (stamp.Others != Stamp.Others)
                return false;
            foreach (FlowHop hop in hops)
            {
                if (_rules.Lookup(hop.Fields) != hop.Rule)
                    return false;
            }

            return true;
        }
    }

    /// <summary>
    /// Lets a thread that moves packets look at rules and keep a flow in one piece, if nobody else is at them: such a thread does not wait.
    /// </summary>
    public RulesEntry TryEnter() => new(_gate.TryEnter() ? _gate : null);

    /// <summary>
    /// The rule for a packet; null where none matches. Counts a lookup, but not the packet: that is <see cref="Count(ReadOnlySpan{FlowHop}, FlowCounters)"/>'s, when the packet has been handled.
    /// </summary>
    public OpenFlowRule? Resolve(in PacketFields packet)
    {
        lock (_gate)
        {
            _lookups++;
            OpenFlowRule? rule = _rules.Lookup(packet);
            if (rule is not null)
                _matched++;
            return rule;
        }
    }

    /// <summary>
    /// The group, and of its buckets the one for a flow: -1 for all of them where the group is of that type. Null where there is no such group, or no bucket can be
    /// chosen. The buckets are the group's until its rules' flows are withdrawn: look at them at once.
    /// </summary>
    public (OpenFlowGroup Group, int Bucket)? SelectBucket(uint group, uint flowHash)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out OpenFlowGroup? found) || found.Buckets.Count == 0)
                return null;
            return found.Type switch
            {
                GroupType.All => (found, -1),
                GroupType.Select => found.Select(flowHash) is >= 0 and int chosen ? (found, chosen) : null,
                _ => (found, 0),
            };
        }
    }

    /// <summary>Counts packets that the slow path handled itself, at all that decided on them.</summary>
    public void Count(ReadOnlySpan<FlowHop> hops, FlowCounters more)
    {
        lock (_gate)
            Count(hops, more, _time.GetTimestamp());
    }

    /// <summary>
    /// Keeps a flow that the data path is about to hold. To be called in one <see cref="TryEnter"/> with the lookups that it was made of: then no rule can have changed between.
    /// </summary>
    public void Track(TrackedFlow flow)
    {
        lock (_gate)
        {
            flow.IsTracked = true;
            _tracked++;
            foreach (FlowHop hop in flow.Hops)
            {
                hop.Rule?.Add(flow);
                if (!_byPriority.TryGetValue(hop.Priority, out HashSet<TrackedFlow>? flows))
                    _byPriority.Add(hop.Priority, flows = []);
                flows.Add(flow);
            }
        }
    }

    /// <summary>Forgets a flow that the data path has given up by itself, and counts what it had seen. Nothing happens where it was withdrawn before.</summary>
    public void Untrack(TrackedFlow flow, FlowReading last)
    {
        lock (_gate)
        {
            if (flow.IsTracked)
                Forget(flow, last);
        }
    }

    /// <summary>Forgets a flow if the data path says, under the lock, that it has lost it; what it had seen since it was read last is not known.</summary>
    public void Untrack<TState>(TrackedFlow flow, Func<TState, TrackedFlow, bool> isLost, TState state)
    {
        lock (_gate)
        {
            if (flow.IsTracked && isLost(state, flow))
                Forget(flow, new FlowReading(flow.Counted, 0));
        }
    }

    /// <summary>Flows that are tracked.</summary>
    public int TrackedCount
    {
        get
        {
            lock (_gate)
                return _tracked;
        }
    }

    private void WithdrawBelow(OpenFlowRule rule)
    {
        List<TrackedFlow>? concerned = null;
        foreach ((int priority, HashSet<TrackedFlow> flows) in _byPriority)
        {
            if (priority >= rule.Priority)
                break;
            foreach (TrackedFlow flow in flows)
            {
                foreach (FlowHop hop in flow.Hops)
                {
                    if (hop.Priority == priority && hop.Fields.Masked(rule.Mask).Equals(rule.Key))
                    {
                        (concerned ??= []).Add(flow);
                        break;
                    }
                }
            }
        }

        foreach (TrackedFlow flow in concerned ?? [])
            Withdraw(flow);
    }

    private void Withdraw(OpenFlowRule rule)
    {
        if (rule.Flows.Count > 0)
            Withdraw([.. rule.Flows]);
    }

    private void Withdraw(TrackedFlow flow)
    {
        // Found once at each of its hops.
        if (flow.IsTracked)
            Forget(flow, _datapath.Remove(flow));
    }

    private void Forget(TrackedFlow flow, FlowReading last)
    {
        Count(flow, last);
        flow.IsTracked = false;
        _tracked--;
        foreach (FlowHop hop in flow.Hops)
        {
            hop.Rule?.Remove(flow);
            if (_byPriority.TryGetValue(hop.Priority, out HashSet<TrackedFlow>? flows) && flows.Remove(flow) && flows.Count == 0)
                _byPriority.Remove(hop.Priority);
        }
    }

    /// <summary>Brings the counters of a rule up to date.</summary>
    private void Refresh(OpenFlowRule rule)
    {
        foreach (TrackedFlow flow in rule.Flows)
            Count(flow, _datapath.Read(flow));
    }

    /// <summary>Withdraws the flows that met no rule somewhere on their way.</summary>
    public void WithdrawMissed()
    {
        lock (_gate)
        {
            if (_byPriority.TryGetValue(FlowHop.NoRule, out HashSet<TrackedFlow>? flows))
                Withdraw([.. flows]);
            OthersChanged();
        }
    }

    /// <summary>Withdraws all flows.</summary>
    public void WithdrawAll()
    {
        lock (_gate)
            Withdraw([.. _byPriority.Values.SelectMany(static flows => flows)]);
    }

    private void Withdraw(TrackedFlow[] flows)
    {
        foreach (TrackedFlow flow in flows)
            Withdraw(flow);
    }

    // Under the lock, when rules have been changed.
    private void RulesChanged() => Volatile.Write(ref _stamp, Stamp.AfterRules.Value);

    // Under the lock, when something has been changed that lookups do not show: groups, ports, actions of a rule.
    private void OthersChanged() => Volatile.Write(ref _stamp, Stamp.AfterOthers.Value);

    private static void Count(TrackedFlow flow, FlowReading reading)
    {
        FlowCounters more = reading.Counters - flow.Counted;
        flow.Counted = reading.Counters;
        Count(flow.Hops, more, reading.LastUsed);
    }

    private static void Count(ReadOnlySpan<FlowHop> hops, FlowCounters more, long lastUsed)
    {
        foreach (FlowHop hop in hops)
        {
            hop.Rule?.Count(more, lastUsed);
            hop.Group?.Count(hop.Bucket, more);
        }
    }
}

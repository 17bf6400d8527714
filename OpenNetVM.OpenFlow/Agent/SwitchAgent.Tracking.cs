using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <content>What the data path holds because of rules, and how it is kept in step with them.</content>
internal sealed partial class SwitchAgent
{
    // Tracked flows by the priorities of their hops' rules: a new rule can concern only those below it.
    private readonly SortedDictionary<int, HashSet<TrackedFlow>> _byPriority = [];

    private int _tracked;

    /// <summary>
    /// The rule for a packet; null where none matches. Counts a lookup, but not the packet: that is <see cref="Count(OpenFlowRule, FlowCounters)"/>'s, when the packet has been handled.
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

    /// <summary>Counts packets that the slow path handled itself.</summary>
    public void Count(OpenFlowRule rule, FlowCounters more)
    {
        lock (_gate)
            rule.Count(more, _time.GetTimestamp());
    }

    /// <summary>
    /// Keeps a flow that the data path is about to hold. Its rules are asked again: where one of them is no longer the one for its packet, nothing is kept and the
    /// flow must be resolved anew.
    /// </summary>
    /// <returns>Whether the flow is kept, so that the data path may install it.</returns>
    public bool TryTrack(TrackedFlow flow)
    {
        lock (_gate)
        {
            foreach (FlowHop hop in flow.Hops)
            {
                if (_rules.Lookup(hop.Fields) != hop.Rule)
                    return false;
            }

            flow.IsTracked = true;
            _tracked++;
            foreach (FlowHop hop in flow.Hops)
            {
                hop.Rule?.Add(flow);
                if (!_byPriority.TryGetValue(hop.Priority, out HashSet<TrackedFlow>? flows))
                    _byPriority.Add(hop.Priority, flows = []);
                flows.Add(flow);
            }

            return true;
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
        foreach (TrackedFlow flow in rule.Flows.ToArray())
            Withdraw(flow);
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

    private static void Count(TrackedFlow flow, FlowReading reading)
    {
        FlowCounters more = reading.Counters - flow.Counted;
        flow.Counted = reading.Counters;
        foreach (FlowHop hop in flow.Hops)
        {
            hop.Rule?.Count(more, reading.LastUsed);
            hop.Group?.Count(hop.Bucket, more);
        }
    }
}

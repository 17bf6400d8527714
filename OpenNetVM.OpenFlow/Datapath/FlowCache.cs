using System.Collections.Concurrent;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// The flows that the switch holds in the flow director, in step with the director's own rules. Flows are added and withdrawn under the agent's lock; those that the
/// director gives up by itself come from its own threads.
/// </summary>
/// <remarks>A rule of the director that is not the switch's is left alone: an NF or the application knows better, and diverts a flow without the controller.</remarks>
internal sealed class FlowCache(FlowDirector director, SwitchAgent agent, PathTable paths, SdnCounters counters, TimeSpan idleTimeout, TimeProvider time)
{
    private const int ReconciledAtOnce = 1024;

    private readonly ConcurrentDictionary<uint, InstalledFlow> _byTag = [];
    private IEnumerator<InstalledFlow>? _reconciling;
    private bool _sawFewer;

    // Others may use tags too, and begin with small numbers.
    private int _lastTag = Random.Shared.Next();

    /// <summary>Flows that are installed.</summary>
    public int Count => _byTag.Count;

    /// <summary>Installs a flow. Under the agent's lock.</summary>
    /// <returns>False if it was not installed, and its packets go on coming to the SDN function.</returns>
    public bool Install(in SwitchFlowKey key, SwitchPath path, ReadOnlySpan<FlowHop> hops, NfFlows flows)
    {
        if (!flows.MaySet)
            return false;
        if (Find(key) is { } rule)
        {
            // Somebody else has set the flow's chain.
            if (!_byTag.TryGetValue(rule.Tag, out InstalledFlow? old) || old.Key != key)
                return false;
            // A packet from another port brought it about.
            agent.Untrack(old, Remove(old));
        }

        if (paths.GetForFlow(path) is not { } entry)
            return false;
        InstalledFlow flow = new(key, NextTag(), entry, hops.ToArray());
        _byTag[flow.Tag] = flow;
        agent.Track(flow);
        FlowRuleOptions options = new() { IdleTimeout = idleTimeout, Tag = flow.Tag };
        if (key.IsIpv6 ? flows.TrySet(key.Ipv6, entry.FlowChain!.Value, options) : flows.TrySet(key.Ipv4, entry.FlowChain!.Value, options))
        {
            SdnCounters.Add(ref counters.Installed);
            return true;
        }

        SdnCounters.Add(ref counters.NotInstalled);
        Forget(flow);
        agent.Untrack(flow, default);
        return false;
    }

    /// <summary>Takes a flow out of the director. Under the agent's lock.</summary>
    public FlowReading Remove(InstalledFlow flow)
    {
        FlowRule? rule = flow.Key.IsIpv6 ? director.Remove(flow.Key.Ipv6, flow.Tag) : director.Remove(flow.Key.Ipv4, flow.Tag);
        Forget(flow);
        return Reading(flow, rule);
    }

    /// <summary>What has been counted of a flow.</summary>
    public FlowReading Read(InstalledFlow flow) => Reading(flow, Find(flow.Key) is { } rule && rule.Tag == flow.Tag ? rule : null);

    /// <summary>The director gave a flow up.</summary>
    public void Expired(FlowRule rule)
    {
        if (_byTag.TryGetValue(rule.Tag, out InstalledFlow? flow) && SwitchFlowKey.Of(rule) == flow.Key)
        {
            Forget(flow);
            agent.Untrack(flow, Reading(flow, rule));
        }
    }

    /// <summary>
    /// Forgets flows that somebody else took out of the director or set otherwise. Looks at some of the flows, and goes on behind them the next time; at all where there have been fewer rules in
    /// the director than flows for a while.
    /// Used by one thread at a time.
    /// </summary>
    public void Reconcile()
    {
        // Once is no sign: the director tells of those that it gives up a moment later.
        bool fewer = Count > director.Count;
        int most = fewer && _sawFewer ? int.MaxValue : ReconciledAtOnce;
        _sawFewer = fewer;
        _reconciling ??= _byTag.Select(static entry => entry.Value).GetEnumerator();
        for (int i = 0; i < most; i++)
        {
            if (!_reconciling.MoveNext())
            {
                _reconciling = null;
                return;
            }

            InstalledFlow flow = _reconciling.Current;
            // It may be the flow's own beginning or end, which is a matter of the agent's lock.
            if (IsLost(flow))
                agent.Untrack(flow, static (cache, flow) => cache.IsLost((InstalledFlow)flow) && cache.Forget((InstalledFlow)flow), this);
        }
    }

    private bool IsLost(InstalledFlow flow) => Find(flow.Key)?.Tag != flow.Tag;

    private FlowRule? Find(in SwitchFlowKey key)
    {
        FlowRule? rule;
        _ = key.IsIpv6 ? director.TryGet(key.Ipv6, out rule) : director.TryGet(key.Ipv4, out rule);
        return rule;
    }

    // Where the director's rule is gone, what was known of it last.
    private FlowReading Reading(InstalledFlow flow, FlowRule? rule) => rule is null
        ? new FlowReading(flow.Counted, 0)
        : new FlowReading(new FlowCounters(rule.Packets, rule.Bytes), time.GetTimestamp() - (long)(rule.IdleTime.TotalSeconds * time.TimestampFrequency));

    private bool Forget(InstalledFlow flow)
    {
        if (!_byTag.TryRemove(flow.Tag, out _))
            return false;
        paths.Return(flow.Path);
        return true;
    }

    // 0 is what others use who say nothing.
    private uint NextTag()
    {
        uint tag;
        do
        {
            tag = (uint)Interlocked.Increment(ref _lastTag);
        }
        while (tag == 0 || _byTag.ContainsKey(tag));
        return tag;
    }
}

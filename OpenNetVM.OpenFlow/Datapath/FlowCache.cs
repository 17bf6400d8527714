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
    private readonly ConcurrentDictionary<uint, TrackedFlow> _byTag = [];
    private readonly ConcurrentDictionary<SwitchFlowKey, TrackedFlow> _byKey = [];
    // Others may use tags too, and begin with small numbers.
    private int _lastTag = Random.Shared.Next();

    /// <summary>Flows that are installed.</summary>
    public int Count => _byTag.Count;

    /// <summary>Whether somebody else has set the flow's chain.</summary>
    public bool IsForeign(in SwitchFlowKey key)
    {
        FlowRule? rule = Find(key);
        return rule is not null && !(_byTag.TryGetValue(rule.Tag, out TrackedFlow? flow) && ((InstalledFlow)flow.Handle).Key == key);
    }

    /// <summary>Installs a flow. Under the agent's lock.</summary>
    /// <returns>False if it was not installed, and its packets go on coming to the SDN function.</returns>
    public bool Install(in SwitchFlowKey key, SwitchPath path, ReadOnlySpan<FlowHop> hops, NfFlows flows)
    {
        if (!flows.MaySet || IsForeign(key))
            return false;
        // One that the director has lost, or that a packet from another port brought about.
        if (_byKey.TryGetValue(key, out TrackedFlow? old))
            agent.Untrack(old, Remove(old));
        if (paths.GetForFlow(path) is not { } entry)
            return false;
        InstalledFlow installed = new(key, NextTag(), entry);
        TrackedFlow flow = new(installed, hops.ToArray());
        _byTag[installed.Tag] = flow;
        _byKey[key] = flow;
        agent.Track(flow);
        FlowRuleOptions options = new() { IdleTimeout = idleTimeout, Tag = installed.Tag };
        if (key.IsIpv6 ? flows.TrySet(key.Ipv6, entry.FlowChain!.Value, options) : flows.TrySet(key.Ipv4, entry.FlowChain!.Value, options))
        {
            SdnCounters.Add(ref counters.Installed);
            return true;
        }

        SdnCounters.Add(ref counters.NotInstalled);
        Forget(flow, installed);
        agent.Untrack(flow, default);
        return false;
    }

    /// <summary>Takes a flow out of the director. Under the agent's lock.</summary>
    public FlowReading Remove(TrackedFlow flow)
    {
        InstalledFlow installed = (InstalledFlow)flow.Handle;
        FlowRule? rule = installed.Key.IsIpv6 ? director.Remove(installed.Key.Ipv6, installed.Tag) : director.Remove(installed.Key.Ipv4, installed.Tag);
        Forget(flow, installed);
        return Reading(flow, rule);
    }

    /// <summary>What has been counted of a flow.</summary>
    public FlowReading Read(TrackedFlow flow)
    {
        InstalledFlow installed = (InstalledFlow)flow.Handle;
        return Reading(flow, Find(installed.Key) is { } rule && rule.Tag == installed.Tag ? rule : null);
    }

    /// <summary>The director gave a flow up.</summary>
    public void Expired(FlowRule rule)
    {
        if (_byTag.TryGetValue(rule.Tag, out TrackedFlow? flow) && flow.Handle is InstalledFlow installed && SwitchFlowKey.Of(rule) == installed.Key)
        {
            Forget(flow, installed);
            agent.Untrack(flow, Reading(flow, rule));
        }
    }

    /// <summary>Forgets flows that somebody else took out of the director or set otherwise, if there can be any.</summary>
    public void Reconcile()
    {
        foreach (TrackedFlow flow in _byTag.Values)
        {
            InstalledFlow installed = (InstalledFlow)flow.Handle;
            if (Find(installed.Key)?.Tag == installed.Tag)
                continue;
            // It may be the flow's own beginning or end, which is a matter of the agent's lock.
            agent.Untrack(flow, static (cache, flow) => cache.IsLost(flow), this);
        }
    }

    private bool IsLost(TrackedFlow flow)
    {
        InstalledFlow installed = (InstalledFlow)flow.Handle;
        if (Find(installed.Key)?.Tag == installed.Tag)
            return false;
        Forget(flow, installed);
        return true;
    }

    private FlowRule? Find(in SwitchFlowKey key)
    {
        FlowRule? rule;
        _ = key.IsIpv6 ? director.TryGet(key.Ipv6, out rule) : director.TryGet(key.Ipv4, out rule);
        return rule;
    }

    // Where the director's rule is gone, what was known of it last.
    private FlowReading Reading(TrackedFlow flow, FlowRule? rule) => rule is null
        ? new FlowReading(flow.Counted, 0)
        : new FlowReading(new FlowCounters(rule.Packets, rule.Bytes), time.GetTimestamp() - (long)(rule.IdleTime.TotalSeconds * time.TimestampFrequency));

    private void Forget(TrackedFlow flow, InstalledFlow installed)
    {
        if (!_byTag.TryRemove(installed.Tag, out _))
            return;
        _byKey.TryRemove(new KeyValuePair<SwitchFlowKey, TrackedFlow>(installed.Key, flow));
        paths.Return(installed.Path);
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

using System.Runtime.InteropServices;
using OpenNetVM.Core.Packets;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>What ends the waiting: packets go, and their flow is installed.</content>
internal sealed partial class SdnFunction
{
    // Nobody decides on what waits.
    private void GiveUp(WaitingFlow flow, ref long counter)
    {
        SdnCounters.Add(ref counter, flow.Count);
        flow.State = WaitingState.Undecided;
        flow.Key = null;
        flow.Hops.Clear();
        Settle(flow, Translator.MissPath(flow.Ingress), default);
    }

    // It is known where the packets go.
    private void Settle(WaitingFlow flow, SwitchPath path, RulesStamp stamp)
    {
        if (flow.State == WaitingState.Asked)
            SdnCounters.Add(ref Counters.Released, flow.Count);
        Datapath.ReleaseBuffer(flow);
        flow.State = WaitingState.Decided;
        flow.Path = path;
        flow.Rules = stamp;
        Advance(flow);
    }

    // Sends what waits, in order; once all has gone, the flow is installed in the next round.
    private void Advance(WaitingFlow flow)
    {
        while (flow.Count > 0)
        {
            Packet packet = Context.Open(ref flow.First);
            FlowCounters one = new(1, (ulong)packet.Length);
            if (!TrySend(ref flow.First, packet, flow.Path))
            {
                Queue(flow);
                return;
            }

            RemoveFirst(flow);
            flow.Uncounted += one;
        }

        if (!flow.IsSettling)
            _settling.Enqueue(flow);
        flow.IsSettling = true;
        if (_settlingIsDue)
            return;
        _settlingIsDue = true;
        Context.Schedule(TimeSpan.Zero, Install);
    }

    private void Install()
    {
        _settlingIsDue = false;
        for (int i = _settling.Count; i > 0; i--)
        {
            WaitingFlow flow = _settling.Dequeue();
            flow.IsSettling = false;
            if (flow.State == WaitingState.Ended)
            {
                Recycle(flow);
                continue;
            }

            // More packets wait meanwhile, it is not decided any more, or the agent's lock is taken: when it is looked at again.
            if (flow.Count == 0 && flow.State == WaitingState.Decided && TryInstall(flow))
                End(flow);
            else
                Queue(flow);
        }
    }

    private bool TryInstall(WaitingFlow flow)
    {
        using RulesEntry entry = Agent.TryEnter();
        if (!entry.IsInside)
            return false;
        ReadOnlySpan<FlowHop> hops = CollectionsMarshal.AsSpan(flow.Hops);
        Agent.Count(hops, flow.Uncounted);
        flow.Uncounted = default;
        if (flow.Key is { } key && IsStarted() && Agent.IsCurrent(flow.Rules, hops))
            Datapath.Flows.Install(key, flow.Path, hops, Context.Flows);
        return true;
    }

    private void End(WaitingFlow flow)
    {
        Datapath.ReleaseBuffer(flow);
        _waiting.Remove(flow.Fields);
        flow.State = WaitingState.Ended;
        Recycle(flow);
    }

    // Once it is in none of the queues any more.
    private void Recycle(WaitingFlow flow)
    {
        if (!flow.IsQueued && !flow.IsSettling && _spare.Count < MostSpare)
            _spare.Push(flow);
    }
}

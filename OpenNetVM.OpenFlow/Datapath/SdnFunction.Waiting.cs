using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>Packets that wait for a decision.</content>
internal sealed partial class SdnFunction
{
    /// <summary>Flows that are looked at in one go, so that many that wait do not hold up the packets that come.</summary>
    private const int LooksAtOnce = 64;

    /// <summary>Waiting flows that are kept for use.</summary>
    private const int MostSpare = 1024;

    /// <summary>How often waiting flows are looked at.</summary>
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(1);

    private readonly Queue<WaitingFlow> _queue = new();
    private readonly Queue<WaitingFlow> _settling = new();
    private readonly Stack<WaitingFlow> _spare = new();
    private long _holdTicks;
    private bool _tickIsDue;
    private bool _settlingIsDue;

    // Sees to it that a flow is looked at again.
    private void Queue(WaitingFlow flow)
    {
        if (!flow.IsQueued)
            _queue.Enqueue(flow);
        flow.IsQueued = true;
        ScheduleTick();
    }

    private void ScheduleTick()
    {
        if (_tickIsDue)
            return;
        _tickIsDue = true;
        Context.Schedule(TickPeriod, Tick);
    }

    private void Tick()
    {
        _tickIsDue = false;
        if (!IsStarted())
        {
            Forsake();
            return;
        }

        DoCommands();
        for (int i = Math.Min(_queue.Count, LooksAtOnce); i > 0; i--)
        {
            WaitingFlow flow = _queue.Dequeue();
            flow.IsQueued = false;
            if (flow.State == WaitingState.Ended)
                Recycle(flow);
            else
                Look(flow);
        }

        if (_queue.Count > 0)
            ScheduleTick();
    }

    private void Look(WaitingFlow flow)
    {
        switch (flow.State)
        {
            case WaitingState.Decided:
                Advance(flow);
                break;
            case WaitingState.Undecided:
                Decide(flow);
                break;
            case WaitingState.Asked when Context.Now >= flow.Deadline:
                GiveUp(flow, ref Counters.Unanswered);
                break;
            case WaitingState.Asked:
                // A rule may have come that names no buffer.
                if (flow.Rules != Agent.Stamp)
                    Reconsider(flow);
                else
                    Queue(flow);
                break;
        }
    }

    // By the rules as they are now; the first packet is there.
    private void Decide(WaitingFlow flow)
    {
        if (flow.Count == 0)
        {
            End(flow);
            return;
        }

        if (!TryTranslate(flow, out SwitchPath path, out RulesStamp stamp))
        {
            flow.State = WaitingState.Undecided;
            Queue(flow);
            return;
        }

        flow.Rules = stamp;
        if (path.Asks is { } ask)
            Ask(flow, ask);
        else
            Settle(flow, path, stamp);
    }

    private void Reconsider(WaitingFlow flow)
    {
        if (!TryTranslate(flow, out SwitchPath path, out RulesStamp stamp))
        {
            Queue(flow);
            return;
        }

        flow.Rules = stamp;
        // A packet that is with the controller comes back right behind the rule, and is ahead of these: they go at the next look.
        if (path.Asks is not null || flow.Count == 0)
            Queue(flow);
        else if (flow.BufferId != 0 || flow.IsAnswered)
            Settle(flow, path, stamp);
        else
            LookOnceMore(flow);
    }

    // As if its rules had not been looked at.
    private void LookOnceMore(WaitingFlow flow)
    {
        flow.IsAnswered = true;
        flow.Rules = default;
        Queue(flow);
    }

    private bool TryTranslate(WaitingFlow flow, out SwitchPath path, out RulesStamp stamp)
    {
        path = SwitchPath.Drop;
        stamp = default;
        using RulesEntry entry = Agent.TryEnter();
        if (!entry.IsInside)
            return false;
        // Without a packet what its fields say is enough to see whether there is a rule.
        ReadOnlySpan<byte> frame = flow.Count > 0 ? Context.Open(ref flow.First).Data : default;
        path = Translator.Translate(frame, flow.Fields, flow.FlowHash, flow.Ingress, flow.Hops);
        stamp = Agent.Stamp;
        CountEndless();
        return true;
    }

    // The first packet of a flow goes to the controller, or waits to be sent there.
    private void Ask(WaitingFlow flow, AskOperation ask)
    {
        flow.State = WaitingState.Undecided;
        if (Datapath.Ports.Find(ask.InPort) is { SendsPacketIn: false })
        {
            DropFirst(flow);
            Decide(flow);
            return;
        }

        if (!Agent.IsControlled)
        {
            Show(Context.Open(ref flow.First), ask);
            GiveUp(flow, ref Counters.Undeliverable);
            return;
        }

        if (!Datapath.Limiter.TryTake())
        {
            SdnCounters.Add(ref Counters.Delayed);
            if (flow.Deadline == 0)
                flow.Deadline = Context.Now + _holdTicks;
            if (Context.Now >= flow.Deadline)
                GiveUp(flow, ref Counters.Unanswered);
            else
                Queue(flow);
            return;
        }

        bool whole = !options.UseBuffers || (ask.Rule is not null && ask.MaxLength == OpenFlowConstants.WholePacket);
        if (!whole)
            Datapath.AssignBuffer(flow);
        flow.State = WaitingState.Asked;
        flow.IsAnswered = false;
        flow.Deadline = Context.Now + _holdTicks;
        ReadOnlySpan<byte> frame = Context.Open(ref flow.First).Data;
        if (Agent.SendPacketIn(frame, ask.InPort, ask.Rule, ask.MaxLength, whole ? OpenFlowConstants.NoBuffer : flow.BufferId, ask.Reason) == 0)
        {
            GiveUp(flow, ref Counters.Undeliverable);
            return;
        }

        SdnCounters.Add(ref Counters.Asked);
        if (whole)
            DropFirst(flow);
        Queue(flow);
    }

    private void DropFirst(WaitingFlow flow)
    {
        Context.Drop(ref flow.First);
        RemoveFirst(flow);
    }

    private void RemoveFirst(WaitingFlow flow)
    {
        flow.RemoveFirst();
        Interlocked.Decrement(ref Datapath.HeldPackets);
    }

    // Nobody will answer.
    private void Forsake()
    {
        foreach (WaitingFlow flow in _waiting.Values.ToArray())
        {
            if (flow.State is WaitingState.Asked or WaitingState.Undecided)
                GiveUp(flow, ref Counters.Undeliverable);
        }
    }
}

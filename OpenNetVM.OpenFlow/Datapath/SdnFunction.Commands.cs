using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>What the channels ask for: other threads put it in a queue, and this function's thread does it in order.</content>
internal sealed partial class SdnFunction
{
    /// <summary>So many commands are a reason for the channels to wait.</summary>
    private const int ManyCommands = 1024;

    /// <summary>What comes beyond so many is lost.</summary>
    private const int MostCommands = 4 * ManyCommands;

    private readonly ConcurrentQueue<SdnCommand> _commands = new();
    private InstanceId _instance;
    private int _asked;
    private int _signalled;

    /// <summary>Whether something was asked and not done yet.</summary>
    public bool IsAsked => !_commands.IsEmpty;

    /// <summary>Whether the function has more to do than it gets done at once.</summary>
    public bool IsBusy => Volatile.Read(ref _asked) > ManyCommands;

    /// <summary>Asks for something. Safe from any thread. A packet of the controller's is lost, and counted, where there are too many.</summary>
    public void Ask(SdnCommand command)
    {
        if (Interlocked.Increment(ref _asked) > MostCommands && command is SendCommand)
        {
            Interlocked.Decrement(ref _asked);
            SdnCounters.Add(ref owner.Current!.Counters.PacketsOutLost);
            return;
        }

        _commands.Enqueue(command);
        // One message at a time is enough to wake the function, and finds room in its mailbox. Where it does not, the next one tries again.
        if (Interlocked.Exchange(ref _signalled, 1) == 0 && owner.Current?.TrySignal(_instance) != true)
            Volatile.Write(ref _signalled, 0);
    }

    protected override void OnMessage(in NfMessage message)
    {
        Interlocked.Exchange(ref _signalled, 0);
        if (IsStarted())
            DoCommands();
        else
            Forsake();
    }

    private void DoCommands()
    {
        while (_commands.TryPeek(out SdnCommand? command))
        {
            // Where the rules are being changed, or the way out is full, it is tried again: what was asked later waits behind it.
            if (!TryDo(command))
            {
                ScheduleTick();
                return;
            }

            _commands.TryDequeue(out _);
            Interlocked.Decrement(ref _asked);
        }
    }

    // The function stops: nobody is to wait for it.
    private void RefuseCommands()
    {
        while (_commands.TryDequeue(out SdnCommand? command))
        {
            Interlocked.Decrement(ref _asked);
            if (command is SettleCommand settle)
                settle.Done.TrySetResult();
            else if (command is ReleaseCommand or SendCommand)
                SdnCounters.Add(ref Counters.PacketsOutLost);
        }
    }

    private bool TryDo(SdnCommand command)
    {
        switch (command)
        {
            case ReleaseCommand release:
                return TryRelease(release);
            case SendCommand send:
                return TrySend(send);
            case AnsweredCommand answered:
                GoOnBehind(PacketFieldsReader.Read(answered.Data.Span, answered.InPort));
                return true;
            case SettleCommand settle:
                settle.Done.TrySetResult();
                return true;
            default:
                Forsake();
                return true;
        }
    }

    private bool TryRelease(ReleaseCommand release)
    {
        WaitingFlow flow = release.Flow;
        // It went by the rule that this came with, or gave up waiting, and was counted there.
        if (flow.BufferId != release.BufferId || flow.Count == 0)
            return true;

        if (!TryTranslate(flow, out SwitchPath rules, out RulesStamp stamp))
            return false;
        Packet packet = Context.Open(ref flow.First);
        FlowCounters one = new(1, (ulong)packet.Length);
        if (!TryTranslate(packet, flow.Fields, release.Actions, flow.FlowHash, out SwitchPath path) || !TrySend(ref flow.First, packet, path))
            return false;
        RemoveFirst(flow);
        flow.BufferId = 0;
        flow.Deadline = 0;
        SdnCounters.Add(ref Counters.PacketsOut);
        SdnCounters.Add(ref Counters.Released);
        if (rules.Asks is not null)
        {
            // The packet went, and no rule came: the next one is a miss like any other.
            flow.State = WaitingState.Undecided;
            Decide(flow);
            return true;
        }

        // By the rule that came with it, or right before it.
        if (rules == path)
            flow.Uncounted += one;
        Settle(flow, rules, stamp);
        return true;
    }

    private bool TrySend(SendCommand send)
    {
        if (!Context.TryCreate(out HeldPacket created))
        {
            SdnCounters.Add(ref Counters.PacketsOutLost);
            return true;
        }

        Packet packet = Context.Open(ref created);
        packet.IngressPort = SwitchPorts.NicOf(send.InPort);
        if (!packet.TrySetData(send.Data.Span))
        {
            Context.Drop(ref created);
            SdnCounters.Add(ref Counters.PacketsOutLost);
            return true;
        }

        packet.UpdateRssHash();
        PacketFields fields = PacketFieldsReader.Read(packet.Data, send.InPort);
        if (!TryTranslate(packet, fields, send.Actions, packet.RssHash, out SwitchPath path) || !TrySend(ref created, packet, path))
        {
            Context.Drop(ref created);
            return false;
        }

        SdnCounters.Add(ref Counters.PacketsOut);
        GoOnBehind(fields);
        return true;
    }

    // What the controller was sent whole came back whole: those behind it are next.
    private void GoOnBehind(in PacketFields fields)
    {
        if (!_waiting.TryGetValue(fields, out WaitingFlow? flow) || flow is not { State: WaitingState.Asked, BufferId: 0 })
            return;
        flow.Deadline = 0;
        Decide(flow);
    }

    private bool TryTranslate(Packet packet, in PacketFields fields, ValueArray<Actions.OpenFlowAction> actions, uint flowHash, out SwitchPath path)
    {
        path = SwitchPath.Drop;
        using RulesEntry entry = Agent.TryEnter();
        if (!entry.IsInside)
            return false;
        path = Translator.Translate(packet.Data, fields, actions, flowHash, packet.IngressPort, _hops);
        Agent.Count(CollectionsMarshal.AsSpan(_hops), new FlowCounters(1, (ulong)packet.Length));
        CountEndless();
        return true;
    }
}

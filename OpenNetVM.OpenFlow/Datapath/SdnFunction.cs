using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;

namespace OpenNetVM.OpenFlow.Datapath;

// What becomes of a packet that the flow director has no rule for:
//
//   undecided --rules--> decided --sent--> installed: later packets of the flow do not come here any more
//       |  ^                ^
//       |  | answer, but no rule for the next packet
//       v  |                |
//      asked ----answer-----'      no answer, no room, no controller: the miss action
//
// Packets with equal fields are decided on together: as long as one of them waits, the next wait behind it, and all go in order. A flow is installed one
// round after its packets were sent, so that they are ahead of those that then take the direct way.
//
// This thread moves packets and waits for nobody: where the rules are being changed at the moment, a packet waits and is looked at again.

/// <summary>The network function of an <see cref="SdnSwitch"/>: decides on the packets of unknown flows, and does to packets what no service chain can.</summary>
internal sealed partial class SdnFunction(SdnSwitch owner, SdnSwitchOptions options) : NetworkFunction
{
    private readonly Dictionary<PacketFields, WaitingFlow> _waiting = [];
    private readonly List<FlowHop> _hops = [];
    private SdnDatapath? _datapath;
    private PathTranslator? _translator;

    private SdnDatapath Datapath => _datapath!;

    private SwitchAgent Agent => _datapath!.Agent;

    private PathTranslator Translator => _translator!;

    private SdnCounters Counters => _datapath!.Counters;

    protected override void OnStart()
    {
        _instance = Context.Instance;
        _holdTicks = (long)(options.HoldTimeout.TotalSeconds * Context.Time.TimestampFrequency);
        owner.Add(this);
    }

    protected override void OnStop()
    {
        owner.Remove(this);
        // The platform takes the packets back; their buffers are no more.
        foreach (WaitingFlow flow in _waiting.Values)
        {
            Datapath.ReleaseBuffer(flow);
            Interlocked.Add(ref Datapath.HeldPackets, -flow.Count);
        }

        _waiting.Clear();
        if (_datapath is not null)
            RefuseCommands();
    }

    protected override void Process(Packet packet)
    {
        if (!IsStarted())
            return;
        // A packet on a chain of the switch's own came back to be worked on.
        if (Context.TryGetChain(packet, out ChainId chain) && Datapath.Paths.TryFind(chain, out SwitchPath? path))
        {
            if (path.Work is not [AskOperation ask])
            {
                packet.Action = Work(packet, path);
                return;
            }

            Decide(packet, PacketFieldsReader.Read(packet.Data, ask.InPort), key: null);
            return;
        }

        SdnCounters.Add(ref Counters.Missed);
        Decide(packet, PacketFieldsReader.Read(packet.Data, SwitchPorts.NumberOf(packet.IngressPort)), KeyOf(packet));
    }

    private bool IsStarted()
    {
        if (_datapath is null && owner.Current is { } datapath)
            (_datapath, _translator) = (datapath, datapath.CreateTranslator());
        return _datapath is { IsClosed: false };
    }

    // The key under which the flow director knows the packet's flow. What ICMP says differs from packet to packet of one key.
    private static SwitchFlowKey? KeyOf(Packet packet)
    {
        if (packet.Layers.Protocol is IpProtocols.Icmp or IpProtocols.Icmpv6)
            return null;
        if (packet.TryGetFlowKey(out Ipv4FlowKey ipv4))
            return new SwitchFlowKey(ipv4, default, IsIpv6: false);
        return packet.TryGetFlowKey(out Ipv6FlowKey ipv6) ? new SwitchFlowKey(default, ipv6, IsIpv6: true) : null;
    }

    private void Decide(Packet packet, in PacketFields fields, SwitchFlowKey? key)
    {
        if (_waiting.TryGetValue(fields, out WaitingFlow? flow))
        {
            Join(flow, packet);
            return;
        }

        if (!TryTranslate(packet, fields, out SwitchPath path, out RulesStamp stamp))
        {
            SdnCounters.Add(ref Counters.Delayed);
            Wait(packet, fields, key);
            return;
        }

        if (path.Asks is { } ask)
        {
            if (Wait(packet, fields, key) is { } asking)
            {
                asking.Rules = stamp;
                Ask(asking, ask);
            }

            return;
        }

        packet.Action = Carry(packet, path);
        if (key is not null && Begin(packet, fields, key) is { } decided)
        {
            decided.Hops.AddRange(_hops);
            Settle(decided, path, stamp);
        }
    }

    // By the rules as they are, at which it is counted unless it has to wait.
    private bool TryTranslate(Packet packet, in PacketFields fields, out SwitchPath path, out RulesStamp stamp)
    {
        path = SwitchPath.Drop;
        stamp = default;
        using RulesEntry entry = Agent.TryEnter();
        if (!entry.IsInside)
            return false;
        path = Translator.Translate(packet.Data, fields, packet.RssHash, packet.IngressPort, _hops);
        stamp = Agent.Stamp;
        if (path.Asks is null)
            Agent.Count(CollectionsMarshal.AsSpan(_hops), new FlowCounters(1, (ulong)packet.Length));
        CountEndless();
        return true;
    }

    // A packet of a flow that others wait for, or that is about to be installed.
    private void Join(WaitingFlow flow, Packet packet)
    {
        if (flow.State == WaitingState.Decided && flow.Count == 0 && IsUpToDate(flow, packet))
        {
            flow.Uncounted += new FlowCounters(1, (ulong)packet.Length);
            packet.Action = Carry(packet, flow.Path);
        }
        else
        {
            Hold(flow, packet);
        }
    }

    // Rules that were changed since the flow was decided on hold for this packet.
    private bool IsUpToDate(WaitingFlow flow, Packet packet)
    {
        if (flow.Rules == Agent.Stamp)
            return true;
        using RulesEntry entry = Agent.TryEnter();
        if (!entry.IsInside)
        {
            Queue(flow);
            return false;
        }

        ReadOnlySpan<FlowHop> hops = CollectionsMarshal.AsSpan(flow.Hops);
        if (!Agent.IsCurrent(flow.Rules, hops))
        {
            Agent.Count(hops, flow.Uncounted);
            flow.Uncounted = default;
            flow.Path = Translator.Translate(packet.Data, flow.Fields, flow.FlowHash, flow.Ingress, flow.Hops);
        }

        flow.Rules = Agent.Stamp;
        if (flow.Path.Asks is null)
            return true;
        flow.State = WaitingState.Undecided;
        Queue(flow);
        return false;
    }

    // Null where there is no room: the packet has taken the miss action.
    private WaitingFlow? Wait(Packet packet, in PacketFields fields, SwitchFlowKey? key)
    {
        if (Begin(packet, fields, key) is not { } flow)
        {
            Overflow(packet);
            return null;
        }

        if (!Hold(flow, packet))
        {
            End(flow);
            return null;
        }

        Queue(flow);
        return flow;
    }

    private WaitingFlow? Begin(Packet packet, in PacketFields fields, SwitchFlowKey? key)
    {
        if (_waiting.Count >= options.MaxHeldPackets)
            return null;
        if (!_spare.TryPop(out WaitingFlow? flow))
            flow = new WaitingFlow(this);
        flow.Begin(fields, packet.IngressPort, key, packet.RssHash);
        _waiting.Add(fields, flow);
        return flow;
    }

    private bool Hold(WaitingFlow flow, Packet packet)
    {
        if (flow.Count < options.MaxHeldPerFlow)
        {
            if (Interlocked.Increment(ref Datapath.HeldPackets) <= options.MaxHeldPackets)
            {
                flow.Add(Context.Hold(packet));
                return true;
            }

            Interlocked.Decrement(ref Datapath.HeldPackets);
        }

        Overflow(packet);
        return false;
    }

    private void Overflow(Packet packet)
    {
        SdnCounters.Add(ref Counters.Overflowed);
        packet.Action = Carry(packet, Translator.MissPath(packet.IngressPort));
    }

    private void CountEndless()
    {
        if (Translator.WasEndless)
            SdnCounters.Add(ref Counters.Endless);
    }
}

using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// Finds the whole way of a packet through the rules: what comes out of a service is looked up again as a packet from that service's port, until it leaves by a
/// port of the platform, is dropped, or only the SDN function can go on. Used by one thread; asks the agent, whose lock it had better hold throughout.
/// </summary>
/// <remarks>
/// <para>Three ways to name a chain: (A) a rule for each hop, from port to service port to port; (B) queues, each of which is a service by its number, and the last output,
/// in one rule; (C) the outputs of one rule, where <see cref="SdnSwitchOptions.OutputListIsChain"/> says so.</para>
/// <para>Rules can send packets in circles, and copies of copies: what needs more than <see cref="MostLookups"/> lookups is dropped.</para>
/// </remarks>
internal sealed partial class PathTranslator(SwitchAgent agent, SwitchPorts ports, NfManager manager, ServiceId self, SdnSwitchOptions options)
{
    public const int MostLookups = 128;

    private readonly List<ScratchFrame> _scratch = [];
    private readonly List<List<PathOperation>> _operations = [];
    private SwitchPath _lastAsk = SwitchPath.Drop;
    private List<FlowHop> _hops = [];
    private uint _flowHash;
    private PortId _ingress;
    private int _depth;
    private int _budget;

    /// <summary>Whether the last packet was dropped because its way through the rules was too long.</summary>
    public bool WasEndless => _budget < 0;

    /// <summary>The way of a packet by the rules.</summary>
    /// <param name="frame">The packet; it is not changed.</param>
    /// <param name="fields">Its fields; its ingress port among them, which for what came out of a service is the service's.</param>
    /// <param name="flowHash">The same for all packets of a flow: chooses among the buckets of a group.</param>
    /// <param name="ingress">The platform's port on which the packet came.</param>
    /// <param name="hops">Gets the lookups that were made.</param>
    public SwitchPath Translate(ReadOnlySpan<byte> frame, in PacketFields fields, uint flowHash, PortId ingress, List<FlowHop> hops)
    {
        Begin(flowHash, ingress, hops);
        SwitchPath path = Look(frame, fields);
        return WasEndless ? SwitchPath.Drop : path;
    }

    /// <summary>The way of a packet by a list of actions, as in a PACKET_OUT.</summary>
    public SwitchPath Translate(ReadOnlySpan<byte> frame, in PacketFields fields, ValueArray<OpenFlowAction> actions, uint flowHash, PortId ingress, List<FlowHop> hops)
    {
        Begin(flowHash, ingress, hops);
        SwitchPath path = Carry(frame, fields, actions, rule: null);
        return WasEndless ? SwitchPath.Drop : path;
    }

    /// <summary>The rest of the platform's default chain for a port, behind the SDN function.</summary>
    public SwitchPath DefaultPath(PortId ingress)
    {
        ReadOnlySpan<ChainStep> steps = manager.Chains.GetDefault(ingress).Steps;
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            if (steps[i].Service == self)
            {
                steps = steps[(i + 1)..];
                break;
            }
        }

        ServiceId[] services = new ServiceId[steps.Length - 1];
        for (int i = 0; i < services.Length; i++)
            services[i] = steps[i].Service;
        return new SwitchPath(new ValueArray<ServiceId>(services), steps[^1].Port, default);
    }

    /// <summary>The way of a packet on which nobody decides.</summary>
    public SwitchPath MissPath(PortId ingress) => options.MissAction == SdnMissAction.Drop ? SwitchPath.Drop : DefaultPath(ingress);

    private void Begin(uint flowHash, PortId ingress, List<FlowHop> hops)
    {
        _hops = hops;
        _hops.Clear();
        _flowHash = flowHash;
        _ingress = ingress;
        _depth = 0;
        _budget = MostLookups;
    }

    private SwitchPath Look(ReadOnlySpan<byte> frame, in PacketFields fields)
    {
        if (--_budget < 0)
            return SwitchPath.Drop;
        uint inPort = InPort(fields);
        if (ports.Find(inPort) is { Receives: false })
            return SwitchPath.Drop;
        OpenFlowRule? rule = agent.Resolve(fields);
        _hops.Add(new FlowHop(fields, rule));
        if (rule is not null)
            return Carry(frame, fields, rule.Actions, rule);
        // Without a controller there is nobody who could mean "drop" by having no rule.
        if (!agent.IsControlled)
            return MissPath(_ingress);
        return agent.MissesGoToController ? AskPath(new AskOperation(inPort, null, OpenFlowConstants.DefaultMissSendLength, PacketInReason.NoMatch)) : SwitchPath.Drop;
    }

    // Many misses in a row are the same, and no path is made for each.
    private SwitchPath AskPath(AskOperation ask)
    {
        if (_lastAsk.Asks != ask)
            _lastAsk = SwitchPath.Of([ask]);
        return _lastAsk;
    }

    private SwitchPath Carry(ReadOnlySpan<byte> frame, PacketFields fields, ValueArray<OpenFlowAction> actions, OpenFlowRule? rule)
    {
        // What nearly all rules of nearly all controllers are.
        if (actions.Count == 1 && actions[0] is OutputAction only)
        {
            if (only.Port == ReservedPort.Controller)
                return AskPath(Ask(fields, only, rule));
            if (only.Port != InPort(fields) && ports.Find(only.Port) is { Forwards: true, IsService: false } port)
                return port.Path;
        }

        int depth = _depth++;
        int hop = rule is null ? -1 : _hops.Count - 1;
        if (IsChain(actions, out ValueArray<ServiceId> chain))
        {
            SwitchPath through = CarryChain(frame, fields, actions, chain, rule);
            _depth = depth;
            return through;
        }

        while (_operations.Count <= depth)
            _operations.Add([]);
        List<PathOperation> operations = _operations[depth];
        operations.Clear();
        foreach (OpenFlowAction action in actions)
        {
            if (PacketEditor.Edits(action))
            {
                if (!Edit(ref frame, ref fields, action, depth, operations))
                    break;
            }
            else if (action is OutputAction output)
            {
                AddOutput(frame, fields, output, rule, operations);
            }
            else if (action is GroupAction group)
            {
                AddGroup(frame, fields, group.Group, rule, hop, operations);
            }

            if (_budget < 0)
                break;
        }

        _depth = depth;
        return SwitchPath.Of(operations);
    }

    // The fields as the packet has them from here on. False where it goes no further: its time to live is over.
    private bool Edit(ref ReadOnlySpan<byte> frame, ref PacketFields fields, OpenFlowAction action, int depth, List<PathOperation> operations)
    {
        operations.Add(new EditOperation(action));
        while (_scratch.Count <= depth)
            _scratch.Add(new ScratchFrame());
        ScratchFrame scratch = _scratch[depth];
        if (!frame.Overlaps(scratch.Data))
            scratch.Load(frame);
        EditResult result = PacketEditor.Apply(ref scratch, action);
        frame = scratch.Data;
        fields = PacketFieldsReader.Read(frame, InPort(fields));
        return result is EditResult.Done or EditResult.NotPresent;
    }

    private void AddOutput(ReadOnlySpan<byte> frame, in PacketFields fields, OutputAction output, OpenFlowRule? rule, List<PathOperation> operations)
    {
        uint inPort = InPort(fields);
        switch (output.Port)
        {
            case ReservedPort.Controller:
                operations.Add(Ask(fields, output, rule));
                break;
            case ReservedPort.Flood or ReservedPort.All:
                // Never to a service: a chain is not a place to which a packet of unknown destination belongs.
                foreach (SwitchPort port in ports.All)
                {
                    if (!port.IsService && port.Number != inPort && port.Forwards)
                        operations.Add(new SendOperation(port.Path));
                }

                break;
            case ReservedPort.Normal:
                AddPath(DefaultPath(_ingress), operations);
                break;
            case ReservedPort.Table:
                // Only in a PACKET_OUT: there is one table, and within it nothing leads back to its beginning.
                if (rule is null)
                    AddPath(Look(frame, fields), operations);
                break;
            case ReservedPort.InPort:
                AddPort(frame, fields, inPort, operations);
                break;
            default:
                // A packet goes back where it came from only where IN_PORT says so (OpenFlow 1.3.5, 4.5).
                if (output.Port != inPort)
                    AddPort(frame, fields, output.Port, operations);
                break;
        }
    }

    private void AddPort(ReadOnlySpan<byte> frame, in PacketFields fields, uint number, List<PathOperation> operations)
    {
        if (ports.Find(number) is not { Forwards: true } port)
            return;
        if (!port.IsService)
        {
            operations.Add(new SendOperation(port.Path));
            return;
        }

        PacketFields behind = fields;
        behind.Set(Matches.OxmFieldId.InPort, port.Number);
        AddPath(Look(frame, behind).After(port.Service), operations);
    }

    private static void AddPath(SwitchPath path, List<PathOperation> operations)
    {
        if (!path.IsDrop)
            operations.Add(new SendOperation(path));
    }

    private void AddGroup(ReadOnlySpan<byte> frame, in PacketFields fields, uint number, OpenFlowRule? rule, int hop, List<PathOperation> operations)
    {
        if (--_budget < 0 || agent.SelectBucket(number, _flowHash) is not { } chosen)
            return;
        if (hop >= 0 && _hops[hop].Group is null)
            _hops[hop] = _hops[hop] with { Group = chosen.Group, Bucket = chosen.Bucket };
        ValueArray<Bucket> buckets = chosen.Group.Buckets;
        for (int i = 0; i < buckets.Count; i++)
        {
            if (chosen.Bucket < 0 || chosen.Bucket == i)
                AddPath(Carry(frame, fields, buckets[i].Actions, rule), operations);
        }
    }

    private static AskOperation Ask(in PacketFields fields, OutputAction output, OpenFlowRule? rule) =>
        new(InPort(fields), rule, output.MaxLength, rule is { IsTableMiss: true } ? PacketInReason.NoMatch : PacketInReason.Action);

    private static uint InPort(in PacketFields fields) => (uint)fields.Get(Matches.OxmFieldId.InPort);
}

using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Messages;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>Packets with the same fields on which it is not decided yet, or was a moment ago, in order. Used by its function's thread.</summary>
internal sealed class WaitingFlow(SdnFunction function)
{
    private const int FewPackets = 4;

    private HeldPacket[] _packets = new HeldPacket[FewPackets];
    private int _first;

    /// <summary>The function that holds the packets.</summary>
    public SdnFunction Function => function;

    public PacketFields Fields { get; private set; }

    /// <summary>The platform's port on which the packets came.</summary>
    public PortId Ingress { get; private set; }

    /// <summary>The flow's key in the flow director; null where it has none, or cannot be installed.</summary>
    public SwitchFlowKey? Key { get; set; }

    /// <summary>The RSS hash of its packets.</summary>
    public uint FlowHash { get; private set; }

    /// <summary>The buffer by which the controller knows the first packet; 0 where it does not.</summary>
    public uint BufferId { get; set; }

    public WaitingState State { get; set; }

    /// <summary>Whether a rule for it was seen while its first packet is with the controller.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>When the first packet gives up waiting.</summary>
    public long Deadline { get; set; }

    /// <summary>The rules as they were when they were looked at last.</summary>
    public RulesStamp Rules { get; set; }

    /// <summary>Packets that went and are not counted at the rules yet.</summary>
    public FlowCounters Uncounted { get; set; }

    /// <summary>Where the packets go, once that is known.</summary>
    public SwitchPath Path { get; set; } = SwitchPath.Drop;

    /// <summary>The lookups that this was found by.</summary>
    public List<FlowHop> Hops { get; } = [];

    /// <summary>Whether it is in the queue of flows to be looked at.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether it is in the queue of flows to be installed.</summary>
    public bool IsSettling { get; set; }

    public int Count { get; private set; }

    /// <summary>The packet that is next.</summary>
    public ref HeldPacket First => ref _packets[_first];

    public void Begin(in PacketFields fields, PortId ingress, SwitchFlowKey? key, uint flowHash)
    {
        Fields = fields;
        Ingress = ingress;
        Key = key;
        FlowHash = flowHash;
        BufferId = 0;
        Deadline = 0;
        IsAnswered = false;
        State = WaitingState.Undecided;
        Path = SwitchPath.Drop;
        Hops.Clear();
    }

    public void Add(HeldPacket packet)
    {
        if (Count == _packets.Length)
        {
            HeldPacket[] larger = new HeldPacket[2 * Count];
            for (int i = 0; i < Count; i++)
                larger[i] = _packets[(_first + i) % Count];
            (_packets, _first) = (larger, 0);
        }

        _packets[(_first + Count++) % _packets.Length] = packet;
    }

    /// <summary>Forgets the first packet, which was sent or dropped.</summary>
    public void RemoveFirst()
    {
        _packets[_first] = default;
        _first = (_first + 1) % _packets.Length;
        Count--;
    }
}

/// <summary>What is known of a <see cref="WaitingFlow"/>.</summary>
internal enum WaitingState
{
    /// <summary>The rules could not be asked, or the controller not be told: to be tried again.</summary>
    Undecided,

    /// <summary>The controller was told and has not answered.</summary>
    Asked,

    /// <summary>The path is known: what waits goes, and when it has gone the flow is installed.</summary>
    Decided,

    /// <summary>It waits no more.</summary>
    Ended,
}

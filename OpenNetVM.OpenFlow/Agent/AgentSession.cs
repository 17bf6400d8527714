using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>What the agent keeps of one channel.</summary>
internal sealed class AgentSession(SwitchAgent agent, OpenFlowConnection connection) : IChannelSession
{
    /// <summary>What is sent unasked unless the controller says otherwise (OpenFlow 1.3.5, 6.3.5 and table in 7.3.10): all but invalid TTLs, and to a slave ports alone.</summary>
    private static readonly AsyncMasks Defaults = new(
        Bits((int)PacketInReason.NoMatch, (int)PacketInReason.Action), 0,
        Bits(0, 1, 2), Bits(0, 1, 2),
        Bits(0, 1, 2, 3), 0);

    public OpenFlowConnection Connection { get; } = connection;

    public byte Version => Connection.Version;

    // Written under the agent's lock.
    public ControllerRole Role { get; set; } = ControllerRole.Equal;

    public AsyncMasks Masks { get; set; } = Defaults;

    public ushort MissSendLength { get; set; } = OpenFlowConstants.DefaultMissSendLength;

    public bool IsSlave => Role == ControllerRole.Slave;

    public bool WantsPacketIn(PacketInReason reason) => Has(IsSlave ? Masks.PacketInSlave : Masks.PacketIn, (int)reason);

    public bool WantsPortStatus(PortStatusReason reason) => Has(IsSlave ? Masks.PortStatusSlave : Masks.PortStatus, (int)reason);

    public bool WantsFlowRemoved(FlowRemovedReason reason) => Has(IsSlave ? Masks.FlowRemovedSlave : Masks.FlowRemoved, (int)reason);

    public ValueTask<OpenFlowError> HandleAsync(OpenFlowMessage message, CancellationToken cancellation) => agent.HandleAsync(this, message, cancellation);

    public void Close() => agent.Close(this);

    private static uint Bits(params ReadOnlySpan<int> bits)
    {
        uint mask = 0;
        foreach (int bit in bits)
            mask |= 1u << bit;
        return mask;
    }

    private static bool Has(uint mask, int bit) => (mask & (1u << bit)) != 0;
}

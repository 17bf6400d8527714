using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <content>What controllers are told unasked (OpenFlow 1.3.5, 7.4).</content>
internal sealed partial class SwitchAgent
{
    /// <summary>What fits a PACKET_IN behind its fixed part and a match of one field.</summary>
    private const int LongestPacket = OpenFlowConstants.LongestMessage - 64;

    /// <summary>Whether there is a controller that decides on packets: not a tool that looks in, nor one that is a slave.</summary>
    public bool IsControlled
    {
        get
        {
            foreach (AgentSession session in _sessions)
            {
                if (!session.Connection.IsPassive && !session.IsSlave)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Whether a packet that no rule matches goes to a controller: in 1.0 it does, in 1.3 it is dropped (5.4).</summary>
    public bool MissesGoToController
    {
        get
        {
            foreach (AgentSession session in _sessions)
            {
                if (session.Version == WireVersion.Of10 && !session.Connection.IsPassive)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Sends a packet to the controllers that want it, which must not wait: where a channel's queue is full it is dropped and counted there.</summary>
    /// <param name="frame">The packet.</param>
    /// <param name="inPort">The port on which it came.</param>
    /// <param name="rule">The rule that sent it here; null where none matched.</param>
    /// <param name="maxLength">How much of it the rule's output asks for; <see cref="OpenFlowConstants.WholePacket"/> is all.</param>
    /// <param name="bufferId">Where it waits; then only the first bytes are sent. Never 0, which os-ken takes for "not buffered".</param>
    /// <param name="reason">Why it is sent; null for what the rule says.</param>
    /// <returns>Controllers to which it is on its way.</returns>
    public int SendPacketIn(ReadOnlySpan<byte> frame, uint inPort, OpenFlowRule? rule, ushort maxLength, uint bufferId = OpenFlowConstants.NoBuffer, PacketInReason? reason = null)
    {
        PacketInReason why = reason ?? (rule is null || rule.IsTableMiss ? PacketInReason.NoMatch : PacketInReason.Action);
        bool isMiss = rule is null && why == PacketInReason.NoMatch;
        FlowMatch match = FlowMatch.Of(new OxmField(OxmFieldId.InPort, inPort));
        ValueArray<byte> whole = default;
        int sent = 0;
        foreach (AgentSession session in _sessions)
        {
            if (!session.WantsPacketIn(why) || (isMiss && session.Version != WireVersion.Of10))
                continue;
            // Without a rule it is the configuration that says how much; and without a buffer, everything must go.
            int length = bufferId == OpenFlowConstants.NoBuffer ? frame.Length : Math.Min(frame.Length, isMiss ? session.MissSendLength : maxLength);
            length = Math.Min(length, LongestPacket);
            ValueArray<byte> data = length == whole.Count ? whole : ValueArray.Create(frame[..length]);
            if (whole.Count == 0)
                whole = data;
            PacketIn message = new(bufferId, (ushort)Math.Min(frame.Length, ushort.MaxValue), why, Table: 0, rule?.Cookie ?? ulong.MaxValue, match, data);
            // A tool that looks in answers nothing.
            if (session.Connection.TrySend(message) && !session.Connection.IsPassive)
                sent++;
        }

        return sent;
    }

    /// <summary>Tells the controllers of a port that came, went or changed, and takes out the flows that had to do with it.</summary>
    public void PortChanged(PortStatusReason reason, PortDescription port)
    {
        lock (_gate)
        {
            foreach (OpenFlowRule rule in _rules.Within(default, default))
            {
                if (rule.Outputs(port.Port) || rule.Program.LeadsToUnnamedPorts)
                    Withdraw(rule);
            }

            OthersChanged();
        }

        foreach (AgentSession session in _sessions)
        {
            if (session.WantsPortStatus(reason))
                session.Connection.TrySend(new PortStatusMessage(reason, port));
        }
    }

    private void Tell(FlowRemoved message)
    {
        foreach (AgentSession session in _sessions)
        {
            if (session.WantsFlowRemoved(message.Reason))
                session.Connection.TrySend(message);
        }
    }
}

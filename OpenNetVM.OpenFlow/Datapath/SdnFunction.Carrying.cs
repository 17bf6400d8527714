using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>Sending packets along their paths, and doing what no service chain can.</content>
internal sealed partial class SdnFunction
{
    private bool TrySend(ref HeldPacket held, Packet packet, SwitchPath path)
    {
        PacketAction action = Carry(packet, path);
        if (action.Kind != PacketActionKind.Drop)
            return Context.TrySend(ref held, action);
        Context.Drop(ref held);
        return true;
    }

    // What is to be done with a packet of this path, at its beginning.
    private PacketAction Carry(Packet packet, SwitchPath path)
    {
        if (Datapath.IsClosed)
            return PacketAction.Next;
        if (path.IsDrop)
            return PacketAction.Drop;
        if (path.Services.Count == 0 && path.HasWork)
            return Work(packet, path);
        if (Datapath.Paths.Get(path) is { } entry)
            return PacketAction.ToChain(entry.Chain);
        SdnCounters.Add(ref Counters.Unroutable);
        return PacketAction.Drop;
    }

    // Does what is to be done at the end of a path; returns what is then to be done with the packet itself.
    private PacketAction Work(Packet packet, SwitchPath path)
    {
        for (int i = 0; i < path.Work.Count; i++)
        {
            switch (path.Work[i])
            {
                case EditOperation edit:
                    PacketFrame frame = new(packet);
                    if (PacketEditor.Apply(ref frame, edit.Action) is EditResult.NoRoom or EditResult.TtlExpired)
                        return PacketAction.Drop;
                    break;
                case SendOperation send when i == path.Work.Count - 1:
                    return Carry(packet, send.Path);
                case SendOperation send:
                    SendCopy(packet, send.Path);
                    break;
                case AskOperation ask:
                    SendToController(packet, ask);
                    break;
            }
        }

        return PacketAction.Drop;
    }

    private void SendCopy(Packet packet, SwitchPath path)
    {
        if (!Context.TryClone(packet, out HeldPacket copy))
        {
            SdnCounters.Add(ref Counters.CopiesLost);
            return;
        }

        if (TrySend(ref copy, Context.Open(ref copy), path))
            return;
        Context.Drop(ref copy);
        SdnCounters.Add(ref Counters.CopiesLost);
    }

    // A packet that goes elsewhere too is shown to the controller whole: it is not the controller's to send on.
    private void SendToController(Packet packet, AskOperation ask)
    {
        if (Datapath.Ports.Find(ask.InPort) is { SendsPacketIn: false })
            return;
        if (Datapath.Limiter.TryTake() && Agent.SendPacketIn(packet.Data, ask.InPort, ask.Rule, ask.MaxLength, reason: ask.Reason) > 0)
            SdnCounters.Add(ref Counters.Asked);
        else
            SdnCounters.Add(ref Counters.CopiesLost);
    }

    // Nobody decides, but tools that look in may want to see it.
    private void Show(Packet packet, AskOperation ask)
    {
        if (Agent.Sessions.Count > 0 && Datapath.Limiter.TryTake())
            Agent.SendPacketIn(packet.Data, ask.InPort, ask.Rule, ask.MaxLength, reason: ask.Reason);
    }
}

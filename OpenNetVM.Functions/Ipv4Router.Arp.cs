using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Functions.Internals;

namespace OpenNetVM.Functions;

public sealed partial class Ipv4Router
{
    // The shortest Ethernet frame, without its checksum.
    private const int ShortestFrame = 60;

    private Decision DecideArp(int network, EthernetHeader ethernet)
    {
        RouterInterface its = _interfaces[network];

        // RFC 1812, 3.3.2: a group is nobody's address.
        if (!ArpPacket.TryParse(ethernet.Payload, out ArpPacket arp) || arp.SenderMac.IsMulticast || arp.SenderMac.Value == 0)
            return Drop(Counter.Malformed);
        bool isRequest = arp.Operation == ArpOperation.Request && arp.TargetIp == its.Address;
        bool isProbe = arp.SenderIp == 0;
        bool isStation = !isProbe && arp.SenderIp != its.Address && its.HasStation(arp.SenderIp);

        // RFC 826: who is known is updated, and who asks for us is likely to be sent something. Answers to nothing that was asked teach nothing.
        if (isStation && (_neighbours!.TryFind(network, arp.SenderIp, out int slot) || (isRequest && _neighbours.TryAdd(network, arp.SenderIp, out slot))))
            Confirm(slot, arp.SenderMac);
        if (!isRequest || !(isStation || isProbe))
            return Drop(Counter.ArpRead);

        (arp.TargetMac, arp.TargetIp) = (arp.SenderMac, arp.SenderIp);
        (arp.SenderMac, arp.SenderIp) = (its.Mac, its.Address);
        arp.Operation = ArpOperation.Reply;
        ethernet.Destination = arp.TargetMac;
        ethernet.Source = its.Mac;
        return SendThrough(network, PacketPurpose.ArpReply);
    }

    // Addresses a packet to its next hop; if that one's Ethernet address is not known, asks for it.
    private Decision Resolve(Packet packet, RouteTarget target, uint destination, PacketPurpose purpose)
    {
        NeighbourTable neighbours = _neighbours!;
        uint nextHop = target.Gateway == 0 ? destination : target.Gateway;
        if (!neighbours.TryFind(target.Interface, nextHop, out int slot))
        {
            if (!neighbours.TryAdd(target.Interface, nextHop, out slot))
                return Drop(Counter.NotHeld);
            Ask(slot);
        }

        ref Neighbour neighbour = ref neighbours[slot];
        neighbour.IsUsed = true;
        if (neighbour.State != NeighbourState.Known)
            return WaitFor(slot, purpose);
        Address(packet, target.Interface, neighbour.Mac);
        return SendThrough(target.Interface, purpose);
    }

    private void Address(Packet packet, int network, MacAddress destination)
    {
        _ = EthernetHeader.TryParse(packet.Data, out EthernetHeader ethernet);
        ethernet.Destination = destination;
        ethernet.Source = _interfaces[network].Mac;
        ethernet.EtherType = EtherTypes.Ipv4;
    }

    private void Confirm(int slot, MacAddress mac)
    {
        NeighbourTable neighbours = _neighbours!;
        neighbours.MarkKnown(slot);
        ref Neighbour neighbour = ref neighbours[slot];
        neighbour.Mac = mac;
        neighbour.IsUsed = neighbour.Waiting.Count > 0;
        neighbour.Attempts = 0;
        neighbour.Due = Context.Now + _lifetimeTicks;
        while (_waiting.TryTake(ref neighbour.Waiting, out HeldPacket packet, out PacketPurpose purpose))
        {
            Address(Context.Open(ref packet), neighbour.Interface, mac);
            Send(ref packet, neighbour.Interface, purpose);
        }
    }

    private void Send(ref HeldPacket packet, int network, PacketPurpose purpose)
    {
        if (Context.TrySend(ref packet, PacketAction.ToPort(_interfaces[network].Port)))
        {
            Count(purpose);
            return;
        }

        Count(Counter.NotSent);
        Context.Drop(ref packet);
    }

    // Makes room by giving up the oldest packet that waits for the same neighbour.
    private void Wait(int slot, ref HeldPacket packet, PacketPurpose purpose)
    {
        ref Neighbour neighbour = ref _neighbours![slot];
        if ((neighbour.Waiting.Count >= _options.HeldPacketsPerNeighbour || _waiting.Count == _options.HeldPackets)
            && _waiting.TryTake(ref neighbour.Waiting, out HeldPacket oldest, out _))
        {
            Count(Counter.NotHeld);
            Context.Drop(ref oldest);
        }

        if (_waiting.TryAdd(ref neighbour.Waiting, packet, purpose))
            return;
        Count(Counter.NotHeld);
        Context.Drop(ref packet);
    }

    private void Tick()
    {
        _errorsLeft = _options.IcmpErrorsPerInterval;
        NeighbourTable neighbours = _neighbours!;

        // A timer does not fire to the tick: what is nearly due is due, or it would wait for another whole interval.
        long now = Context.Now + (_intervalTicks / 8);
        for (int slot = 0; slot < neighbours.Capacity; slot++)
        {
            ref Neighbour neighbour = ref neighbours[slot];
            if (neighbour.State == NeighbourState.None || now < neighbour.Due)
                continue;
            if (neighbour.Attempts >= _options.ArpAttempts)
                GiveUp(slot);
            else if (neighbour.State == NeighbourState.Asked || neighbour.IsUsed)
                Ask(slot);
            else
                neighbours.Remove(slot);
        }
    }

    private void GiveUp(int slot)
    {
        // Forgotten first: an error that goes to the same neighbour asks for it anew.
        WaitingPackets.Line line = _neighbours![slot].Waiting;
        _neighbours.Remove(slot);
        while (_waiting.TryTake(ref line, out HeldPacket packet, out PacketPurpose purpose))
        {
            Decision decision = purpose == PacketPurpose.Forward
                ? Report(Context.Open(ref packet), IcmpHeader.DestinationUnreachable, HostUnreachable)
                : Drop(Counter.NotHeld);
            switch (decision.Verdict)
            {
                case Verdict.Send:
                    Send(ref packet, decision.Value, decision.Purpose);
                    break;
                case Verdict.Wait:
                    Wait(decision.Value, ref packet, decision.Purpose);
                    break;
                default:
                    Context.Drop(ref packet);
                    break;
            }
        }
    }

    // A neighbour whose address is known is asked at that address (RFC 1122, 2.3.2.1), one whose is not by broadcast.
    private void Ask(int slot)
    {
        ref Neighbour neighbour = ref _neighbours![slot];
        neighbour.Attempts++;
        neighbour.Due = Context.Now + _intervalTicks;
        bool isKnown = neighbour.State == NeighbourState.Known;
        if (!Context.TryCreate(out HeldPacket request))
        {
            Count(Counter.ArpRequestsLost);
            return;
        }

        RouterInterface its = _interfaces[neighbour.Interface];
        if (Context.Open(ref request).TryAppend(ShortestFrame, out Span<byte> frame))
        {
            frame.Clear();
            _ = EthernetHeader.TryParse(frame, out EthernetHeader ethernet);
            ethernet.Destination = isKnown ? neighbour.Mac : MacAddress.Broadcast;
            ethernet.Source = its.Mac;
            ethernet.EtherType = EtherTypes.Arp;
            _ = ArpPacket.TryCreate(ethernet.Payload, out ArpPacket arp);
            arp.Operation = ArpOperation.Request;
            (arp.SenderMac, arp.SenderIp, arp.TargetIp) = (its.Mac, its.Address, neighbour.Address);
            if (Context.TrySend(ref request, PacketAction.ToPort(its.Port)))
            {
                Count(Counter.ArpRequests);
                return;
            }
        }

        Count(Counter.ArpRequestsLost);
        Context.Drop(ref request);
    }
}

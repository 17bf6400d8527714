using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Packets;
using OpenNetVM.Functions.Internals;

namespace OpenNetVM.Functions;

public sealed partial class Ipv4Router
{
    // Codes of RFC 792 and RFC 1191.
    private const byte NetworkUnreachable = 0;
    private const byte HostUnreachable = 1;
    private const byte ProtocolUnreachable = 2;
    private const byte PortUnreachable = 3;
    private const byte FragmentationNeeded = 4;
    private const byte TimeToLiveExceeded = 0;

    // An error repeats as much of its packet as fits 576 bytes (RFC 1812, 4.3.2.3), with precedence 6 (4.3.2.5).
    private const int LongestError = 576;
    private const byte ErrorTypeOfService = 0xC0;
    private const byte InitialTimeToLive = 64;

    private Decision Answer(Packet packet, Ipv4Header ip)
    {
        if (ip.Fragment != FragmentKind.None)
            return Drop(Counter.NotAnswered);
        if (ip.Protocol != IpProtocols.Icmp)
            return Report(packet, IcmpHeader.DestinationUnreachable, ip.Protocol == IpProtocols.Udp ? PortUnreachable : ProtocolUnreachable);
        if (!IcmpHeader.TryParse(ip.Payload, out IcmpHeader icmp) || !icmp.IsChecksumValid)
            return Drop(Counter.Malformed);
        if (icmp.Type != IcmpHeader.EchoRequest || icmp.Code != 0)
            return Drop(Counter.NotAnswered);
        if (!TryRouteBack(ip.Source, out RouteTarget target))
            return Drop(Counter.NotRoutable);
        if (ip.TotalLength > _interfaces[target.Interface].Mtu)
            return Drop(Counter.TooLong);

        // Exchanging the addresses leaves their sum as it is.
        (ip.Source, ip.Destination) = (ip.Destination, ip.Source);
        ip.ReplaceTimeToLive(InitialTimeToLive);
        icmp.Type = IcmpHeader.EchoReply;
        icmp.Checksum = InternetChecksum.Update(icmp.Checksum, (ushort)(IcmpHeader.EchoRequest << 8), (ushort)(IcmpHeader.EchoReply << 8));
        return Resolve(packet, target, ip.Destination, PacketPurpose.EchoReply);
    }

    // Makes a packet the ICMP error about itself: it keeps its first bytes, and gets new headers in front of them.
    private Decision Report(Packet packet, byte type, byte code, ushort mtu = 0)
    {
        if (!Ipv4Header.TryParse(packet.Data[EthernetHeader.Length..], out Ipv4Header cause) || !MayReport(cause) || !TryRouteBack(cause.Source, out RouteTarget target))
            return Drop(Counter.NotReported);
        if (_errorsLeft == 0)
            return Drop(Counter.NotReported);

        RouterInterface its = _interfaces[target.Interface];
        uint destination = cause.Source;
        const int Added = Ipv4Header.MinimumLength + IcmpHeader.Length;
        int repeated = Math.Min(packet.Length - EthernetHeader.Length, Math.Min(LongestError, its.Mtu) - Added);
        if (!packet.TryPrepend(Added, out _) || !packet.TryTrimEnd(packet.Length - EthernetHeader.Length - Added - repeated))
            return Drop(Counter.NotReported);

        // The old Ethernet header lies where the end of the new headers comes to be.
        Span<byte> data = packet.Data[EthernetHeader.Length..];
        _ = Ipv4Header.TryCreate(data, IcmpHeader.Length + repeated, out Ipv4Header ip);
        ip.TypeOfService = ErrorTypeOfService;
        ip.Identification = _identification++;
        ip.TimeToLive = InitialTimeToLive;
        ip.Protocol = IpProtocols.Icmp;

        // The address of the interface that the error leaves through (RFC 1812, 4.3.2.4).
        ip.Source = its.Address;
        ip.Destination = destination;
        ip.UpdateChecksum();
        _ = IcmpHeader.TryParse(ip.Payload, out IcmpHeader icmp);
        icmp.Type = type;
        icmp.Code = code;
        icmp.Identifier = 0;
        icmp.SequenceNumber = mtu;
        icmp.UpdateChecksum();
        _errorsLeft--;
        return Resolve(packet, target, destination, PacketPurpose.IcmpError);
    }

    // RFC 1812, 4.3.2.7: no error about an error, about a fragment other than the first, nor about what was sent to or from no single station. The
    // destination and the link layer were looked at before.
    private static bool MayReport(Ipv4Header cause)
    {
        if (cause.Fragment == FragmentKind.Later)
            return false;
        return cause.Protocol != IpProtocols.Icmp || (IcmpHeader.TryParse(cause.Payload, out IcmpHeader icmp) && !icmp.IsError);
    }

    private bool TryRouteBack(uint source, out RouteTarget target)
    {
        int route = _routes.Find(source);
        target = route == Ipv4RouteTable.None ? default : _targets[route];
        return route != Ipv4RouteTable.None && target.Kind == RouteKind.Forward;
    }
}

using System.Diagnostics.CodeAnalysis;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Functions.Internals;

namespace OpenNetVM.Functions;

/// <summary>
/// An IPv4 router over Ethernet with static routes (RFC 1812): longest-prefix match, ARP (RFC 826) both ways, time to live, and the ICMP messages that
/// a sender needs (RFC 792): echo replies, time exceeded, destination unreachable. Run by one thread, as every function; <see cref="Statistics"/> may be
/// read by any.
/// </summary>
/// <remarks>
/// <para>It decides where every packet goes itself, so it stands last in its chain; the policy must let it send to the ports of all its interfaces.</para>
/// <para>Give the service one instance: each asks for neighbours, and hears the answers, by itself.</para>
/// <para>Packets for a neighbour whose address is not known wait, few and for a few seconds; see <see cref="Ipv4RouterOptions"/>. Headers are rewritten in
/// place: an ICMP error is the packet that caused it, with new headers in front. Nothing is allocated per packet.</para>
/// <para>
/// What it does not do of RFC 1812: it does not fragment (what is too long and may not be fragmented is reported, RFC 1191; what may be is dropped and counted),
/// does not reassemble what is for itself, sends no redirects, routes no multicast and no directed broadcasts (RFC 2644), and does not fill in record-route
/// and timestamp options. It refuses source routes (RFC 7126).
/// </para>
/// </remarks>
/// <example>
/// <code>
/// Ipv4RouterOptions options = new()
/// {
///     Interfaces =
///     [
///         new Ipv4Interface(lan, new MacAddress(0x0200_0000_0001), IPAddress.Parse("10.0.1.1"), 24),
///         new Ipv4Interface(wan, new MacAddress(0x0200_0000_0002), IPAddress.Parse("10.0.2.1"), 24),
///     ],
///     Routes = [new Ipv4Route(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.0.2.254"))],
/// };
/// ServiceId router = builder.AddService("router", () => new Ipv4Router(options));
/// builder.DefaultChain = ServiceChain.Through(router).ToDrop();
/// </code>
/// </example>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "What OnStart makes, OnStop disposes; the platform calls both.")]
public sealed partial class Ipv4Router : NetworkFunction
{
    private const int NoInterface = -1;

    private readonly Ipv4RouterOptions _options;
    private readonly RouterInterface[] _interfaces;
    private readonly Ipv4RouteTable _routes;
    private readonly RouteTarget[] _targets;
    private readonly int[] _interfaceOfPort;
    private readonly WaitingPackets _waiting;
    private NeighbourTable? _neighbours;
    private long _lifetimeTicks;
    private long _intervalTicks;
    private int _errorsLeft;
    private ushort _identification;

    /// <summary>Makes a router.</summary>
    /// <exception cref="ArgumentException">An option does not fit; the message says which and what to change.</exception>
    public Ipv4Router(Ipv4RouterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        RoutePlan plan = new(options);
        _options = options;
        _interfaces = plan.Interfaces;
        _routes = plan.Table;
        _targets = plan.Targets;
        _waiting = new WaitingPackets(options.HeldPackets);
        _interfaceOfPort = new int[_interfaces.Max(static its => its.Port.Value) + 1];
        Array.Fill(_interfaceOfPort, NoInterface);
        for (int i = 0; i < _interfaces.Length; i++)
            _interfaceOfPort[_interfaces[i].Port.Value] = i;
    }

    /// <inheritdoc/>
    protected override void OnStart()
    {
        _neighbours = new NeighbourTable(_options.NeighbourCapacity);
        _errorsLeft = _options.IcmpErrorsPerInterval;
        _intervalTicks = (long)(_options.ArpInterval.TotalSeconds * Context.Time.TimestampFrequency);
        _lifetimeTicks = (long)(_options.NeighbourLifetime.TotalSeconds * Context.Time.TimestampFrequency);
        Context.Schedule(_options.ArpInterval, Tick, _options.ArpInterval);
    }

    /// <inheritdoc/>
    protected override void OnStop()
    {
        _neighbours?.Dispose();
        _neighbours = null;
    }

    /// <inheritdoc/>
    protected override void ProcessBatch(PacketBatch batch)
    {
        foreach (Packet packet in batch)
        {
            Decision decision = Decide(packet);
            switch (decision.Verdict)
            {
                case Verdict.Send:
                    Count(decision.Purpose);
                    packet.SendTo(_interfaces[decision.Value].Port);
                    break;
                case Verdict.Wait:
                    HeldPacket held = Context.Hold(packet);
                    Wait(decision.Value, ref held, decision.Purpose);
                    break;
                default:
                    packet.Drop();
                    break;
            }
        }
    }

    private Decision Decide(Packet packet)
    {
        ushort port = packet.IngressPort.Value;
        int network = port < _interfaceOfPort.Length ? _interfaceOfPort[port] : NoInterface;
        if (network == NoInterface)
            return Drop(Counter.NotForRouter);
        if (!EthernetHeader.TryParse(packet.Data, out EthernetHeader ethernet) || ethernet.Source.IsMulticast)
            return Drop(Counter.Malformed);

        bool isOurs = ethernet.Destination == _interfaces[network].Mac;
        return ethernet.EtherType switch
        {
            EtherTypes.Ipv4 when isOurs => DecideIpv4(packet, ethernet),

            // What comes as a link-layer broadcast is not forwarded (RFC 1812, 5.3.4).
            EtherTypes.Ipv4 when ethernet.Destination.IsBroadcast => Drop(Counter.NotRoutable),
            EtherTypes.Arp when isOurs || ethernet.Destination.IsBroadcast => DecideArp(network, ethernet),
            _ => Drop(Counter.NotForRouter),
        };
    }

    private Decision DecideIpv4(Packet packet, EthernetHeader ethernet)
    {
        // RFC 1812, 5.2.2: length, version, header length, total length, checksum.
        if (!Ipv4Header.TryParse(ethernet.Payload, out Ipv4Header ip) || ip.TotalLength == 0 || ip.IsTruncated || !ip.IsChecksumValid)
            return Drop(Counter.Malformed);

        // What stands behind the packet is padding, and nobody else's business.
        int surplus = packet.Length - EthernetHeader.Length - ip.TotalLength;
        if (surplus > 0)
            packet.TryTrimEnd(surplus);
        if (IsNoSource(ip.Source))
            return Drop(Counter.NotRoutable);
        if (ip.HeaderLength > Ipv4Header.MinimumLength && !MayPass(ip.Options, out Counter reason))
            return Drop(reason);

        int route = _routes.Find(ip.Destination);
        if (route == Ipv4RouteTable.None)
            return Report(packet, IcmpHeader.DestinationUnreachable, NetworkUnreachable);
        RouteTarget target = _targets[route];
        return target.Kind switch
        {
            RouteKind.Forward => Forward(packet, ip, target),
            RouteKind.Local => Answer(packet, ip),
            _ => Drop(Counter.NotRoutable),
        };
    }

    private Decision Forward(Packet packet, Ipv4Header ip, RouteTarget target)
    {
        if (ip.TimeToLive <= 1)
            return Report(packet, IcmpHeader.TimeExceeded, TimeToLiveExceeded);
        int mtu = _interfaces[target.Interface].Mtu;
        if (ip.TotalLength > mtu)
            return ip.DontFragment ? Report(packet, IcmpHeader.DestinationUnreachable, FragmentationNeeded, (ushort)mtu) : Drop(Counter.TooLong);
        ip.TryDecrementTimeToLive();
        return Resolve(packet, target, ip.Destination, PacketPurpose.Forward);
    }

    // RFC 1812, 5.3.7, and RFC 6890: 0/8, 127/8, 224/4 and 240/4 send nothing that is to be routed.
    private static bool IsNoSource(uint address) => address >> 24 is 0 or 127 or >= 224;

    private static bool MayPass(HeaderOptions options, out Counter reason)
    {
        reason = Counter.NotRoutable;
        while (options.MoveNext())
        {
            if (options.Current.Kind is Ipv4OptionKinds.LooseSourceRoute or Ipv4OptionKinds.StrictSourceRoute)
                return false;
        }

        reason = Counter.Malformed;
        return options.End != OptionsEnd.Malformed;
    }
}

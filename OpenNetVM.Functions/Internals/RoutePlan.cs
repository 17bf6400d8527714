using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Functions.Internals;

/// <summary>What is done with packets for a prefix.</summary>
internal enum RouteKind : byte
{
    /// <summary>They go out of an interface.</summary>
    Forward,

    /// <summary>They are for the router.</summary>
    Local,

    /// <summary>They are dropped.</summary>
    NotRoutable,
}

/// <summary>Where packets for a prefix go.</summary>
/// <param name="Kind">What is done with them.</param>
/// <param name="Interface">Index of the interface.</param>
/// <param name="Gateway">The router that they are handed to, 0 where they go to their destination directly.</param>
internal readonly record struct RouteTarget(RouteKind Kind, int Interface = 0, uint Gateway = 0);

/// <summary>An interface as the router works with it.</summary>
internal readonly record struct RouterInterface(PortId Port, MacAddress Mac, uint Address, int PrefixLength, int Mtu)
{
    /// <summary>Whether an address is one that a station on the interface's network can have, the router's own included.</summary>
    public bool HasStation(uint address)
    {
        uint host = ~Ipv4RouteTable.Mask(PrefixLength);
        return ((address ^ Address) & ~host) == 0 && (PrefixLength > 30 || ((address & host) != 0 && (address & host) != host));
    }
}

/// <summary>The options of a router, checked and made ready. Immutable.</summary>
internal sealed class RoutePlan
{
    // 0.0.0.0/8 "this network", 127.0.0.0/8 loopback, 224.0.0.0/4 multicast, 240.0.0.0/4 reserved with limited broadcast (RFC 6890; RFC 1812, 5.3.7).
    private static readonly IPNetwork[] NeverRouted = [IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4")];

    private readonly List<(uint Network, int Length, int Target)> _prefixes = [];
    private readonly List<RouteTarget> _targets = [];

    public RoutePlan(Ipv4RouterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options.Interfaces);
        ArgumentNullException.ThrowIfNull(options.Routes);
        if (options.Interfaces.Count == 0)
            throw new ArgumentException("Ipv4RouterOptions.Interfaces is empty: a router has at least one interface.");
        foreach (IPNetwork network in NeverRouted)
            Add(Number(network.BaseAddress), network.PrefixLength, new RouteTarget(RouteKind.NotRoutable));
        Interfaces = [.. options.Interfaces.Select(Check)];
        for (int i = 0; i < Interfaces.Length; i++)
            AddInterface(i, options.Interfaces);
        CheckPairs(options.Interfaces);
        foreach (Ipv4Route route in options.Routes)
            AddRoute(route);

        // The router's own and the broadcast addresses hold whatever networks contain them.
        foreach (RouterInterface its in Interfaces)
        {
            if (its.PrefixLength <= 30)
            {
                uint host = ~Ipv4RouteTable.Mask(its.PrefixLength);
                Add(its.Address & ~host, 32, new RouteTarget(RouteKind.NotRoutable));
                Add(its.Address | host, 32, new RouteTarget(RouteKind.NotRoutable));
            }
        }

        for (int i = 0; i < Interfaces.Length; i++)
            Add(Interfaces[i].Address, 32, new RouteTarget(RouteKind.Local, i));
        Table = new Ipv4RouteTable(_prefixes);
        Targets = [.. _targets];
    }

    public RouterInterface[] Interfaces { get; }

    public Ipv4RouteTable Table { get; }

    /// <summary>What the table's numbers mean.</summary>
    public RouteTarget[] Targets { get; }

    public static uint Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private static RouterInterface Check(Ipv4Interface given)
    {
        ArgumentNullException.ThrowIfNull(given);
        ArgumentNullException.ThrowIfNull(given.Address);
        if (given.Address.AddressFamily != AddressFamily.InterNetwork)
            throw new ArgumentException($"The router's address on {given.Port} is {given.Address}, which is not an IPv4 address.");
        if (given.PrefixLength is < 1 or > 32)
            throw new ArgumentException($"The interface {given} has a prefix length of {given.PrefixLength}, but must have 1 to 32.");
        if (given.Port == PortId.None)
            throw new ArgumentException($"The interface {given} has no port. Use the id that NfManagerBuilder.AddPort returned.");
        if (given.Mac.IsMulticast || given.Mac.Value == 0)
            throw new ArgumentException($"The interface {given} needs the Ethernet address of a station, not of a group or zero.");
        if (given.Mtu is < 68 or > 65_535)
            throw new ArgumentException($"The interface {given} has an MTU of {given.Mtu}, but must have 68 to 65,535.");
        RouterInterface its = new(given.Port, given.Mac, Number(given.Address), given.PrefixLength, given.Mtu);
        if (NeverRouted.Any(network => network.Contains(given.Address)) || !its.HasStation(its.Address))
            throw new ArgumentException($"The interface {given} needs the address of a station, not of a network, a broadcast, a group or loopback.");
        return its;
    }

    private static void CheckPairs(IReadOnlyList<Ipv4Interface> given)
    {
        for (int i = 0; i < given.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                uint mask = Ipv4RouteTable.Mask(Math.Min(given[i].PrefixLength, given[j].PrefixLength));
                if (given[i].Port == given[j].Port)
                    throw new ArgumentException($"The interfaces {given[j]} and {given[i]} share a port. Give each interface a port of its own.");
                if (((Number(given[i].Address) ^ Number(given[j].Address)) & mask) == 0)
                    throw new ArgumentException($"The networks of the interfaces {given[j]} and {given[i]} overlap.");
            }
        }
    }

    private void AddInterface(int index, IReadOnlyList<Ipv4Interface> given) =>
        Add(Number(given[index].Address), given[index].PrefixLength, new RouteTarget(RouteKind.Forward, index));

    private void AddRoute(Ipv4Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        ArgumentNullException.ThrowIfNull(route.Gateway);
        if (route.Destination.BaseAddress.AddressFamily != AddressFamily.InterNetwork || route.Gateway.AddressFamily != AddressFamily.InterNetwork)
            throw new ArgumentException($"The route {route} is not an IPv4 route.");
        uint network = Number(route.Destination.BaseAddress);
        int length = route.Destination.PrefixLength;
        if (NeverRouted.Any(never => length >= never.PrefixLength && never.Contains(route.Destination.BaseAddress)))
            throw new ArgumentException($"The route {route} leads to addresses that are never routed.");
        uint gateway = Number(route.Gateway);
        int index = Array.FindIndex(Interfaces, its => its.HasStation(gateway));
        if (index < 0)
            throw new ArgumentException($"The gateway of the route {route} is a station on the network of none of the interfaces: {string.Join(", ", Interfaces.Select(its => new IPAddress(BinaryPrimitives.ReverseEndianness(its.Address)) + "/" + its.PrefixLength))}.");
        if (Interfaces.Any(its => its.Address == gateway))
            throw new ArgumentException($"The gateway of the route {route} is the router itself.");
        if (_prefixes.Exists(prefix => prefix.Network == network && prefix.Length == length))
            throw new ArgumentException($"The route {route} leads to a network that has a route or an interface already.");
        Add(network, length, new RouteTarget(RouteKind.Forward, index, gateway));
    }

    private void Add(uint network, int length, RouteTarget target)
    {
        _prefixes.Add((network & Ipv4RouteTable.Mask(length), length, _targets.Count));
        _targets.Add(target);
    }
}

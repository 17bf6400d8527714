using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using OpenNetVM.Core.Headers;
using OpenNetVM.Testing.Layers;

namespace OpenNetVM.Testing;

// Ethernet, VLAN tags, MPLS, ARP.
public sealed partial class PacketBuilder
{
    private const int MaximumVlan = 4_095;
    private const int MaximumPriority = 7;
    private const uint MaximumLabel = (1 << 20) - 1;

    /// <summary>Starts a frame from <see cref="DefaultSource"/> to <see cref="DefaultDestination"/>.</summary>
    public static PacketBuilder Ethernet() => Ethernet(DefaultSource, DefaultDestination);

    /// <summary>Starts a frame.</summary>
    public static PacketBuilder Ethernet(MacAddress source, MacAddress destination) => new([new EthernetLayer(source, destination)], 0, null);

    /// <summary>Starts a frame.</summary>
    /// <param name="source">For example "02:00:00:00:00:01".</param>
    /// <param name="destination">For example "ff:ff:ff:ff:ff:ff".</param>
    /// <exception cref="FormatException">A text is no MAC address.</exception>
    public static PacketBuilder Ethernet(string source, string destination) =>
        Ethernet(MacAddress.Parse(source, CultureInfo.InvariantCulture), MacAddress.Parse(destination, CultureInfo.InvariantCulture));

    /// <summary>Says what the last Ethernet header or VLAN tag announces, in place of the layer that follows (0x88B5, for experiments, where it is a payload).</summary>
    public PacketBuilder EtherType(ushort etherType) => ChangeLast(
        layer => layer switch
        {
            EthernetLayer ethernet => ethernet with { Type = etherType },
            VlanLayer vlan => vlan with { Type = etherType },
            _ => null,
        },
        "an EtherType");

    /// <summary>Adds an 802.1Q tag.</summary>
    /// <param name="id">0 to 4,095.</param>
    /// <param name="priority">0 to 7.</param>
    /// <param name="dropEligible">Whether the frame may be dropped first.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public PacketBuilder Vlan(int id, int priority = 0, bool dropEligible = false) => Tag(EtherTypes.Vlan, id, priority, dropEligible);

    /// <summary>Adds an 802.1ad service tag, the outer one of QinQ.</summary>
    /// <inheritdoc cref="Vlan"/>
    public PacketBuilder ServiceVlan(int id, int priority = 0, bool dropEligible = false) => Tag(EtherTypes.ServiceVlan, id, priority, dropEligible);

    /// <summary>Adds a service tag and a customer tag (802.1ad).</summary>
    /// <param name="service">The outer id, 0 to 4,095.</param>
    /// <param name="customer">The inner id, 0 to 4,095.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public PacketBuilder QinQ(int service, int customer) => ServiceVlan(service).Vlan(customer);

    /// <summary>Adds an MPLS label (RFC 3032). The last of several is marked as the bottom of the stack.</summary>
    /// <param name="label">0 to 1,048,575.</param>
    /// <param name="trafficClass">0 to 7.</param>
    /// <param name="ttl">Time to live.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public PacketBuilder Mpls(uint label, byte trafficClass = 0, byte ttl = 64)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(label, MaximumLabel);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trafficClass, MaximumPriority);
        return Append(new MplsLayer(label, trafficClass, ttl));
    }

    /// <summary>Asks for the hardware address of an IPv4 address, in the name of the frame's source.</summary>
    /// <exception cref="FormatException">An address is not an IP address.</exception>
    /// <exception cref="ArgumentException">An address is not IPv4.</exception>
    public PacketBuilder ArpRequest(string sender, string target) => Arp(isReply: false, sender, target);

    /// <summary>Tells the frame's destination that <paramref name="sender"/> is at the frame's source.</summary>
    /// <inheritdoc cref="ArpRequest"/>
    public PacketBuilder ArpReply(string sender, string target) => Arp(isReply: true, sender, target);

    /// <summary>Adds all layers of another packet, for tunnels: <c>outer.Gre().Inner(frame)</c>, <c>outer.Vxlan(100).Inner(frame)</c>.</summary>
    /// <remarks>Padding and cutting of the inner packet do not come along.</remarks>
    /// <exception cref="InvalidOperationException">The last layer cannot carry an Ethernet frame.</exception>
    public PacketBuilder Inner(PacketBuilder inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        PacketBuilder joined = Append(inner._layers[0]);
        return new([.. joined._layers, .. inner._layers.AsSpan(1)], _minimumLength, _cutTo);
    }

    private static uint Ipv4Number(System.Net.IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private PacketBuilder Tag(ushort tag, int id, int priority, bool dropEligible)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, MaximumVlan);
        ArgumentOutOfRangeException.ThrowIfNegative(priority);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, MaximumPriority);
        return Append(new VlanLayer(tag, (ushort)((priority << 13) | (dropEligible ? 0x1000 : 0) | id)));
    }

    private PacketBuilder Arp(bool isReply, string sender, string target)
    {
        (System.Net.IPAddress from, System.Net.IPAddress to) = Addresses(sender, target, AddressFamily.InterNetwork);
        return Append(new ArpLayer(isReply, Ipv4Number(from), Ipv4Number(to)));
    }
}

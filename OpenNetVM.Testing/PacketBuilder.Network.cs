using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OpenNetVM.Core.Headers;
using OpenNetVM.Testing.Layers;

namespace OpenNetVM.Testing;

// IPv4, IPv6 with its extension headers, GRE.
public sealed partial class PacketBuilder
{
    private const int MaximumOptions = 40;
    private const int MaximumFragmentOffset = 65_528;
    private const uint MaximumFlowLabel = (1 << 20) - 1;

    /// <summary>Adds an IPv4 header.</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="ttl">Time to live.</param>
    /// <param name="typeOfService">DSCP in the high six bits, ECN in the low two.</param>
    /// <param name="identification">Identification of the datagram, for its fragments.</param>
    /// <param name="dontFragment">Whether the datagram must not be fragmented.</param>
    /// <exception cref="FormatException">An address is not an IP address.</exception>
    /// <exception cref="ArgumentException">An address is not IPv4.</exception>
    public PacketBuilder Ipv4(string source, string destination, byte ttl = 64, byte typeOfService = 0, ushort identification = 0, bool dontFragment = false)
    {
        (IPAddress from, IPAddress to) = Addresses(source, destination, AddressFamily.InterNetwork);
        return Append(new Ipv4Layer(Ipv4Number(from), Ipv4Number(to)) { TimeToLive = ttl, TypeOfService = typeOfService, Identification = identification, DontFragment = dontFragment });
    }

    /// <summary>Adds an IPv6 header.</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="hopLimit">Hop limit.</param>
    /// <param name="trafficClass">DSCP in the high six bits, ECN in the low two.</param>
    /// <param name="flowLabel">0 to 1,048,575.</param>
    /// <exception cref="FormatException">An address is not an IP address.</exception>
    /// <exception cref="ArgumentException">An address is not IPv6.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The flow label is out of its range.</exception>
    public PacketBuilder Ipv6(string source, string destination, byte hopLimit = 64, byte trafficClass = 0, uint flowLabel = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(flowLabel, MaximumFlowLabel);
        (IPAddress from, IPAddress to) = Addresses(source, destination, AddressFamily.InterNetworkV6);
        return Append(new Ipv6Layer(Ipv6Number(from), Ipv6Number(to)) { HopLimit = hopLimit, TrafficClass = trafficClass, FlowLabel = flowLabel });
    }

    /// <summary>Adds an IPv4 or IPv6 header, as the addresses are, with time to live or hop limit 64.</summary>
    /// <exception cref="FormatException">An address is not an IP address.</exception>
    /// <exception cref="ArgumentException">The addresses are not of one IP version.</exception>
    public PacketBuilder Ip(string source, string destination) =>
        IPAddress.Parse(source).AddressFamily == AddressFamily.InterNetworkV6 ? Ipv6(source, destination) : Ipv4(source, destination);

    /// <summary>Gives the last IPv4 header options.</summary>
    /// <param name="options">The options, at most 40 bytes; padded with end-of-list to a multiple of 4.</param>
    /// <exception cref="ArgumentException">There are more than 40 bytes.</exception>
    /// <exception cref="InvalidOperationException">There is no IPv4 header.</exception>
    public PacketBuilder Ipv4Options(ReadOnlySpan<byte> options)
    {
        byte[] padded = PadOptions(options);
        return ChangeLast(layer => layer is Ipv4Layer ip ? ip with { Options = padded } : null, "IPv4 options");
    }

    /// <summary>Says what the last IP header or extension header announces, in place of the layer that follows (253, for experiments, where it is a payload).</summary>
    /// <exception cref="InvalidOperationException">There is no IP header.</exception>
    public PacketBuilder Protocol(byte protocol) => ChangeLast(
        layer => layer switch
        {
            Ipv4Layer ip => ip with { GivenProtocol = protocol },
            Ipv6Layer ip => ip with { GivenProtocol = protocol },
            Ipv6ExtensionLayer extension => extension with { GivenProtocol = protocol },
            _ => null,
        },
        "a protocol number");

    /// <summary>
    /// Makes the packet a fragment: sets the fields of the last IPv4 header, or adds a fragment header behind the last IPv6 header. The layers that follow are
    /// what this fragment carries; behind an offset that is a payload, with <see cref="Protocol"/> saying of what.
    /// </summary>
    /// <param name="offset">Where in the datagram the fragment begins, in bytes: a multiple of 8, at most 65,528.</param>
    /// <param name="more">Whether more fragments follow.</param>
    /// <param name="identification">The same in all fragments of a datagram; its low 16 bits for IPv4.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not possible.</exception>
    /// <exception cref="InvalidOperationException">There is no IP header, or other layers follow it already.</exception>
    public PacketBuilder Fragment(int offset, bool more, uint identification = 1)
    {
        if (offset is < 0 or > MaximumFragmentOffset || offset % 8 != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"A fragment begins at a multiple of 8 from 0 to {MaximumFragmentOffset}, but {offset} was given.");
        if (_layers[^1] is Ipv4Layer ip)
            return Replace(_layers.Length - 1, ip with { FragmentOffset = offset / 8, MoreFragments = more, Identification = (ushort)identification });

        byte[] rest = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)(offset | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(rest.AsSpan(2), identification);
        return AppendExtension(IpProtocols.Fragment, rest);
    }

    /// <summary>Adds a hop-by-hop options header behind an IPv6 header.</summary>
    /// <param name="options">The options in their own form; padded to whole 8 bytes with a padding option. At most 2,046 bytes.</param>
    /// <exception cref="ArgumentException">There are too many bytes.</exception>
    /// <exception cref="InvalidOperationException">The last layer is neither IPv6 nor an extension header.</exception>
    public PacketBuilder Ipv6HopByHop(ReadOnlySpan<byte> options = default) => AppendExtension(IpProtocols.HopByHop, PadIpv6Options(options));

    /// <summary>Adds a destination options header behind an IPv6 header.</summary>
    /// <inheritdoc cref="Ipv6HopByHop"/>
    public PacketBuilder Ipv6DestinationOptions(ReadOnlySpan<byte> options = default) => AppendExtension(IpProtocols.DestinationOptions, PadIpv6Options(options));

    /// <summary>Adds a segment routing header (RFC 8754) with no segments left: the packet is at its destination, the IPv6 header's.</summary>
    /// <param name="segments">The path, first stop first.</param>
    /// <exception cref="FormatException">A segment is not an IP address.</exception>
    /// <exception cref="ArgumentException">A segment is not IPv6, or there are more than 127.</exception>
    /// <exception cref="InvalidOperationException">The last layer is neither IPv6 nor an extension header.</exception>
    public PacketBuilder Ipv6Routing(params string[] segments)
    {
        const byte SegmentRouting = 4;
        const int MaximumSegments = 127;
        const int AddressLength = 16;
        ArgumentNullException.ThrowIfNull(segments);
        if (segments.Length is 0 or > MaximumSegments)
            throw new ArgumentException($"A routing header has 1 to {MaximumSegments} segments, but {segments.Length} were given.", nameof(segments));
        byte[] rest = new byte[6 + (segments.Length * AddressLength)];
        rest[0] = SegmentRouting;
        rest[2] = (byte)(segments.Length - 1);
        for (int i = 0; i < segments.Length; i++)
        {
            // The list is kept in reverse order: the last stop comes first.
            UInt128 number = Ipv6Number(Addresses(segments[i], segments[i], AddressFamily.InterNetworkV6).Source);
            BinaryPrimitives.WriteUInt128BigEndian(rest.AsSpan(6 + ((segments.Length - 1 - i) * AddressLength)), number);
        }

        return AppendExtension(IpProtocols.Routing, rest);
    }

    /// <summary>Adds a GRE header (RFC 2784). IP, MPLS or, with <see cref="Inner"/>, a whole Ethernet frame follows.</summary>
    /// <param name="key">The tunnel's key (RFC 2890); null for none.</param>
    /// <exception cref="InvalidOperationException">The last layer is not IP.</exception>
    public PacketBuilder Gre(uint? key = null) => Append(new GreLayer(key));

    private static UInt128 Ipv6Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    // Both IPv4 and TCP: whole 32-bit words, end-of-list (0) behind the last option.
    private static byte[] PadOptions(ReadOnlySpan<byte> options)
    {
        if (options.Length > MaximumOptions)
            throw new ArgumentException($"At most {MaximumOptions} bytes of options fit a header, but {options.Length} were given.", nameof(options));
        byte[] padded = new byte[(options.Length + 3) & ~3];
        options.CopyTo(padded);
        return padded;
    }

    private static byte[] PadIpv6Options(ReadOnlySpan<byte> options)
    {
        const int Most = 2_046;
        const byte PadN = 1;
        if (options.Length > Most)
            throw new ArgumentException($"At most {Most} bytes of options fit an extension header, but {options.Length} were given.", nameof(options));
        byte[] padded = new byte[Math.Max((options.Length + 2 + 7) & ~7, 8) - 2];
        options.CopyTo(padded);

        // One byte is padded by Pad1, which is 0; more by PadN, which counts the bytes behind its own two.
        int padding = padded.Length - options.Length;
        if (padding >= 2)
        {
            padded[options.Length] = PadN;
            padded[options.Length + 1] = (byte)(padding - 2);
        }

        return padded;
    }

    private PacketBuilder AppendExtension(byte kind, byte[] rest) => _layers[^1] is Ipv6Layer or Ipv6ExtensionLayer
        ? Append(new Ipv6ExtensionLayer(kind, rest))
        : throw new InvalidOperationException($"{_layers[^1].Name} cannot carry an IPv6 extension header: call this directly behind {nameof(Ipv6)}.");
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing.Layers;

namespace OpenNetVM.Testing;

/// <summary>
/// Describes a frame layer by layer and builds it, with right lengths, protocol numbers and checksums unless told otherwise. Immutable: every
/// call returns a new builder, so that a common beginning can be shared, also between threads.
/// </summary>
/// <remarks>
/// <para>Start with <see cref="Ethernet()"/>, or with a short form such as <see cref="Udp(string, ushort, string, ushort, ReadOnlySpan{byte})"/>; add
/// layers in the order of the wire; end with <see cref="Build()"/>. Layers stack freely: IP in IP, GRE, VXLAN, MPLS with an Ethernet frame inside.</para>
/// <example>
/// <code>
/// byte[] frame = PacketBuilder.Ethernet().Vlan(10).Ipv4("10.0.0.1", "10.0.0.2", ttl: 64).Tcp(1234, 80, TcpFlags.Syn).PadTo(60).Build();
/// </code>
/// </example>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class PacketBuilder
{
    private readonly Layer[] _layers;
    private readonly int _minimumLength;
    private readonly int? _cutTo;

    private PacketBuilder(Layer[] layers, int minimumLength, int? cutTo)
    {
        _layers = layers;
        _minimumLength = minimumLength;
        _cutTo = cutTo;
    }

    /// <summary>The source address of frames whose link addresses do not matter: 02:00:00:00:00:01.</summary>
    public static MacAddress DefaultSource => new(0x0200_0000_0001);

    /// <summary>The destination address of frames whose link addresses do not matter: 02:00:00:00:00:02.</summary>
    public static MacAddress DefaultDestination => new(0x0200_0000_0002);

    /// <summary>Bytes of the frame that <see cref="Build()"/> makes.</summary>
    public int Length => _cutTo ?? Math.Max(Measure()[0], _minimumLength);

    /// <summary>A UDP datagram over IPv4 or IPv6, as the addresses are, between the default stations.</summary>
    /// <exception cref="FormatException">An address is not an IP address.</exception>
    /// <exception cref="ArgumentException">The addresses are not of one IP version.</exception>
    public static PacketBuilder Udp(string source, ushort sourcePort, string destination, ushort destinationPort, ReadOnlySpan<byte> payload = default) =>
        Ethernet().Ip(source, destination).Udp(sourcePort, destinationPort).WithPayloadUnlessEmpty(payload);

    /// <summary>A UDP datagram over IPv4 or IPv6 with a text in UTF-8.</summary>
    /// <inheritdoc cref="Udp(string, ushort, string, ushort, ReadOnlySpan{byte})"/>
    public static PacketBuilder Udp(string source, ushort sourcePort, string destination, ushort destinationPort, string payload) =>
        Udp(source, sourcePort, destination, destinationPort, Encoding.UTF8.GetBytes(payload));

    /// <summary>A TCP segment over IPv4 or IPv6, as the addresses are, between the default stations.</summary>
    /// <exception cref="FormatException">An address is not an IP address.</exception>
    /// <exception cref="ArgumentException">The addresses are not of one IP version.</exception>
    public static PacketBuilder Tcp(string source, ushort sourcePort, string destination, ushort destinationPort, TcpFlags flags = TcpFlags.Ack, ReadOnlySpan<byte> payload = default) =>
        Ethernet().Ip(source, destination).Tcp(sourcePort, destinationPort, flags).WithPayloadUnlessEmpty(payload);

    /// <summary>A TCP segment over IPv4 or IPv6 with a text in UTF-8.</summary>
    /// <inheritdoc cref="Tcp(string, ushort, string, ushort, TcpFlags, ReadOnlySpan{byte})"/>
    public static PacketBuilder Tcp(string source, ushort sourcePort, string destination, ushort destinationPort, TcpFlags flags, string payload) =>
        Tcp(source, sourcePort, destination, destinationPort, flags, Encoding.UTF8.GetBytes(payload));

    /// <summary>A packet whose flow key is <paramref name="key"/>: TCP, UDP and SCTP with their header, other protocols with IP alone.</summary>
    public static PacketBuilder ForFlow(in Ipv4FlowKey key) =>
        Ethernet().Append(new Ipv4Layer(key.Source, key.Destination)).WithTransport(key.Protocol, key.SourcePort, key.DestinationPort);

    /// <inheritdoc cref="ForFlow(in Ipv4FlowKey)"/>
    public static PacketBuilder ForFlow(in Ipv6FlowKey key) =>
        Ethernet().Append(new Ipv6Layer(key.Source, key.Destination)).WithTransport(key.Protocol, key.SourcePort, key.DestinationPort);

    /// <summary>
    /// The same packet in the answer's direction: addresses, ports, and TCP's sequence and acknowledgement numbers change places in every layer; an echo or ARP
    /// request becomes the reply. Everything else, flags and payload too, stays. What was sent to a group is answered by <see cref="DefaultDestination"/>.
    /// </summary>
    public PacketBuilder Reversed() => new(Array.ConvertAll(_layers, static layer => layer.Reversed()), _minimumLength, _cutTo);

    /// <summary>Builds the frame.</summary>
    /// <exception cref="InvalidOperationException">A packet is longer than its length field can say.</exception>
    public byte[] Build()
    {
        int[] sizes = Measure();
        byte[] frame = new byte[Math.Max(sizes[0], _minimumLength)];
        Write(frame, sizes);
        return _cutTo is { } length ? frame[..length] : frame;
    }

    /// <summary>Builds the frame into memory of one's own.</summary>
    /// <param name="destination">Where the frame is to begin.</param>
    /// <returns>Bytes of the frame.</returns>
    /// <exception cref="ArgumentException">The frame is longer than <paramref name="destination"/>.</exception>
    /// <exception cref="InvalidOperationException">A packet is longer than its length field can say.</exception>
    public int Build(Span<byte> destination)
    {
        byte[] frame = Build();
        if (frame.Length > destination.Length)
            throw new ArgumentException($"The frame has {frame.Length} bytes, but there is room for {destination.Length}.", nameof(destination));
        frame.CopyTo(destination);
        return frame.Length;
    }

    /// <summary>What the frame is, in one line: see <see cref="FrameText.Describe"/>.</summary>
    public override string ToString() => FrameText.Describe(Build());

    private static (IPAddress Source, IPAddress Destination) Addresses(string source, string destination, AddressFamily family)
    {
        (IPAddress first, IPAddress second) = (IPAddress.Parse(source), IPAddress.Parse(destination));
        return first.AddressFamily == family && second.AddressFamily == family
            ? (first, second)
            : throw new ArgumentException($"Two {(family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")} addresses are needed, but {source} and {destination} were given.");
    }

    // Bytes of each layer with all it carries.
    private int[] Measure()
    {
        int[] sizes = new int[_layers.Length];
        int content = 0;
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            Layer? next = i + 1 < _layers.Length ? _layers[i + 1] : null;
            content = _layers[i].HeaderLength + content + _layers[i].TrailerLength(_layers[i].HeaderLength + content, next);
            sizes[i] = content;
        }

        return sizes;
    }

    // From the inside out: the checksum of an outer layer covers the finished inner ones.
    private void Write(byte[] frame, int[] sizes)
    {
        int[] starts = new int[_layers.Length];
        for (int i = 1; i < _layers.Length; i++)
            starts[i] = starts[i - 1] + _layers[i - 1].HeaderLength;
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            LayerContext context = new(i + 1 < _layers.Length ? _layers[i + 1] : null, Before<IpLayer>(i), Before<EthernetLayer>(i));
            _layers[i].Write(frame.AsSpan(starts[i], sizes[i]), context);
        }
    }

    private T? Before<T>(int index)
        where T : Layer => _layers.AsSpan(0, index).ToArray().OfType<T>().LastOrDefault();

    private PacketBuilder Append(Layer layer)
    {
        Layer last = _layers[^1];
        if (!last.Carries(layer))
            throw new InvalidOperationException($"{last.Name} cannot carry {layer.Name}: add the layers in the order of the wire.");
        return new([.. _layers, layer], _minimumLength, _cutTo);
    }

    private PacketBuilder Replace(int index, Layer layer)
    {
        Layer[] layers = [.. _layers];
        layers[index] = layer;
        return new(layers, _minimumLength, _cutTo);
    }

    // Changes the innermost layer for which the change is possible.
    private PacketBuilder ChangeLast(Func<Layer, Layer?> change, string what)
    {
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            if (change(_layers[i]) is { } changed)
                return Replace(i, changed);
        }

        throw new InvalidOperationException($"No layer of this packet has {what}: call this behind the layer that it is meant for.");
    }

    private PacketBuilder WithPayloadUnlessEmpty(ReadOnlySpan<byte> payload) => payload.IsEmpty ? this : Payload(payload);

    private PacketBuilder WithTransport(byte protocol, ushort sourcePort, ushort destinationPort) => protocol switch
    {
        IpProtocols.Tcp => Tcp(sourcePort, destinationPort),
        IpProtocols.Udp => Udp(sourcePort, destinationPort),
        IpProtocols.Sctp => Sctp(sourcePort, destinationPort),
        _ => Protocol(protocol),
    };
}

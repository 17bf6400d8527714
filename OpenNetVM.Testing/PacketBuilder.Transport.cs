using System.Text;
using OpenNetVM.Core.Headers;
using OpenNetVM.Testing.Layers;

namespace OpenNetVM.Testing;

// TCP, UDP, SCTP, ICMP, VXLAN and the payload.
public sealed partial class PacketBuilder
{
    /// <summary>Adds a TCP header.</summary>
    /// <param name="sourcePort">Source port.</param>
    /// <param name="destinationPort">Destination port.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="sequence">Sequence number.</param>
    /// <param name="acknowledgment">Acknowledgement number.</param>
    /// <param name="window">Window, not scaled.</param>
    /// <exception cref="InvalidOperationException">The last layer is not IP.</exception>
    public PacketBuilder Tcp(ushort sourcePort, ushort destinationPort, TcpFlags flags = TcpFlags.Ack, uint sequence = 0, uint acknowledgment = 0, ushort window = ushort.MaxValue) =>
        Append(new TcpLayer(sourcePort, destinationPort, flags) { Sequence = sequence, Acknowledgment = acknowledgment, Window = window });

    /// <summary>Gives the last TCP header options.</summary>
    /// <param name="options">The options, at most 40 bytes; padded with end-of-list to a multiple of 4.</param>
    /// <exception cref="ArgumentException">There are more than 40 bytes.</exception>
    /// <exception cref="InvalidOperationException">There is no TCP header.</exception>
    public PacketBuilder TcpOptions(ReadOnlySpan<byte> options)
    {
        byte[] padded = PadOptions(options);
        return ChangeLast(layer => layer is TcpLayer tcp ? tcp with { Options = padded } : null, "TCP options");
    }

    /// <summary>Adds a UDP header.</summary>
    /// <exception cref="InvalidOperationException">The last layer is not IP.</exception>
    public PacketBuilder Udp(ushort sourcePort, ushort destinationPort) => Append(new UdpLayer(sourcePort, destinationPort));

    /// <summary>Adds SCTP's common header (RFC 9260). A payload that follows goes into one unfragmented DATA chunk.</summary>
    /// <exception cref="InvalidOperationException">The last layer is not IP.</exception>
    public PacketBuilder Sctp(ushort sourcePort, ushort destinationPort, uint verificationTag = 0) =>
        Append(new SctpLayer(sourcePort, destinationPort, verificationTag));

    /// <summary>Adds an echo request or reply of ICMP or ICMPv6, as the IP header is.</summary>
    /// <param name="identifier">Names the sender's process.</param>
    /// <param name="sequence">Number of the request.</param>
    /// <param name="reply">True for a reply.</param>
    /// <exception cref="InvalidOperationException">The last layer is not IP.</exception>
    public PacketBuilder IcmpEcho(ushort identifier = 1, ushort sequence = 1, bool reply = false)
    {
        bool version6 = Before<IpLayer>(_layers.Length) is { IsVersion6: true };
        return Append(new IcmpEchoLayer(version6, reply, identifier, sequence));
    }

    /// <summary>Adds a UDP header to port 4789 and a VXLAN header (RFC 7348) behind IP. An Ethernet frame follows with <see cref="Inner"/>.</summary>
    /// <param name="networkIdentifier">The VNI, 0 to 16,777,215.</param>
    /// <param name="sourcePort">Source port of UDP; senders derive it from the inner flow.</param>
    /// <exception cref="ArgumentOutOfRangeException">The identifier is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The last layer is neither IP nor UDP.</exception>
    public PacketBuilder Vxlan(uint networkIdentifier, ushort sourcePort = 49_152)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(networkIdentifier, (1u << 24) - 1);
        PacketBuilder udp = _layers[^1] is UdpLayer ? this : Udp(sourcePort, VxlanLayer.Port);
        return udp.Append(new VxlanLayer(networkIdentifier));
    }

    /// <summary>Adds a payload, behind the one there is already.</summary>
    /// <exception cref="InvalidOperationException">The last layer cannot carry a payload.</exception>
    public PacketBuilder Payload(ReadOnlySpan<byte> payload)
    {
        if (_layers[^1] is PayloadLayer before)
            return Replace(_layers.Length - 1, new PayloadLayer([.. before.Bytes, .. payload]));
        PacketBuilder carrier = _layers[^1] is SctpLayer sctp ? Replace(_layers.Length - 1, sctp with { HasData = true }) : this;
        return carrier.Append(new PayloadLayer(payload.ToArray()));
    }

    /// <summary>Adds a text in UTF-8 as payload, behind the one there is already.</summary>
    /// <inheritdoc cref="Payload(ReadOnlySpan{byte})"/>
    public PacketBuilder Payload(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Payload(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Adds a payload of bytes that count up from 0 and start again behind 255.</summary>
    /// <param name="size">Bytes of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <inheritdoc cref="Payload(ReadOnlySpan{byte})"/>
    public PacketBuilder PayloadOfSize(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++)
            bytes[i] = (byte)i;
        return Payload(bytes);
    }

    /// <summary>Adds the payload that makes the whole frame as long as wanted.</summary>
    /// <param name="length">Bytes of the frame, without FCS: a frame of "64 bytes" in the sense of benchmarks has 60.</param>
    /// <exception cref="ArgumentOutOfRangeException">The headers alone are longer, or the padding of SCTP leaves no such length.</exception>
    /// <inheritdoc cref="Payload(ReadOnlySpan{byte})"/>
    public PacketBuilder FillTo(int length)
    {
        int headers = Payload([]).Measure()[0];
        PacketBuilder filled = length >= headers ? PayloadOfSize(length - headers) : this;
        if (filled.Measure()[0] != length)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A frame of {length} bytes cannot be had: its headers have {headers}.");
        return filled;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Headers;

/// <summary>
/// Where the layers of one frame are: 16 bytes, blittable, immutable, made by <see cref="FlowKeyReader"/> and small enough to be kept
/// beside the packet, so that a frame is parsed once. Offsets count from the first byte of the frame; 0 means "not there".
/// </summary>
/// <remarks>
/// A value that lay in memory that others can write proves nothing: every method here and in <see cref="FlowKeyReader"/> that takes one checks
/// it against the frame it is used with.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public readonly struct PacketLayers : IEquatable<PacketLayers>
{
    private readonly byte _status;
    private readonly byte _protocol;
    private readonly byte _fragment;

    // VLAN tags in the low four bits, MPLS labels in the high four; each stops counting at 15.
    private readonly byte _tags;
    private readonly ushort _etherType;
    private readonly ushort _networkOffset;
    private readonly ushort _transportOffset;
    private readonly ushort _payloadOffset;
    private readonly int _datagramEnd;

    internal PacketLayers(
        FlowKeyStatus status,
        byte protocol,
        FragmentKind fragment,
        byte tags,
        ushort etherType,
        int networkOffset,
        int transportOffset,
        int payloadOffset,
        int datagramEnd)
    {
        _status = (byte)status;
        _protocol = protocol;
        _fragment = (byte)fragment;
        _tags = tags;
        _etherType = etherType;
        _networkOffset = (ushort)networkOffset;
        _transportOffset = (ushort)transportOffset;
        _payloadOffset = (ushort)payloadOffset;
        _datagramEnd = datagramEnd;
    }

    /// <summary>Which flow key the frame has, or why it has none.</summary>
    public FlowKeyStatus Status => (FlowKeyStatus)_status;

    /// <summary>The IP protocol number (for IPv6 the one behind the extension headers); 0 where there is no key.</summary>
    public byte Protocol => _protocol;

    /// <summary>Whether the packet is a fragment.</summary>
    public FragmentKind Fragment => (FragmentKind)_fragment;

    /// <summary>Number of VLAN tags in front of the network layer, at most 15.</summary>
    public int VlanCount => _tags & 0x0F;

    /// <summary>Number of MPLS labels in front of the network layer, at most 15.</summary>
    public int MplsCount => _tags >> 4;

    /// <summary>
    /// Protocol number of what starts at <see cref="NetworkOffset"/>, in host order: <see cref="EtherTypes.Ipv4"/> or <see cref="EtherTypes.Ipv6"/>
    /// also where MPLS or PPPoE announced IP in their own way; at most 1,500 for an IEEE 802.3 frame that is not SNAP.
    /// </summary>
    public ushort EtherType => _etherType;

    /// <summary>Offset of the network header (the outermost IP header, the ARP packet...).</summary>
    public int NetworkOffset => _networkOffset;

    /// <summary>Offset of what follows the IP header with its options or extension headers; 0 where nothing of it is in the frame.</summary>
    public int TransportOffset => _transportOffset;

    /// <summary>Offset of the data of TCP, UDP or SCTP; 0 for other protocols, for later fragments and where the transport header is cut or wrong.</summary>
    public int PayloadOffset => _payloadOffset;

    /// <summary>Offset of the first byte behind the IP datagram as far as it is in the frame, that is without the padding of short frames.</summary>
    public int DatagramEnd => _datagramEnd;

    /// <summary>Whether the frame has a flow key.</summary>
    public bool HasKey => Status is FlowKeyStatus.Ipv4 or FlowKeyStatus.Ipv6;

    /// <summary>The frame from its network header on, without padding where it is IP; empty where this value does not fit the frame.</summary>
    public Span<byte> Network(Span<byte> frame) => Part(frame, _networkOffset);

    /// <summary>What follows the IP header with its options or extension headers, without padding; empty where there is nothing or this value does not fit the frame.</summary>
    public Span<byte> Transport(Span<byte> frame) => Part(frame, _transportOffset);

    /// <summary>The data of TCP, UDP or SCTP; empty where there is none or this value does not fit the frame.</summary>
    public Span<byte> Payload(Span<byte> frame) => Part(frame, _payloadOffset);

    /// <inheritdoc cref="Network(Span{byte})"/>
    public ReadOnlySpan<byte> Network(ReadOnlySpan<byte> frame) => Part(frame, _networkOffset);

    /// <inheritdoc cref="Transport(Span{byte})"/>
    public ReadOnlySpan<byte> Transport(ReadOnlySpan<byte> frame) => Part(frame, _transportOffset);

    /// <inheritdoc cref="Payload(Span{byte})"/>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> frame) => Part(frame, _payloadOffset);

    /// <inheritdoc/>
    public bool Equals(PacketLayers other) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<PacketLayers>(in this)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<PacketLayers>(in other)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PacketLayers other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_status, _protocol, _fragment, _tags, _etherType, _networkOffset, (_transportOffset << 16) | _payloadOffset, _datagramEnd);

    /// <summary>For example "Ipv4, protocol 6, fragment None, VLANs 1, labels 0, EtherType 0x0800 at 18, transport 38, payload 58, end 64".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Status}, protocol {_protocol}, fragment {Fragment}, VLANs {VlanCount}, labels {MplsCount}, EtherType 0x{_etherType:x4} at {_networkOffset}, transport {_transportOffset}, payload {_payloadOffset}, end {_datagramEnd}");

    /// <summary>Equality of all fields.</summary>
    public static bool operator ==(PacketLayers left, PacketLayers right) => left.Equals(right);

    /// <summary>Inequality of any field.</summary>
    public static bool operator !=(PacketLayers left, PacketLayers right) => !left.Equals(right);

    // The fields are read once: they may lie in memory that another process writes. The end is compared as an unsigned number so that a
    // negative one, which only foreign memory can hold, is refused too.
    private Span<byte> Part(Span<byte> frame, int offset)
    {
        int end = _datagramEnd;
        return offset == 0 || (uint)end > (uint)frame.Length || offset > end ? default : frame[offset..end];
    }

    private ReadOnlySpan<byte> Part(ReadOnlySpan<byte> frame, int offset)
    {
        int end = _datagramEnd;
        return offset == 0 || (uint)end > (uint)frame.Length || offset > end ? default : frame[offset..end];
    }
}

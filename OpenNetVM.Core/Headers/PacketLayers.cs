using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Headers;

/// <summary>
/// Where the layers of one frame are: 16 bytes, blittable, immutable, made by <see cref="FlowKeyReader"/> and small enough to be kept
/// beside the packet, so that a frame is parsed once. Offsets count from the first byte of the frame; 0 means "not there".
/// </summary>
/// <remarks>
/// <para>A value that lay in memory that others can write proves nothing: every method here and in <see cref="FlowKeyReader"/> that takes one checks
/// it against the frame it is used with.</para>
/// <para>Two words that are put together in registers: fields of their own, stored one by one and copied as a whole just after, would make the processor wait for its
/// stores each time.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public readonly struct PacketLayers : IEquatable<PacketLayers>
{
    // From the lowest bits: status (8), protocol (8), fragment (8), VLAN tags (4) and MPLS labels (4), each of which stops counting at 15, EtherType (16), network offset (16).
    private readonly ulong _first;

    // Transport offset (16), payload offset (16), end of the datagram (32).
    private readonly ulong _second;

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
        _first = (byte)status | ((uint)protocol << 8) | ((uint)(byte)fragment << 16) | ((uint)tags << 24) | ((ulong)etherType << 32) | ((ulong)(ushort)networkOffset << 48);
        _second = (ushort)transportOffset | ((uint)(ushort)payloadOffset << 16) | ((ulong)(uint)datagramEnd << 32);
    }

    /// <summary>From two words, which may come from memory that others write.</summary>
    internal PacketLayers(ulong first, ulong second) => (_first, _second) = (first, second);

    /// <summary>What <see cref="PacketLayers(ulong, ulong)"/> takes.</summary>
    internal (ulong First, ulong Second) Words => (_first, _second);

    /// <summary>Which flow key the frame has, or why it has none.</summary>
    public FlowKeyStatus Status => (FlowKeyStatus)(byte)_first;

    /// <summary>The IP protocol number (for IPv6 the one behind the extension headers); 0 where there is no key.</summary>
    public byte Protocol => (byte)(_first >> 8);

    /// <summary>Whether the packet is a fragment.</summary>
    public FragmentKind Fragment => (FragmentKind)(byte)(_first >> 16);

    /// <summary>Number of VLAN tags in front of the network layer, at most 15.</summary>
    public int VlanCount => (int)(_first >> 24) & 0x0F;

    /// <summary>Number of MPLS labels in front of the network layer, at most 15.</summary>
    public int MplsCount => (int)(_first >> 28) & 0x0F;

    /// <summary>
    /// Protocol number of what starts at <see cref="NetworkOffset"/>, in host order: <see cref="EtherTypes.Ipv4"/> or <see cref="EtherTypes.Ipv6"/>
    /// also where MPLS or PPPoE announced IP in their own way; at most 1,500 for an IEEE 802.3 frame that is not SNAP.
    /// </summary>
    public ushort EtherType => (ushort)(_first >> 32);

    /// <summary>Offset of the network header (the outermost IP header, the ARP packet...).</summary>
    public int NetworkOffset => (int)(_first >> 48);

    /// <summary>Offset of what follows the IP header with its options or extension headers; 0 where nothing of it is in the frame.</summary>
    public int TransportOffset => (ushort)_second;

    /// <summary>Offset of the data of TCP, UDP or SCTP; 0 for other protocols, for later fragments and where the transport header is cut or wrong.</summary>
    public int PayloadOffset => (ushort)(_second >> 16);

    /// <summary>Offset of the first byte behind the IP datagram as far as it is in the frame, that is without the padding of short frames.</summary>
    public int DatagramEnd => (int)(_second >> 32);

    /// <summary>Whether the frame has a flow key.</summary>
    public bool HasKey => Status is FlowKeyStatus.Ipv4 or FlowKeyStatus.Ipv6;

    /// <summary>The frame from its network header on, without padding where it is IP; empty where this value does not fit the frame.</summary>
    public Span<byte> Network(Span<byte> frame) => Part(frame, NetworkOffset);

    /// <summary>What follows the IP header with its options or extension headers, without padding; empty where there is nothing or this value does not fit the frame.</summary>
    public Span<byte> Transport(Span<byte> frame) => Part(frame, TransportOffset);

    /// <summary>The data of TCP, UDP or SCTP; empty where there is none or this value does not fit the frame.</summary>
    public Span<byte> Payload(Span<byte> frame) => Part(frame, PayloadOffset);

    /// <inheritdoc cref="Network(Span{byte})"/>
    public ReadOnlySpan<byte> Network(ReadOnlySpan<byte> frame) => Part(frame, NetworkOffset);

    /// <inheritdoc cref="Transport(Span{byte})"/>
    public ReadOnlySpan<byte> Transport(ReadOnlySpan<byte> frame) => Part(frame, TransportOffset);

    /// <inheritdoc cref="Payload(Span{byte})"/>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> frame) => Part(frame, PayloadOffset);

    /// <inheritdoc/>
    public bool Equals(PacketLayers other) => _first == other._first && _second == other._second;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PacketLayers other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second);

    /// <summary>For example "Ipv4, protocol 6, fragment None, VLANs 1, labels 0, EtherType 0x0800 at 18, transport 38, payload 58, end 64".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Status}, protocol {Protocol}, fragment {Fragment}, VLANs {VlanCount}, labels {MplsCount}, EtherType 0x{EtherType:x4} at {NetworkOffset}, transport {TransportOffset}, payload {PayloadOffset}, end {DatagramEnd}");

    /// <summary>Equality of all fields.</summary>
    public static bool operator ==(PacketLayers left, PacketLayers right) => left.Equals(right);

    /// <summary>Inequality of any field.</summary>
    public static bool operator !=(PacketLayers left, PacketLayers right) => !left.Equals(right);

    // The fields are read once: they may lie in memory that another process writes. The end is compared as an unsigned number so that a
    // negative one, which only foreign memory can hold, is refused too.
    private Span<byte> Part(Span<byte> frame, int offset)
    {
        int end = DatagramEnd;
        return offset == 0 || (uint)end > (uint)frame.Length || offset > end ? default : frame[offset..end];
    }

    private ReadOnlySpan<byte> Part(ReadOnlySpan<byte> frame, int offset)
    {
        int end = DatagramEnd;
        return offset == 0 || (uint)end > (uint)frame.Length || offset > end ? default : frame[offset..end];
    }
}

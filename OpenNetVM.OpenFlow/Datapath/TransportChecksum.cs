using System.Buffers.Binary;
using OpenNetVM.Core.Headers;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// The checksum of TCP, UDP, ICMP or ICMPv6 in a frame, kept right by differences (RFC 1624). A checksum of 0 in UDP says "none" and stays (RFC 768, RFC 6935). Unlike
/// the header views it wants of the header only that the checksum is there: a beginning of a segment is changed like a whole one.
/// </summary>
internal readonly ref struct TransportChecksum
{
    private const int TcpOffset = 16;
    private const int UdpOffset = 6;
    private const int IcmpOffset = 2;

    private readonly Span<byte> _field;
    private readonly byte _protocol;

    private TransportChecksum(Span<byte> field, byte protocol)
    {
        _field = field;
        _protocol = protocol;
    }

    /// <summary>Whether the frame has it: not in a later fragment, a header that is cut, or another protocol.</summary>
    public bool IsPresent => !_field.IsEmpty;

    /// <summary>Finds it.</summary>
    public static TransportChecksum Find(Span<byte> frame, in PacketLayers layers)
    {
        bool isIpv6 = layers.Status == FlowKeyStatus.Ipv6;
        int offset = layers.Protocol switch
        {
            IpProtocols.Tcp => TcpOffset,
            IpProtocols.Udp => UdpOffset,
            IpProtocols.Icmp when !isIpv6 => IcmpOffset,
            IpProtocols.Icmpv6 when isIpv6 => IcmpOffset,
            _ => -1,
        };
        Span<byte> transport = layers.Transport(frame);
        return offset < 0 || layers.Fragment == FragmentKind.Later || transport.Length < offset + 2 ? default : new(transport.Slice(offset, 2), layers.Protocol);
    }

    /// <summary>A 16-bit word under the checksum changed.</summary>
    public void Account(ushort from, ushort to)
    {
        if (TryRead(out ushort checksum))
            Write(InternetChecksum.Update(checksum, from, to));
    }

    /// <summary>An IPv4 address changed, which all but ICMP have under their checksum.</summary>
    public void AccountAddress(uint from, uint to)
    {
        if (_protocol != IpProtocols.Icmp && TryRead(out ushort checksum))
            Write(InternetChecksum.Update(checksum, from, to));
    }

    /// <summary>128 bits under the checksum changed.</summary>
    public void Account(UInt128 from, UInt128 to)
    {
        if (TryRead(out ushort checksum))
            Write(InternetChecksum.Update(checksum, from, to));
    }

    private bool TryRead(out ushort checksum)
    {
        checksum = 0;
        if (!IsPresent)
            return false;
        checksum = BinaryPrimitives.ReadUInt16BigEndian(_field);
        return checksum != 0 || _protocol != IpProtocols.Udp;
    }

    private void Write(ushort checksum) =>
        BinaryPrimitives.WriteUInt16BigEndian(_field, _protocol == IpProtocols.Udp ? InternetChecksum.ForUdp(checksum) : checksum);
}

using OpenNetVM.Core.Headers;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

/// <summary>
/// Fills in checksums of frames that are about to be sent, where the field is 0: IPv4 headers, TCP and UDP. What the device computes is asked of it, the rest is computed
/// here. Immutable.
/// </summary>
/// <param name="offloads">What the device was configured to compute: bits of RTE_ETH_TX_OFFLOAD_*.</param>
internal readonly unsafe struct TransmitChecksums(ulong offloads)
{
    // RTE_ETH_TX_OFFLOAD_*
    internal const ulong Ipv4 = 0x2;
    internal const ulong Udp = 0x4;
    internal const ulong Tcp = 0x8;
    internal const ulong All = Ipv4 | Udp | Tcp;

    // tx_offload of an mbuf: lengths of the layers in front, of 7 and 9 bits.
    internal const int NetworkBits = 7;
    internal const int LengthBits = 9;
    private const int UdpField = 6;
    private const int TcpField = 16;

    /// <summary>Fills in what is 0 in the frame of an mbuf of one segment. Everything is read from the frame as it is now, and stays within it.</summary>
    internal void Fill(Mbuf* mbuf)
    {
        Span<byte> frame = new(mbuf->BufferAddress + mbuf->DataOffset, (int)mbuf->PacketLength);
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        Span<byte> network = layers.Network(frame);
        Span<byte> transport = layers.Fragment == FragmentKind.None ? layers.Transport(frame) : default;
        if (layers.EtherType == EtherTypes.Ipv4 && Ipv4Header.TryParse(network, out Ipv4Header ip))
        {
            if (ip.Checksum == 0 && !TryAsk(mbuf, layers, Ipv4, Mbuf.TransmitIpv4 | Mbuf.TransmitIpChecksum))
                ip.UpdateChecksum();
            if (!ip.IsTruncated)
                FillTransport(mbuf, layers, transport, ip.PseudoHeader(transport.Length), Mbuf.TransmitIpv4);
        }
        else if (layers.EtherType == EtherTypes.Ipv6 && layers.TransportOffset == layers.NetworkOffset + Ipv6Header.Length && Ipv6Header.TryParse(network, out Ipv6Header six) && !six.IsTruncated)
        {
            FillTransport(mbuf, layers, transport, six.PseudoHeader(layers.Protocol, transport.Length), Mbuf.TransmitIpv6);
        }
    }

    /// <summary>Makes a field 0 again that the device was asked for and that holds a part of the sum: the driver has not taken the frame.</summary>
    internal static void Undo(Mbuf* mbuf)
    {
        ulong asked = mbuf->Flags & Mbuf.TransmitTransportMask;
        if (asked == 0)
            return;
        ulong lengths = mbuf->TransmitOffload;
        int transport = (int)((lengths & ((1 << NetworkBits) - 1)) + ((lengths >> NetworkBits) & ((1 << LengthBits) - 1)));
        byte* field = mbuf->BufferAddress + mbuf->DataOffset + transport + (asked == Mbuf.TransmitUdpChecksum ? UdpField : TcpField);
        field[0] = 0;
        field[1] = 0;
    }

    private void FillTransport(Mbuf* mbuf, PacketLayers layers, Span<byte> transport, uint pseudoHeader, ulong version)
    {
        // The device adds the data to the pseudo-header's sum, which it finds in the field (RTE_MBUF_F_TX_TCP_CKSUM).
        ushort start = (ushort)~InternetChecksum.Finish(pseudoHeader);
        if (layers.Protocol == IpProtocols.Tcp && TcpHeader.TryParse(transport, out TcpHeader tcp) && tcp.Checksum == 0)
        {
            tcp.Checksum = TryAsk(mbuf, layers, Tcp, version | Mbuf.TransmitTcpChecksum) ? start : InternetChecksum.Finish(pseudoHeader + InternetChecksum.Sum(transport));
        }
        else if (layers.Protocol == IpProtocols.Udp && UdpHeader.TryParse(transport, out UdpHeader udp) && udp.Checksum == 0 && udp.Length == transport.Length)
        {
            udp.Checksum = TryAsk(mbuf, layers, Udp, version | Mbuf.TransmitUdpChecksum) ? start : InternetChecksum.ForUdp(InternetChecksum.Finish(pseudoHeader + InternetChecksum.Sum(transport)));
        }
    }

    // False where the device cannot, or where the layers' lengths do not fit their bits.
    private bool TryAsk(Mbuf* mbuf, PacketLayers layers, ulong ability, ulong flags)
    {
        int length = layers.TransportOffset - layers.NetworkOffset;
        if ((offloads & ability) == 0 || (uint)layers.NetworkOffset >= 1 << NetworkBits || (uint)length >= 1 << LengthBits)
            return false;
        mbuf->TransmitOffload = (uint)layers.NetworkOffset | ((ulong)(uint)length << NetworkBits);
        mbuf->Flags |= flags;
        return true;
    }
}

using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.Tests.Support;
using PacketDotNet;

namespace OpenNetVM.Tests.Headers;

/// <summary>Every field of real frames against PacketDotNet, another library that reads them, where it understands the frame.</summary>
public class PacketDotNetOracleTests
{
    public static TheoryData<string> Captures => RawCapture.RealCaptures;

    [Theory, MemberData(nameof(Captures))]
    public void Fields_of_real_frames_are_those_that_PacketDotNet_reads(string name)
    {
        int compared = 0;
        int number = 0;
        foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture(name)))
        {
            number++;
            PacketLayers layers;
            if (frame.LinkType == RawCapture.LinuxSll)
                FlowKeyReader.ParseFrom(frame.Data, 16, BinaryPrimitives.ReadUInt16BigEndian(frame.Data.AsSpan(14)), out layers);
            else
                FlowKeyReader.Parse(frame.Data, out layers);
            if (!layers.HasKey || Understand(frame) is not { } packet)
                continue;
            try
            {
                compared += CompareEthernet(frame.Data, packet);
                compared += layers.Status == FlowKeyStatus.Ipv4 ? CompareIpv4(frame.Data, layers, packet) : CompareIpv6(frame.Data, layers, packet);
            }
            catch (Exception difference)
            {
                throw new InvalidOperationException($"Frame {number} differs: {Convert.ToHexString(frame.Data)}", difference);
            }
        }

        Assert.NotEqual(0, compared);
    }

    // PacketDotNet is given a copy, because it writes a total length where there is none.
    private static Packet? Understand(RawCapture.Frame frame) => Try(() => Packet.ParsePacket((LinkLayers)frame.LinkType, [.. frame.Data]));

    // PacketDotNet throws, some of it late, on what it cannot read; that it could is no part of this test.
    private static T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static int CompareEthernet(byte[] frame, Packet packet)
    {
        if (packet is not EthernetPacket theirs)
            return 0;
        Assert.True(EthernetHeader.TryParse(frame, out EthernetHeader ours));
        Assert.Equal(theirs.SourceHardwareAddress.GetAddressBytes(), Bytes(ours.Source));
        Assert.Equal(theirs.DestinationHardwareAddress.GetAddressBytes(), Bytes(ours.Destination));
        if (!ours.IsLength)
            Assert.Equal((ushort)theirs.Type, ours.EtherType);
        if (theirs.PayloadPacket is Ieee8021QPacket tagged)
        {
            Assert.True(VlanTag.TryParse(ours.Payload, out VlanTag tag));
            Assert.Equal((tagged.VlanIdentifier, (int)tagged.PriorityControlPoint, (ushort)tagged.Type), (tag.VlanId, (int)tag.Priority, tag.EtherType));
        }

        return 1;
    }

    private static int CompareIpv4(byte[] frame, PacketLayers layers, Packet packet)
    {
        if (packet.Extract<IPv4Packet>() is not { } theirs || !Ipv4Header.TryParse(layers.Network(frame.AsSpan()), out Ipv4Header ours))
            return 0;
        Assert.Equal(theirs.SourceAddress.GetAddressBytes(), ours.Bytes.Slice(12, 4));
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(theirs.SourceAddress.GetAddressBytes()), ours.Source);
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(theirs.DestinationAddress.GetAddressBytes()), ours.Destination);
        Assert.Equal(
            (theirs.HeaderLength * 4, theirs.TotalLength, (int)theirs.Id, theirs.TimeToLive, (int)theirs.Protocol, (int)theirs.Checksum, (int)theirs.TypeOfService),
            (ours.HeaderLength, ours.TotalLength == 0 ? theirs.TotalLength : (int)ours.TotalLength, (int)ours.Identification, (int)ours.TimeToLive, (int)ours.Protocol, (int)ours.Checksum, (int)ours.TypeOfService));
        Assert.Equal((theirs.FragmentOffset * 8, (theirs.FragmentFlags & 1) != 0, (theirs.FragmentFlags & 2) != 0), (ours.FragmentOffset, ours.MoreFragments, ours.DontFragment));
        if (ours.TotalLength != 0)
            Assert.Equal(theirs.ValidIPChecksum, ours.IsChecksumValid);
        if (layers.Fragment == FragmentKind.None)
            CompareTransport(layers.Transport(frame.AsSpan()), theirs, ours, default, IsComplete(ours) ? 4 : 0);
        return 1;
    }

    private static int CompareIpv6(byte[] frame, PacketLayers layers, Packet packet)
    {
        if (packet.Extract<IPv6Packet>() is not { } theirs || !Ipv6Header.TryParse(layers.Network(frame.AsSpan()), out Ipv6Header ours))
            return 0;
        Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(theirs.SourceAddress.GetAddressBytes()), ours.Source);
        Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(theirs.DestinationAddress.GetAddressBytes()), ours.Destination);
        Assert.Equal(
            ((int)theirs.TrafficClass, (uint)theirs.FlowLabel, (int)theirs.PayloadLength, (int)theirs.NextHeader, theirs.HopLimit),
            ((int)ours.TrafficClass, ours.FlowLabel, (int)ours.PayloadLength, (int)ours.NextHeader, (int)ours.HopLimit));
        if (layers.Fragment != FragmentKind.None)
            return 1;
        Assert.Equal((int)theirs.Protocol, layers.Protocol);
        CompareTransport(layers.Transport(frame.AsSpan()), theirs, default, ours, ours.IsTruncated ? 0 : 6);
        return 1;
    }

    // PacketDotNet's payloads and checksums need all bytes, and its lengths have 16 bits.
    private static bool IsComplete(Ipv4Header ip) => !ip.IsTruncated && ip.TotalLength != 0;

    // Version 0 compares the transport header alone.
    private static void CompareTransport(Span<byte> transport, Packet ip, Ipv4Header ip4, Ipv6Header ip6, int version)
    {
        Packet? theirs = Try(() => ip.PayloadPacket);
        if (theirs is TcpPacket theirTcp && TcpHeader.TryParse(transport, out TcpHeader tcp))
        {
            Assert.Equal(
                (theirTcp.SourcePort, theirTcp.DestinationPort, theirTcp.SequenceNumber, theirTcp.AcknowledgmentNumber, theirTcp.DataOffset * 4),
                (tcp.SourcePort, tcp.DestinationPort, tcp.SequenceNumber, tcp.AcknowledgmentNumber, tcp.HeaderLength));
            Assert.Equal((theirTcp.Flags & 0x1FF, theirTcp.WindowSize, theirTcp.Checksum, theirTcp.UrgentPointer & 0xFFFF), ((int)tcp.Flags, tcp.Window, tcp.Checksum, (int)tcp.UrgentPointer));
            if (version == 0)
                return;
            Assert.Equal(theirTcp.PayloadData?.Length ?? 0, tcp.Payload.Length);
            if (version == 4)
                Assert.Equal(theirTcp.ValidTcpChecksum, tcp.IsChecksumValid(ip4));
            else if (version == 6)
                Assert.Equal(theirTcp.ValidTcpChecksum, tcp.IsChecksumValid(ip6));
        }
        else if (theirs is UdpPacket theirUdp && UdpHeader.TryParse(transport, out UdpHeader udp))
        {
            // Its UDP length and TCP urgent pointer are signed: values from 0x8000 on come out negative.
            Assert.Equal((theirUdp.SourcePort, theirUdp.DestinationPort, theirUdp.Length & 0xFFFF, theirUdp.Checksum), (udp.SourcePort, udp.DestinationPort, (int)udp.Length, udp.Checksum));

            // Where UDP's length is not what IP leaves for it, PacketDotNet sums with one and the other.
            if (udp.Length != transport.Length || !udp.HasChecksum)
                return;
            if (version == 4)
                Assert.Equal(theirUdp.ValidUdpChecksum, udp.IsChecksumValid(ip4));
            else if (version == 6)
                Assert.Equal(theirUdp.ValidUdpChecksum, udp.IsChecksumValid(ip6));
        }
        else if (theirs is IcmpV4Packet theirIcmp && IcmpHeader.TryParse(transport, out IcmpHeader icmp))
        {
            Assert.Equal(((int)theirIcmp.TypeCode, theirIcmp.Checksum, theirIcmp.Id, theirIcmp.Sequence), ((icmp.Type << 8) | icmp.Code, icmp.Checksum, icmp.Identifier, icmp.SequenceNumber));
        }
    }

    private static byte[] Bytes(MacAddress address)
    {
        byte[] bytes = new byte[MacAddress.Length];
        address.TryWriteBytes(bytes);
        return bytes;
    }
}

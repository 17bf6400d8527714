using System.Buffers.Binary;
using System.Net;
using OpenNetVM.Core.Headers;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Testing;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A packet of which every field that an action can set is a property: what an action should have made of it is the packet with another value there.</summary>
internal sealed record SamplePacket(int Tags, bool IsIpv6, byte Protocol)
{
    public ulong EthernetDestination { get; init; } = 0x0200_0000_0002;

    public ulong EthernetSource { get; init; } = 0x0200_0000_0001;

    public ushort? EtherType { get; init; }

    public ushort VlanId { get; init; } = 5;

    public byte Priority { get; init; } = 3;

    public byte Dscp { get; init; } = 46;

    public byte Ecn { get; init; } = 1;

    public byte Ttl { get; init; } = 64;

    public uint FlowLabel { get; init; } = 0xABCDE;

    public byte? GivenProtocol { get; init; }

    public UInt128? Source { get; init; }

    public UInt128? Destination { get; init; }

    public ushort SourcePort { get; init; } = 1234;

    public ushort DestinationPort { get; init; } = 80;

    /// <summary>Type of the message of neighbour discovery that it is; 0 for another message.</summary>
    public byte Neighbour { get; init; }

    public byte IcmpType { get; init; } = 13;

    public byte IcmpCode { get; init; }

    public UInt128 Target { get; init; } = new(0xFE80_0000_0000_0000, 9);

    public ulong LinkAddress { get; init; } = 0x0200_0000_0005;

    /// <summary>Bytes of payload: an odd number, which no checksum of 16 bits likes.</summary>
    public int PayloadLength { get; init; } = 13;

    public bool HasUdpChecksum { get; init; } = true;

    public bool HasOptions { get; init; }

    public bool IsTcp => Protocol == IpProtocols.Tcp;

    public bool IsUdp => Protocol == IpProtocols.Udp;

    public bool IsSctp => Protocol == IpProtocols.Sctp;

    public bool IsIcmp => Protocol == IpProtocols.Icmp && !IsIpv6;

    public bool IsIcmpv6 => Protocol == IpProtocols.Icmpv6 && IsIpv6;

    public bool IsSolicitation => IsIcmpv6 && IcmpType == Icmpv6Header.NeighborSolicitation && IcmpCode == 0;

    public bool IsAdvertisement => IsIcmpv6 && IcmpType == Icmpv6Header.NeighborAdvertisement && IcmpCode == 0;

    /// <summary>Every protocol over every version of IP that carries it, behind 0 to 2 tags, with and without options.</summary>
    public static IEnumerable<SamplePacket> All()
    {
        for (int tags = 0; tags <= 2; tags++)
        {
            foreach (bool options in new[] { false, true })
            {
                foreach (bool six in new[] { false, true })
                {
                    foreach (byte protocol in new[] { IpProtocols.Tcp, IpProtocols.Udp, IpProtocols.Sctp, six ? IpProtocols.Icmpv6 : IpProtocols.Icmp })
                        yield return new SamplePacket(tags, six, protocol) { HasOptions = options };
                    yield return new SamplePacket(tags, six, IpProtocols.Udp) { HasUdpChecksum = false, HasOptions = options };
                }

                yield return new SamplePacket(tags, IsIpv6: true, IpProtocols.Icmpv6) { HasOptions = options, Neighbour = Icmpv6Header.NeighborSolicitation, IcmpType = Icmpv6Header.NeighborSolicitation };
                yield return new SamplePacket(tags, IsIpv6: true, IpProtocols.Icmpv6) { HasOptions = options, Neighbour = Icmpv6Header.NeighborAdvertisement, IcmpType = Icmpv6Header.NeighborAdvertisement };
            }
        }
    }

    public byte[] Build()
    {
        PacketBuilder builder = PacketBuilder.Ethernet(new MacAddress(EthernetSource), new MacAddress(EthernetDestination));
        if (Tags > 0)
            builder = builder.ServiceVlan(VlanId, Priority);
        for (int i = 1; i < Tags; i++)
            builder = builder.Vlan(7, priority: 1);
        if (EtherType is { } type)
            builder = builder.EtherType(type);
        byte[] source = Address(Source ?? (IsIpv6 ? new UInt128(0x2001_0DB8_0000_0000, 1) : 0x0A00_0001));
        byte[] destination = Address(Destination ?? (IsIpv6 ? new UInt128(0x2001_0DB8_0000_0000, 2) : 0x0A00_0002));
        byte trafficClass = (byte)((Dscp << 2) | Ecn);
        (string from, string to) = (new IPAddress(source).ToString(), new IPAddress(destination).ToString());
        builder = IsIpv6 ? builder.Ipv6(from, to, Ttl, trafficClass, FlowLabel) : builder.Ipv4(from, to, Ttl, trafficClass);
        if (HasOptions)
            builder = IsIpv6 ? builder.Ipv6HopByHop().Ipv6DestinationOptions(new byte[9]) : builder.Ipv4Options(new byte[7]);
        byte[] payload = [.. Enumerable.Range(1, PayloadLength).Select(i => (byte)(i * 37))];
        if (IsTcp)
            builder = builder.Tcp(SourcePort, DestinationPort, sequence: 0x1234_5678).TcpOptions([2, 4, 5, 0xB4]).Payload(payload);
        else if (IsUdp)
            builder = (HasUdpChecksum ? builder.Udp(SourcePort, DestinationPort) : builder.Udp(SourcePort, DestinationPort).WithoutUdpChecksum()).Payload(payload);
        else if (IsSctp)
            builder = builder.Sctp(SourcePort, DestinationPort, 0xCAFE).Payload(payload);
        else
            builder = builder.Protocol(Protocol).Payload(Message(source, destination, payload));
        if (GivenProtocol is { } protocol)
            builder = builder.Protocol(protocol);
        return builder.Build();
    }

    private byte[] Address(UInt128 value)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return IsIpv6 ? bytes : bytes[12..];
    }

    private byte[] Message(byte[] source, byte[] destination, byte[] payload)
    {
        byte[] message = [IcmpType, IcmpCode, 0, 0, 1, 2, 3, 4, .. payload];
        if (Neighbour != 0)
        {
            // An option of another kind (a nonce, RFC 3971) before the one that matters.
            byte[] link = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(link, LinkAddress);
            byte kind = Neighbour == Icmpv6Header.NeighborSolicitation ? (byte)1 : (byte)2;
            message = [IcmpType, IcmpCode, 0, 0, 0, 0, 0, 0, .. Address(Target), 14, 1, 1, 2, 3, 4, 5, 6, kind, 1, .. link[2..]];
        }

        byte[] pseudo = IsIpv6 ? [.. source, .. destination, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, 0, 0, 0, Protocol] : [];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)PacketBuilderTests.NaiveChecksum([.. pseudo, .. message]));
        return message;
    }
}

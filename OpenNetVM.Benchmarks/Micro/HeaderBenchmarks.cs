using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using PacketDotNet;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>What one received frame costs before its flow is looked up: layers, flow key, one rewritten field. PacketDotNet is the rival.</summary>
[MemoryDiagnoser]
public class HeaderBenchmarks
{
    /// <summary>The kinds of frames, all of 64 bytes but for IPv6 (74).</summary>
    public enum Kind
    {
        Tcp4,
        VlanTcp4,
        QinQUdp4,
        Tcp6,
    }

    private byte[] _frame = [];
    private PacketLayers _layers;

    [ParamsAllValues]
    public Kind Frame { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        byte[] tag = Frame switch
        {
            Kind.VlanTcp4 => [0x81, 0, 0, 100],
            Kind.QinQUdp4 => [0x88, 0xA8, 0, 100, 0x81, 0, 0, 200],
            _ => [],
        };
        byte protocol = Frame == Kind.QinQUdp4 ? IpProtocols.Udp : IpProtocols.Tcp;
        ushort etherType = Frame == Kind.Tcp6 ? EtherTypes.Ipv6 : EtherTypes.Ipv4;
        byte[] link = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, .. tag, (byte)(etherType >> 8), (byte)etherType];
        int ipLength = Frame == Kind.Tcp6 ? Ipv6Header.Length : Ipv4Header.MinimumLength;
        int payload = Math.Max(20, 64 - link.Length - ipLength);
        _frame = [.. link, .. new byte[ipLength + payload]];
        Span<byte> packet = _frame.AsSpan(link.Length);
        Span<byte> transport;
        if (Frame == Kind.Tcp6)
        {
            Ipv6Header.TryCreate(packet, payload, out Ipv6Header ip);
            (ip.NextHeader, ip.Source, ip.Destination) = (protocol, 1, 2);
            transport = ip.Payload;
        }
        else
        {
            Ipv4Header.TryCreate(packet, payload, out Ipv4Header ip);
            (ip.Protocol, ip.Source, ip.Destination) = (protocol, 0xC0000201, 0xC6336402);
            ip.UpdateChecksum();
            transport = ip.Payload;
        }

        if (protocol == IpProtocols.Tcp)
        {
            TcpHeader.TryCreate(transport, out TcpHeader tcp);
            (tcp.SourcePort, tcp.DestinationPort) = (4660, 80);
        }
        else
        {
            UdpHeader.TryCreate(transport, out UdpHeader udp);
            (udp.SourcePort, udp.DestinationPort) = (4660, 53);
        }

        if (FlowKeyReader.Parse(_frame, out _layers) is not (FlowKeyStatus.Ipv4 or FlowKeyStatus.Ipv6))
            throw new InvalidOperationException($"The {Frame} frame has no flow key: {_layers.Status}.");
    }

    [Benchmark(Baseline = true)]
    public FlowKeyStatus LayersAndKey() => FlowKeyReader.Read(_frame, out _, out _, out _);

    [Benchmark]
    public FlowKeyStatus LayersOnly() => FlowKeyReader.Parse(_frame, out _);

    [Benchmark]
    public uint KeyOfKnownLayers()
    {
        if (FlowKeyReader.TryReadKey(_frame, _layers, out Ipv4FlowKey ipv4))
            return ipv4.Source;
        FlowKeyReader.TryReadKey(_frame, _layers, out Ipv6FlowKey ipv6);
        return ipv6.SourcePort;
    }

    [Benchmark]
    public int PacketDotNetKey()
    {
        Packet packet = Packet.ParsePacket(LinkLayers.Ethernet, _frame);
        IPPacket ip = packet.Extract<IPPacket>();
        int addresses = ip.SourceAddress.GetHashCode() ^ ip.DestinationAddress.GetHashCode();
        return ip.PayloadPacket switch
        {
            TcpPacket tcp => addresses + tcp.SourcePort + tcp.DestinationPort,
            UdpPacket udp => addresses + udp.SourcePort + udp.DestinationPort,
            _ => addresses,
        };
    }
}

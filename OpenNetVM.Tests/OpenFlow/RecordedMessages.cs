using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>OpenFlow messages of real switches, controllers and tools, out of message files and of the TCP streams in captures.</summary>
internal static class RecordedMessages
{
    /// <summary>Every message file: "of13/4-2-ofp_flow_mod.packet" and so on.</summary>
    public static IEnumerable<string> VectorNames()
    {
        string folder = Path.Combine(RepositoryFiles.Root, "..", "shared", "openflow", "messages");
        return Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.packet", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)
            : [];
    }

    public static byte[] Vector(string name) => File.ReadAllBytes(Path.Combine(RepositoryFiles.OpenFlow("messages"), name));

    /// <summary>Captures of whole sessions, each with the list of its messages beside it.</summary>
    public static IEnumerable<string> Captures()
    {
        string sessions = RepositoryFiles.OpenFlow("sessions");
        IEnumerable<string> recorded = Directory.GetFiles(sessions, "*.pcap").Where(file => File.Exists(Path.ChangeExtension(file, ".seq.txt")));
        string traffic = Path.Combine(sessions, "..", "..", "traffic", "openflow");
        return recorded.Concat(Directory.GetFiles(traffic, "*.pcap*").Where(file => File.Exists(file + ".seq.txt"))).Order(StringComparer.Ordinal);
    }

    /// <summary>The messages of a capture, stream by stream; of a stream with a gap, those before it.</summary>
    public static List<byte[]> Read(string capture)
    {
        Dictionary<(UInt128, UInt128, uint), SortedDictionary<uint, byte[]>> streams = [];
        using CaptureReader reader = CaptureReader.OpenFile(capture);
        while (reader.TryRead(out CapturedFrame frame))
        {
            byte[] bytes = frame.Data.ToArray();
            FlowKeyStatus status = FlowKeyReader.Read(bytes, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
            if (!layers.HasKey || layers.Protocol != IpProtocols.Tcp || layers.DatagramEnd > bytes.Length
                || !TcpHeader.TryParse(bytes.AsSpan(layers.TransportOffset, layers.DatagramEnd - layers.TransportOffset), out TcpHeader tcp) || tcp.Payload.IsEmpty)
                continue;
            var key = status == FlowKeyStatus.Ipv4 ? (ipv4.Source, ipv4.Destination, Ports(ipv4.SourcePort, ipv4.DestinationPort))
                : (ipv6.Source, ipv6.Destination, Ports(ipv6.SourcePort, ipv6.DestinationPort));
            if (!streams.TryGetValue(key, out SortedDictionary<uint, byte[]>? segments))
                streams.Add(key, segments = []);
            if (!segments.TryGetValue(tcp.SequenceNumber, out byte[]? held) || held.Length < tcp.Payload.Length)
                segments[tcp.SequenceNumber] = tcp.Payload.ToArray();
        }

        return [.. streams.Values.SelectMany(Split)];
    }

    private static uint Ports(ushort source, ushort destination) => ((uint)source << 16) | destination;

    private static IEnumerable<byte[]> Split(SortedDictionary<uint, byte[]> segments)
    {
        List<byte> stream = [];
        uint next = segments.Keys.First();
        foreach ((uint sequence, byte[] data) in segments)
        {
            int known = (int)(next - sequence);
            if (known < 0)
                break;
            if (known < data.Length)
            {
                stream.AddRange(data.AsSpan(known));
                next = sequence + (uint)data.Length;
            }
        }

        byte[] bytes = [.. stream];
        int offset = 0;
        while (offset + 8 <= bytes.Length)
        {
            int length = (bytes[offset + 2] << 8) | bytes[offset + 3];
            if (length < 8 || offset + length > bytes.Length)
                yield break;
            yield return bytes[offset..(offset + length)];
            offset += length;
        }
    }
}

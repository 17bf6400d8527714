using System.Globalization;
using System.Net;
using System.Text.Json;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Headers;

/// <summary>
/// Counts of real captures against what tshark found in them (groundtruth.json and flows/*.tsv beside the captures; the definitions are at the top
/// of groundtruth.py there). All counts are of the outermost headers, but for vlan_tagged, where tshark counts a tag anywhere: frames whose only tag
/// is inside an Ethernet pseudowire are found by <see cref="HasTagInsidePseudowire"/>.
/// </summary>
public class GroundTruthTests
{
    public static TheoryData<string> Captures => RawCapture.RealCaptures;

    [Theory, MemberData(nameof(Captures))]
    public void Counts_of_packets_and_flows_are_those_of_tshark(string name)
    {
        string path = RepositoryFiles.Capture(name);
        using JsonDocument truth = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.Capture("groundtruth.json")));
        JsonElement expected = truth.RootElement.GetProperty(name);
        Counts counts = Count(path);

        Dictionary<string, int> actual = new()
        {
            ["packets"] = counts.Packets,
            ["ipv4"] = counts.Ipv4,
            ["ipv6"] = counts.Ipv6,
            ["non_ip"] = counts.NotIp,
            ["ip_without_5tuple"] = counts.WithoutKey,
            ["vlan_tagged"] = counts.VlanTagged,
            ["mpls"] = counts.Mpls,
            ["fragments_first"] = counts.FragmentsFirst,
            ["fragments_later"] = counts.FragmentsLater,
            ["ipv4_bad_header_checksum"] = counts.BadIpv4Checksum,
            ["tcp_syn_no_ack"] = counts.SynWithoutAck,
            ["flows_dir"] = counts.Flows.Count,
            ["flows_bidir"] = counts.BothDirections.Count,
            ["flows_dir_tcpudp"] = counts.TcpUdp.Count,
            ["flows_bidir_tcpudp"] = counts.TcpUdpBothDirections.Count,
        };
        string[] different = [.. actual.Where(pair => expected.GetProperty(pair.Key).GetInt32() != pair.Value).Select(pair => $"{pair.Key}: tshark {expected.GetProperty(pair.Key)}, ours {pair.Value}")];
        Assert.Empty(different);

        Dictionary<string, int> protocols = expected.GetProperty("l4").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32());
        Assert.Equal(
            protocols.OrderBy(entry => entry.Key, StringComparer.Ordinal),
            counts.Protocols.Select(entry => KeyValuePair.Create(entry.Key.ToString(CultureInfo.InvariantCulture), entry.Value)).OrderBy(entry => entry.Key, StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Captures))]
    public void Packets_and_bytes_of_every_flow_are_those_of_tshark(string name)
    {
        Counts counts = Count(RepositoryFiles.Capture(name));
        Dictionary<FiveTuple, (int Packets, long Bytes)> expected = [];
        foreach (string line in File.ReadLines(RepositoryFiles.Capture(Path.Combine("flows", name + ".tsv"))).Skip(1))
        {
            string[] column = line.Split('\t');
            FiveTuple key = new(
                IPAddress.Parse(column[0]),
                IPAddress.Parse(column[1]),
                byte.Parse(column[2], CultureInfo.InvariantCulture),
                ushort.Parse(column[3], CultureInfo.InvariantCulture),
                ushort.Parse(column[4], CultureInfo.InvariantCulture));
            expected.Add(key, (int.Parse(column[5], CultureInfo.InvariantCulture), long.Parse(column[6], CultureInfo.InvariantCulture)));
        }

        Assert.DoesNotContain(expected, flow => !counts.Flows.TryGetValue(flow.Key, out var ours) || ours != flow.Value);
        Assert.Equal(expected.Count, counts.Flows.Count);
    }

    [Fact]
    public void Every_capture_of_the_ground_truth_is_tested()
    {
        using JsonDocument truth = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.Capture("groundtruth.json")));
        Assert.Equal(truth.RootElement.EnumerateObject().Select(entry => entry.Name).Order(), RawCapture.RealCaptures.Select(row => row.Data).Order());
    }

    private static Counts Count(string path)
    {
        Counts counts = new();
        foreach (RawCapture.Frame frame in RawCapture.Read(path))
            CountFrame(counts, frame);
        return counts;
    }

    private static void CountFrame(Counts counts, RawCapture.Frame frame)
    {
        counts.Packets++;
        Span<byte> data = frame.Data;
        Ipv4FlowKey ipv4 = default;
        Ipv6FlowKey ipv6 = default;
        PacketLayers layers;
        if (frame.LinkType == RawCapture.LinuxSll)
        {
            FlowKeyReader.ParseFrom(data, 16, (ushort)((data[14] << 8) | data[15]), out layers);
            FlowKeyReader.TryReadKey(data, layers, out ipv4);
            FlowKeyReader.TryReadKey(data, layers, out ipv6);
        }
        else
        {
            Assert.Equal(RawCapture.Ethernet, frame.LinkType);
            FlowKeyReader.Read(data, out ipv4, out ipv6, out layers);
        }

        counts.VlanTagged += layers.VlanCount > 0 || HasTagInsidePseudowire(data, layers) ? 1 : 0;
        counts.Mpls += layers.MplsCount > 0 ? 1 : 0;
        if (layers.Status is FlowKeyStatus.NotIp or FlowKeyStatus.TruncatedLink)
        {
            counts.NotIp++;
            return;
        }

        if (layers.EtherType == EtherTypes.Ipv4)
            counts.Ipv4++;
        else
            counts.Ipv6++;
        if (!layers.HasKey)
        {
            counts.WithoutKey++;
            return;
        }

        if (layers.Status == FlowKeyStatus.Ipv4 && Ipv4Header.TryParse(layers.Network(data), out Ipv4Header ip) && !ip.IsChecksumValid)
            counts.BadIpv4Checksum++;
        counts.Protocols[layers.Protocol] = counts.Protocols.GetValueOrDefault(layers.Protocol) + 1;
        counts.FragmentsFirst += layers.Fragment == FragmentKind.First ? 1 : 0;
        counts.FragmentsLater += layers.Fragment == FragmentKind.Later ? 1 : 0;

        FiveTuple key = layers.Status == FlowKeyStatus.Ipv4 ? FiveTuple.Of(ipv4) : FiveTuple.Of(ipv6);
        FiveTuple both = layers.Status == FlowKeyStatus.Ipv4 ? FiveTuple.Of(ipv4.Canonical()) : FiveTuple.Of(ipv6.Canonical());
        (int packets, long bytes) = counts.Flows.GetValueOrDefault(key);
        counts.Flows[key] = (packets + 1, bytes + frame.WireLength);
        counts.BothDirections.Add(both);
        if (layers.Protocol is IpProtocols.Tcp or IpProtocols.Udp && layers.Fragment != FragmentKind.Later)
        {
            counts.TcpUdp.Add(key);
            counts.TcpUdpBothDirections.Add(both);
        }

        // Captures that cut packets short cut TCP headers too, so the flags are read where the whole header may not be there.
        Span<byte> transport = layers.Transport(data);
        if (layers.Protocol == IpProtocols.Tcp && layers.Fragment != FragmentKind.Later && transport.Length >= 14)
            counts.SynWithoutAck += ((TcpFlags)transport[13] & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn ? 1 : 0;
    }

    private static bool HasTagInsidePseudowire(ReadOnlySpan<byte> frame, PacketLayers layers)
    {
        if (layers.Status != FlowKeyStatus.NotIp || !EtherTypes.IsMpls(layers.EtherType))
            return false;
        const int ControlWord = 4;
        FlowKeyReader.Parse(frame[(layers.NetworkOffset + (4 * layers.MplsCount) + ControlWord)..], out PacketLayers inner);
        return inner.VlanCount > 0;
    }

    private sealed record FiveTuple(IPAddress Source, IPAddress Destination, byte Protocol, ushort SourcePort, ushort DestinationPort)
    {
        public static FiveTuple Of(Ipv4FlowKey key) =>
            new(new(IPAddress.HostToNetworkOrder((int)key.Source) & 0xFFFF_FFFFL), new(IPAddress.HostToNetworkOrder((int)key.Destination) & 0xFFFF_FFFFL), key.Protocol, key.SourcePort, key.DestinationPort);

        public static FiveTuple Of(Ipv6FlowKey key) => new(Address(key.Source), Address(key.Destination), key.Protocol, key.SourcePort, key.DestinationPort);

        private static IPAddress Address(UInt128 value)
        {
            Span<byte> bytes = stackalloc byte[16];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
            return new(bytes);
        }
    }

    private sealed class Counts
    {
        public int Packets { get; set; }

        public int Ipv4 { get; set; }

        public int Ipv6 { get; set; }

        public int NotIp { get; set; }

        public int WithoutKey { get; set; }

        public int VlanTagged { get; set; }

        public int Mpls { get; set; }

        public int FragmentsFirst { get; set; }

        public int FragmentsLater { get; set; }

        public int BadIpv4Checksum { get; set; }

        public int SynWithoutAck { get; set; }

        public Dictionary<byte, int> Protocols { get; } = [];

        public Dictionary<FiveTuple, (int Packets, long Bytes)> Flows { get; } = [];

        public HashSet<FiveTuple> BothDirections { get; } = [];

        public HashSet<FiveTuple> TcpUdp { get; } = [];

        public HashSet<FiveTuple> TcpUdpBothDirections { get; } = [];
    }
}

using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Testing;

namespace OpenNetVM.Docs.Snippets;

public class TestingFunctions : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-snippets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    sealed class HopCounter : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (!Ipv4Header.TryParse(packet.Layers.Network(packet.Data), out Ipv4Header ip) || !ip.TryDecrementTimeToLive())
                packet.Drop();
        }
    }

    // snippet: hop-counter-test
    [Fact]
    public void A_packet_at_its_last_hop_is_dropped()
    {
        using TestPlatform platform = TestPlatform.Of(() => new HopCounter());
        PacketBuilder packet = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", ttl: 1).Udp(1, 2);

        Assert.Empty(platform.Run(packet.Build()));
        Assert.Equal(1, platform.Statistics.Dropped);
    }

    // end

    [Fact]
    public void A_golden_capture()
    {
        string input = Path.Combine(_folder, "input.pcapng");
        string expected = Path.Combine(_folder, "expected.pcapng");
        using (CaptureWriter before = CaptureWriter.CreateFile(input))
        using (CaptureWriter after = CaptureWriter.CreateFile(expected))
        {
            byte[] sent = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", ttl: 9).Udp(1, 2).Build();
            byte[] left = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", ttl: 8).Udp(1, 2).Build();
            before.Write(sent, 1_000, sent.Length);
            after.Write(left, 1_000, left.Length);
        }

        // snippet: golden
        using TestPlatform platform = TestPlatform.Of(() => new HopCounter());
        CaptureAssert.Equal(expected, platform.Run(CaptureAssert.ReadFrames(input)));
        // end
    }

    [Fact]
    public void Frames_from_the_builder()
    {
        // snippet: packet-builder
        byte[] syn = PacketBuilder.Ethernet().Vlan(10).Ipv6("2001:db8::1", "2001:db8::2").Tcp(40_000, 443, TcpFlags.Syn).PadTo(60).Build();
        byte[] damaged = PacketBuilder.Udp("10.0.0.1", 53, "10.0.0.2", 53, "hello").WithBadChecksum().Build();
        byte[] cut = PacketBuilder.Udp("10.0.0.1", 53, "10.0.0.2", 53, "hello").CutTo(30).Build();
        byte[] answer = PacketBuilder.Tcp("10.0.0.1", 40_000, "10.0.0.2", 80).Reversed().Build();
        // end
        Assert.Equal([78, 47, 30, 54], [syn.Length, damaged.Length, cut.Length, answer.Length]);
    }
}

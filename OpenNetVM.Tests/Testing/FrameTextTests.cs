using OpenNetVM.Core.Headers;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Testing;

public class FrameTextTests
{
    public static TheoryData<string, PacketBuilder> Descriptions => new()
    {
        { "IPv4 10.0.0.1:1 > 10.0.0.2:2 TCP SYN len 60", PacketBuilder.Tcp("10.0.0.1", 1, "10.0.0.2", 2, TcpFlags.Syn).PadTo(60) },
        { "IPv4 10.0.0.1:1 > 10.0.0.2:2 TCP SYN,ACK len 54", PacketBuilder.Tcp("10.0.0.1", 1, "10.0.0.2", 2, TcpFlags.Syn | TcpFlags.Ack) },
        { "IPv4 10.0.0.1:1 > 10.0.0.2:2 TCP no flags len 54", PacketBuilder.Tcp("10.0.0.1", 1, "10.0.0.2", 2, TcpFlags.None) },
        { "IPv6 [2001:db8::1]:53 > [2001:db8::2]:5353 UDP len 62", PacketBuilder.Udp("2001:db8::1", 53, "2001:db8::2", 5353) },
        { "vlan 100 vlan 200 IPv4 10.0.0.1:1 > 10.0.0.2:2 SCTP len 54", PacketBuilder.Ethernet().QinQ(100, 200).Ip("10.0.0.1", "10.0.0.2").Sctp(1, 2) },
        { "mpls 16 mpls 17 IPv4 10.0.0.1 > 10.0.0.2 ICMP echo request len 50", PacketBuilder.Ethernet().Mpls(16).Mpls(17).Ip("10.0.0.1", "10.0.0.2").IcmpEcho() },
        { "IPv6 ::1 > ::2 ICMPv6 echo reply len 62", PacketBuilder.Ethernet().Ip("::1", "::2").IcmpEcho(reply: true) },
        { "IPv4 10.0.0.1 > 10.0.0.2 UDP later fragment len 38", PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Fragment(8, false).Protocol(17).Payload("rest") },
        { "IPv4 10.0.0.1 > 10.0.0.2 GRE len 42", PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Gre(1) },
        { "IPv4 10.0.0.1 > 10.0.0.2 protocol 253 len 35", PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Payload("x") },
        { "ARP who-has 10.0.0.2 tell 10.0.0.1 len 42", PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2") },
        { "ARP 10.0.0.1 is-at 02:00:00:00:00:01 len 42", PacketBuilder.Ethernet().ArpReply("10.0.0.1", "10.0.0.2") },
        { "Ethernet 02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x88b5 len 15", PacketBuilder.Ethernet().Payload("x") },
        { "cut in the link headers len 13", PacketBuilder.Ethernet().CutTo(13) },
        { "cut in the IP header len 20", PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).CutTo(20) },
        { "malformed IP header len 42", PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").WithLength(19).Udp(1, 2) },
    };

    [Theory]
    [MemberData(nameof(Descriptions))]
    public void A_frame_is_described_in_one_line(string expected, PacketBuilder builder)
    {
        Assert.Equal(expected, FrameText.Describe(builder.Build()));
        Assert.Equal(expected, builder.ToString());
    }

    [Theory]
    [MemberData(nameof(RawCapture.RealCaptures), MemberType = typeof(RawCapture))]
    public void Every_frame_of_a_real_capture_and_every_piece_of_it_can_be_described(string file)
    {
        foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture(file)).Take(300))
        {
            for (int length = 0; length <= Math.Min(frame.Data.Length, 80); length++)
                Assert.EndsWith($" len {length}", FrameText.Describe(frame.Data.AsSpan(0, length)), StringComparison.Ordinal);
            Assert.EndsWith($" len {frame.Data.Length}", FrameText.Describe(frame.Data), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_hex_dump_has_offsets_bytes_and_letters()
    {
        string[] lines = FrameText.HexDump("0123456789abcdef\x01z"u8).Split('\n');
        Assert.Equal("0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef", lines[0]);
        Assert.Equal("0010  01 7a                                            .z", lines[1]);
        Assert.Equal("", FrameText.HexDump([]));
    }
}

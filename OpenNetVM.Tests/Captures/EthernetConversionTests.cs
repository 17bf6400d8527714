using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

public class EthernetConversionTests
{
    private static readonly byte[] Source = [2, 0, 0, 0, 0, 1];
    private static readonly byte[] Destination = [2, 0, 0, 0, 0, 2];
    private static readonly byte[] Broadcast = [255, 255, 255, 255, 255, 255];
    private static readonly byte[] IPv4 = [0x45, 0, 0, 20, 1, 2, 3, 4, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    private static readonly byte[] IPv6 = [0x60, 0, 0, 0, 0, 0, 59, 64, .. new byte[32]];

    private static (List<ReadFrame> Frames, long Refused) Convert(LinkType type, params byte[][] frames)
    {
        CaptureFileBuilder file = new CaptureFileBuilder().PcapHeader(linkType: type);
        foreach (byte[] frame in frames)
            file.PcapRecord(1, 0, frame, wire: (uint)frame.Length + 100);
        using CaptureReader reader = file.Open();
        return (ReadFrame.All(reader), reader.UnconvertibleFrames);
    }

    private static void AssertBecomes(LinkType type, byte[] frame, byte[] expected)
    {
        (List<ReadFrame> frames, long refused) = Convert(type, frame);
        ReadFrame converted = Assert.Single(frames);
        Assert.Equal(expected, converted.Data);
        Assert.Equal(LinkType.Ethernet, converted.LinkType);
        Assert.Equal(expected.Length + 100, converted.WireLength);
        Assert.Equal(0, refused);
    }

    private static byte[] Sll(int packetType, int hardware, int addressLength, int protocol, byte[] payload) =>
        [0, (byte)packetType, (byte)(hardware >> 8), (byte)hardware, 0, (byte)addressLength, 10, 11, 12, 13, 14, 15, 0, 0, (byte)(protocol >> 8), (byte)protocol, .. payload];

    private static byte[] Sll2(int packetType, int hardware, int addressLength, int protocol, byte[] payload) =>
        [(byte)(protocol >> 8), (byte)protocol, 0, 0, 0, 0, 0, 3, (byte)(hardware >> 8), (byte)hardware, (byte)packetType, (byte)addressLength, 10, 11, 12, 13, 14, 15, 0, 0, .. payload];

    [Theory]
    [InlineData(LinkType.Raw)]
    [InlineData(LinkType.RawAlternate)]
    public void Raw_ip_is_told_apart_by_its_version(LinkType type)
    {
        AssertBecomes(type, IPv4, [.. Destination, .. Source, 8, 0, .. IPv4]);
        AssertBecomes(type, IPv6, [.. Destination, .. Source, 0x86, 0xDD, .. IPv6]);
        Assert.Equal(2, Convert(type, [], [0x50, 1, 2, 3]).Refused);
    }

    [Fact]
    public void Raw_ipv4_and_raw_ipv6_are_what_they_say()
    {
        AssertBecomes(LinkType.IPv4, IPv4, [.. Destination, .. Source, 8, 0, .. IPv4]);
        AssertBecomes(LinkType.IPv6, IPv6, [.. Destination, .. Source, 0x86, 0xDD, .. IPv6]);
    }

    [Theory]
    [InlineData(LinkType.Null)]
    [InlineData(LinkType.Loop)]
    public void Loopback_families_are_read_in_either_byte_order_and_numbering(LinkType type)
    {
        AssertBecomes(type, [2, 0, 0, 0, .. IPv4], [.. Destination, .. Source, 8, 0, .. IPv4]);
        AssertBecomes(type, [0, 0, 0, 2, .. IPv4], [.. Destination, .. Source, 8, 0, .. IPv4]);
        foreach (byte family in (byte[])[10, 23, 24, 28, 30])
        {
            AssertBecomes(type, [family, 0, 0, 0, .. IPv6], [.. Destination, .. Source, 0x86, 0xDD, .. IPv6]);
            AssertBecomes(type, [0, 0, 0, family, .. IPv6], [.. Destination, .. Source, 0x86, 0xDD, .. IPv6]);
        }

        Assert.Equal(2, Convert(type, [7, 0, 0, 0, 1], [2, 0, 0]).Refused);
    }

    [Fact]
    public void Cooked_frames_keep_their_address_and_protocol()
    {
        AssertBecomes(LinkType.LinuxSll, Sll(0, 1, 6, 0x0800, IPv4), [.. Destination, 10, 11, 12, 13, 14, 15, 8, 0, .. IPv4]);
        AssertBecomes(LinkType.LinuxSll, Sll(1, 1, 6, 0x0806, IPv4), [.. Broadcast, 10, 11, 12, 13, 14, 15, 8, 6, .. IPv4]);
        AssertBecomes(LinkType.LinuxSll, Sll(4, 65534, 0, 0x86DD, IPv6), [.. Destination, .. Source, 0x86, 0xDD, .. IPv6]);
        AssertBecomes(LinkType.LinuxSll, Sll(0, 1, 6, 4, [0x42, 0x42, 3]), [.. Destination, 10, 11, 12, 13, 14, 15, 0, 3, 0x42, 0x42, 3]);
    }

    [Fact]
    public void Cooked_frames_of_version_2_keep_their_address_and_protocol()
    {
        AssertBecomes(LinkType.LinuxSll2, Sll2(0, 1, 6, 0x0800, IPv4), [.. Destination, 10, 11, 12, 13, 14, 15, 8, 0, .. IPv4]);
        AssertBecomes(LinkType.LinuxSll2, Sll2(1, 1, 6, 0x0806, IPv4), [.. Broadcast, 10, 11, 12, 13, 14, 15, 8, 6, .. IPv4]);
        AssertBecomes(LinkType.LinuxSll2, Sll2(4, 772, 0, 0x86DD, IPv6), [.. Destination, .. Source, 0x86, 0xDD, .. IPv6]);
        AssertBecomes(LinkType.LinuxSll2, Sll2(0, 1, 6, 1, [0xFF, 0xFF]), [.. Destination, 10, 11, 12, 13, 14, 15, 0, 2, 0xFF, 0xFF]);
    }

    [Theory]
    [InlineData(LinkType.LinuxSll, 16)]
    [InlineData(LinkType.LinuxSll2, 20)]
    public void Cooked_frames_that_cannot_be_ethernet_are_counted_and_passed_over(LinkType type, int header)
    {
        Func<int, int, byte[], byte[]> make = type == LinkType.LinuxSll
            ? (hardware, protocol, payload) => Sll(0, hardware, 6, protocol, payload)
            : (hardware, protocol, payload) => Sll2(0, hardware, 6, protocol, payload);
        (List<ReadFrame> frames, long refused) = Convert(
            type,
            make(1, 0x0800, [])[..(header - 1)],
            make(824, 0x0800, IPv4),
            make(803, 0x0800, IPv4),
            make(1, 0x00F5, IPv4),
            make(1, 4, new byte[1501]),
            make(1, 0x0800, IPv4));
        Assert.Equal(5, refused);
        Assert.Equal(34, Assert.Single(frames).Data.Length);
    }

    [Fact]
    public void Ethernet_frames_are_left_alone()
    {
        byte[] shorterThanAHeader = [1, 2, 3];
        Assert.Equal([IPv4, shorterThanAHeader], Convert(LinkType.Ethernet, IPv4, shorterThanAHeader).Frames.Select(f => f.Data));
    }

    [Theory]
    [InlineData(105, "105 (IEEE 802.11)")]
    [InlineData(127, "127 (IEEE 802.11 with radiotap header)")]
    [InlineData(249, "249 (USBPcap)")]
    [InlineData(150, "150 (user-defined)")]
    [InlineData(999, "999 (unknown)")]
    public void Other_link_types_are_refused_by_name(int linkType, string name)
    {
        string reason = $"link type {name} cannot be delivered as Ethernet: only Ethernet, Linux cooked, raw IP and loopback can be converted";
        CaptureFileBuilder pcap = new CaptureFileBuilder().PcapHeader(linkType: (LinkType)linkType);
        Assert.Equal(reason, Assert.Throws<CaptureFormatException>(() => pcap.Open()).Reason);

        // In pcapng other interfaces may be fine: only a frame of the interface is refused.
        CaptureFileBuilder pcapng = new CaptureFileBuilder().Section().Interface().Interface((LinkType)linkType).Enhanced(IPv4);
        Assert.Null(ReadFrame.UpToDamage(pcapng.ToArray()).Error);
        (List<ReadFrame> frames, CaptureFormatException? error) = ReadFrame.UpToDamage(pcapng.Enhanced(IPv4, interfaceId: 1).ToArray());
        Assert.Single(frames);
        Assert.Equal(reason, error?.Reason);

        using CaptureReader asCaptured = new CaptureFileBuilder().PcapHeader(linkType: (LinkType)linkType).PcapRecord(0, 0, IPv4)
            .Open(new CaptureReaderOptions { ConvertToEthernet = false });
        Assert.Equal((LinkType)linkType, Assert.Single(ReadFrame.All(asCaptured)).LinkType);
    }

    [Fact]
    public void Every_named_link_type_has_a_description() =>
        Assert.All(Enum.GetValues<LinkType>(), type => Assert.DoesNotContain("unknown", type.Describe(), StringComparison.Ordinal));

    [Fact]
    public void Exactly_the_types_that_are_accepted_are_said_to_be()
    {
        for (int number = 0; number < 400; number++)
        {
            LinkType type = (LinkType)number;
            CaptureFormatException? error = ReadFrame.UpToDamage(new CaptureFileBuilder().PcapHeader(linkType: type).ToArray()).Error;
            Assert.Equal(type.CanBecomeEthernet(), error is null);
        }
    }
}

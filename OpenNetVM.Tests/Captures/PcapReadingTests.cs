using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

public class PcapReadingTests
{
    private static byte[] Frame(int length, byte seed = 1) => [.. Enumerable.Range(0, length).Select(i => (byte)(i + seed))];

    [Theory]
    [InlineData(false, 0xA1B2C3D4u, 1_000_000_123_000L)]
    [InlineData(true, 0xA1B2C3D4u, 1_000_000_123_000L)]
    [InlineData(false, 0xA1B23C4Du, 1_000_000_000_123L)]
    [InlineData(true, 0xA1B23C4Du, 1_000_000_000_123L)]
    public void Both_byte_orders_and_both_resolutions_are_read(bool bigEndian, uint magic, long expected)
    {
        using CaptureReader reader = new CaptureFileBuilder(bigEndian)
            .PcapHeader(magic)
            .PcapRecord(1_000, 123, Frame(60))
            .PcapRecord(1_000, 123, Frame(61, 7), wire: 1500)
            .Open();

        Assert.Equal(CaptureFormat.Pcap, reader.Format);
        Assert.Equal(new CaptureInterface(0, LinkType.Ethernet, 262_144, null), Assert.Single(reader.Interfaces));
        List<ReadFrame> frames = ReadFrame.All(reader);
        Assert.Equal([new ReadFrame(Frame(60), 60, expected, LinkType.Ethernet, 0), new ReadFrame(Frame(61, 7), 1500, expected, LinkType.Ethernet, 0)], frames);
        Assert.Equal(2, reader.FramesRead);
    }

    [Fact]
    public void The_last_second_that_pcap_can_express_is_read_without_overflow()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader().PcapRecord(uint.MaxValue, uint.MaxValue, Frame(60)).Open();
        Assert.True(reader.TryRead(out CapturedFrame frame));
        Assert.Equal((uint.MaxValue * 1_000_000_000L) + (uint.MaxValue * 1_000L), frame.TimestampNanoseconds);
    }

    [Fact]
    public void A_frame_cut_by_the_snap_length_says_so()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader().PcapRecord(0, 0, Frame(68), wire: 1514).PcapRecord(0, 0, Frame(68)).Open();
        Assert.True(reader.TryRead(out CapturedFrame cut));
        Assert.True(cut.IsTruncated);
        Assert.True(reader.TryRead(out CapturedFrame whole));
        Assert.False(whole.IsTruncated);
    }

    [Fact]
    public void A_time_stamp_is_also_a_date()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader().PcapRecord(1_700_000_000, 250_000, Frame(60)).Open();
        Assert.True(reader.TryRead(out CapturedFrame frame));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250), frame.Timestamp);
    }

    [Fact]
    public void A_header_without_records_is_an_empty_capture()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader().Open();
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void An_empty_frame_is_delivered()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader().PcapRecord(5, 6, [], wire: 64).Open();
        Assert.Equal(new ReadFrame([], 64, 5_000_006_000, LinkType.Ethernet, 0), Assert.Single(ReadFrame.All(reader)));
    }

    [Fact]
    public void The_length_of_a_frame_check_sequence_does_not_hide_the_link_type()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader(linkType: (LinkType)0x2400_0001).PcapRecord(0, 0, Frame(64)).Open();
        Assert.Equal(LinkType.Ethernet, Assert.Single(ReadFrame.All(reader)).LinkType);
    }

    [Fact]
    public void There_is_no_current_frame_before_the_first_read_and_after_the_last()
    {
        using CaptureReader reader = new CaptureFileBuilder().PcapHeader().PcapRecord(0, 0, Frame(60)).Open();
        Assert.Throws<InvalidOperationException>(() => reader.Current.WireLength);
        Assert.True(reader.TryRead(out _));
        Assert.Equal(60, reader.Current.WireLength);
        Assert.False(reader.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => reader.Current.WireLength);
    }
}

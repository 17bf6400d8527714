using System.Text;
using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

public class PcapNgReadingTests
{
    private static byte[] Frame(int length, byte seed = 1) => [.. Enumerable.Range(0, length).Select(i => (byte)(i + seed))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Enhanced_simple_and_obsolete_packet_blocks_are_read(bool bigEndian)
    {
        using CaptureReader reader = new CaptureFileBuilder(bigEndian)
            .Section()
            .Interface(snapLength: 70)
            .Enhanced(Frame(61), timestamp: 0x0001_0000_0005, wire: 1500)
            .Simple(Frame(70, 9), wire: 1000)
            .Simple(Frame(63, 10))
            .Obsolete(Frame(62, 3), timestamp: 7)
            .Open();

        Assert.Equal(CaptureFormat.PcapNg, reader.Format);
        Assert.Equal(
            [
                new ReadFrame(Frame(61), 1500, 0x0001_0000_0005 * 1000, LinkType.Ethernet, 0),
                new ReadFrame(Frame(70, 9), 1000, 0, LinkType.Ethernet, 0),
                new ReadFrame(Frame(63, 10), 63, 0, LinkType.Ethernet, 0),
                new ReadFrame(Frame(62, 3), 62, 7000, LinkType.Ethernet, 0),
            ],
            ReadFrame.All(reader));
    }

    [Theory]
    [InlineData(0, 3ul, 3_000_000_000L)]
    [InlineData(3, 3ul, 3_000_000L)]
    [InlineData(6, 3ul, 3_000L)]
    [InlineData(9, 1_700_000_000_123_456_789ul, 1_700_000_000_123_456_789L)]
    [InlineData(12, 3_999ul, 3L)]
    [InlineData(28, ulong.MaxValue, 1L)]
    [InlineData(29, ulong.MaxValue, 0L)]
    [InlineData(127, ulong.MaxValue, 0L)]
    [InlineData(0x80 | 0, 3ul, 3_000_000_000L)]
    [InlineData(0x80 | 1, 3ul, 1_500_000_000L)]
    [InlineData(0x80 | 32, 0x0000_0002_8000_0000ul, 2_500_000_000L)]
    [InlineData(0x80 | 127, ulong.MaxValue, 0L)]
    public void Time_stamp_resolutions_are_powers_of_ten_or_of_two(int resolution, ulong ticks, long nanoseconds)
    {
        using CaptureReader reader = new CaptureFileBuilder()
            .Section()
            .Interface(options: o => o.Option(9, (byte)resolution).Option(0))
            .Enhanced(Frame(60), ticks)
            .Open();
        Assert.Equal(nanoseconds, Assert.Single(ReadFrame.All(reader)).Timestamp);
    }

    [Theory]
    [InlineData(1_000L, 5ul, 1_000_000_005_000L)]
    [InlineData(-1L, 5ul, -999_995_000L)]
    [InlineData(long.MaxValue, 5ul, long.MaxValue)]
    [InlineData(long.MinValue, 5ul, long.MinValue)]
    [InlineData(0L, ulong.MaxValue, long.MaxValue)]
    public void A_time_stamp_offset_is_added_and_absurd_times_stop_at_the_ends_of_the_range(long offsetSeconds, ulong ticks, long nanoseconds)
    {
        foreach (bool bigEndian in (bool[])[false, true])
        {
            byte[] offset = new CaptureFileBuilder(bigEndian).I64(offsetSeconds).ToArray();
            using CaptureReader reader = new CaptureFileBuilder(bigEndian)
                .Section()
                .Interface(options: o => o.Option(14, offset).Option(0))
                .Enhanced(Frame(60), ticks)
                .Open();
            Assert.Equal(nanoseconds, Assert.Single(ReadFrame.All(reader)).Timestamp);
        }
    }

    [Fact]
    public void Interfaces_have_link_types_resolutions_and_names_of_their_own()
    {
        using CaptureReader reader = new CaptureFileBuilder()
            .Section()
            .Interface(LinkType.Ethernet, 0, o => o.Option(2, Encoding.UTF8.GetBytes("eth0")).Option(9, 9).Option(0))
            .Interface(LinkType.Ieee80211, 100)
            .Enhanced(Frame(60), 5, interfaceId: 1)
            .Interface(LinkType.Raw, 0, o => o.Option(9, 3))
            .Enhanced(Frame(61), 5, interfaceId: 0)
            .Enhanced(Frame(62), 5, interfaceId: 2)
            .Open(new CaptureReaderOptions { ConvertToEthernet = false });

        Assert.Equal(
            [
                new ReadFrame(Frame(60), 60, 5_000, LinkType.Ieee80211, 1),
                new ReadFrame(Frame(61), 61, 5, LinkType.Ethernet, 0),
                new ReadFrame(Frame(62), 62, 5_000_000, LinkType.Raw, 2),
            ],
            ReadFrame.All(reader));
        Assert.Equal(
            [new CaptureInterface(0, LinkType.Ethernet, 0, "eth0"), new CaptureInterface(1, LinkType.Ieee80211, 100, null), new CaptureInterface(2, LinkType.Raw, 0, null)],
            reader.Interfaces);
    }

    [Fact]
    public void Each_section_has_its_own_byte_order_and_interfaces()
    {
        byte[] little = new CaptureFileBuilder(false).Section().Interface().Interface(options: o => o.Option(9, 9)).Enhanced(Frame(60), 5, interfaceId: 1).ToArray();
        byte[] big = new CaptureFileBuilder(true).Section().Interface(options: o => o.Option(9, 0)).Enhanced(Frame(61), 5).ToArray();
        using CaptureReader reader = CaptureReader.Open(new MemoryStream([.. little, .. big, .. little]), "sections");
        Assert.Equal(
            [
                new ReadFrame(Frame(60), 60, 5, LinkType.Ethernet, 1),
                new ReadFrame(Frame(61), 61, 5_000_000_000, LinkType.Ethernet, 2),
                new ReadFrame(Frame(60), 60, 5, LinkType.Ethernet, 4),
            ],
            ReadFrame.All(reader));
    }

    [Fact]
    public void Unknown_blocks_and_options_are_passed_over()
    {
        using CaptureReader reader = new CaptureFileBuilder()
            .Section()
            .Block(0x0000_000A, body => body.U8(new byte[300_000]))
            .Interface(options: o => o.Option(2988, 1, 2, 3, 4, 5, 6, 7).Option(1, 65).Option(0).U32(0xFFFF_FFFF))
            .Block(5, body => body.U32(0))
            .Block(0x0000_0BAD, body => body.U32(32_473).U8(1, 2, 3))
            .Enhanced(Frame(60), 9, options: o => o.Option(1, 66, 67).Option(2, 1, 0, 0, 0).Option(0))
            .Block(0x4000_0BAD, _ => { })
            .Enhanced(Frame(61), 10)
            .Open();
        Assert.Equal([9_000L, 10_000L], ReadFrame.All(reader).Select(f => f.Timestamp));
    }

    [Fact]
    public void A_block_passed_over_is_not_held_in_memory()
    {
        const int Large = 64 * 1024 * 1024;
        byte[] head = new CaptureFileBuilder().Section().Interface().U32(0x0000_000A).U32(Large + 12).ToArray();
        byte[] tail = new CaptureFileBuilder().U32(Large + 12).Enhanced(Frame(60), 1).ToArray();
        using CaptureReader reader = CaptureReader.Open(new ConcatenatedStream(head, Large, tail), "large");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(reader.TryRead(out CapturedFrame frame));
        Assert.Equal(60, frame.WireLength);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_section_without_packets_is_an_empty_capture()
    {
        using CaptureReader reader = new CaptureFileBuilder().Section().Open();
        Assert.False(reader.TryRead(out _));
        Assert.Empty(reader.Interfaces);
    }

    /// <summary>Some bytes, then very many zeros, then some bytes.</summary>
    private sealed class ConcatenatedStream(byte[] head, int zeros, byte[] tail) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int done = 0;
            while (done < buffer.Length && _position < head.Length + (long)zeros + tail.Length)
            {
                long inTail = _position - head.Length - zeros;
                buffer[done++] = _position < head.Length ? head[_position] : inTail < 0 ? (byte)0 : tail[inTail];
                _position++;
            }

            return done;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

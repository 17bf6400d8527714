using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

public class CaptureWriterTests
{
    private static readonly byte[] Frame61 = [.. Enumerable.Range(1, 61).Select(i => (byte)i)];

    private static byte[] Written(Action<CaptureWriter> write, CaptureWriterOptions? options = null)
    {
        MemoryStream stream = new();
        using (CaptureWriter writer = CaptureWriter.Create(stream, options))
            write(writer);
        return stream.ToArray();
    }

    [Fact]
    public void A_pcapng_file_has_exactly_the_blocks_that_the_format_asks_for()
    {
        byte[] file = Written(
            w => w.Write(Frame61, 0x0102_0304_0506_0708, 1514),
            new CaptureWriterOptions { Application = "test", InterfaceName = "eth7", SnapLength = 100 });
        byte[] expected = new CaptureFileBuilder()
            .Block(0x0A0D0D0A, b => b.U32(0x1A2B3C4D).U16(1).U16(0).I64(-1).Option(4, [.. "test"u8]).Option(0))
            .Interface(LinkType.Ethernet, 100, o => o.Option(2, [.. "eth7"u8]).Option(9, 9).Option(0))
            .Enhanced(Frame61, 0x0102_0304_0506_0708, wire: 1514)
            .ToArray();
        Assert.Equal(expected, file);
    }

    [Fact]
    public void Direction_and_comment_become_options_of_the_packet_block()
    {
        byte[] file = Written(
            w =>
            {
                w.Write(Frame61, 5, 61, 0, CaptureDirection.Outbound, "dropped: no route");
                w.Write(Frame61, 5, 61, 0, CaptureDirection.Inbound);
                w.Write(Frame61, 5, 61, 0, CaptureDirection.Unknown, "ä");
            },
            new CaptureWriterOptions { Application = null });
        byte[] expected = new CaptureFileBuilder()
            .Section()
            .Interface(options: o => o.Option(9, 9).Option(0))
            .Enhanced(Frame61, 5, options: o => o.Option(1, [.. "dropped: no route"u8]).Option(2, 2, 0, 0, 0).Option(0))
            .Enhanced(Frame61, 5, options: o => o.Option(2, 1, 0, 0, 0).Option(0))
            .Enhanced(Frame61, 5, options: o => o.Option(1, [.. "ä"u8]).Option(0))
            .ToArray();
        Assert.Equal(expected, file);
    }

    [Fact]
    public void A_classic_file_has_the_nanosecond_magic_and_plain_records()
    {
        byte[] file = Written(
            w => w.Write(Frame61, 7_000_000_009, 1514),
            new CaptureWriterOptions { Format = CaptureFormat.Pcap, LinkType = LinkType.Raw });
        Assert.Equal(new CaptureFileBuilder().PcapHeader(0xA1B23C4D, LinkType.Raw).PcapRecord(7, 9, Frame61, wire: 1514).ToArray(), file);
    }

    [Fact]
    public void Frames_longer_than_the_snap_length_are_cut_and_keep_their_length_on_the_wire()
    {
        foreach (CaptureFormat format in Enum.GetValues<CaptureFormat>())
        {
            byte[] file = Written(w => w.Write(Frame61, 1, 61), new CaptureWriterOptions { Format = format, SnapLength = 60 });
            Assert.Equal(new ReadFrame(Frame61[..60], 61, 1, LinkType.Ethernet, 0), Assert.Single(ReadFrame.UpToDamage(file).Frames));
        }
    }

    [Property(MaxTest = 200)]
    public Property Whatever_is_written_is_read_back()
    {
        Gen<(byte[] Data, int Extra, long Time, int Interface)> frame =
            from length in Gen.Frequency((10, Gen.Choose(0, 200)), (3, Gen.Choose(1000, 9000)), (1, Gen.Choose(60_000, 140_000)))
            from fill in Gen.Choose(0, 255)
            from extra in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 100_000)))
            from seconds in Gen.Choose(0, int.MaxValue)
            from nanoseconds in Gen.Choose(0, 999_999_999)
            from id in Gen.Choose(0, 2)
            select (Enumerable.Range(fill, length).Select(i => (byte)i).ToArray(), extra, (seconds * 1_000_000_000L) + nanoseconds, id);
        return Prop.ForAll(
            frame.ArrayOf().ToArbitrary(),
            Gen.Elements(CaptureFormat.Pcap, CaptureFormat.PcapNg).ToArbitrary(),
            Gen.Elements(1, 1000, 256 * 1024).ToArbitrary(),
            (frames, format, threshold) =>
            {
                bool classic = format == CaptureFormat.Pcap;
                byte[] file = Written(
                    w =>
                    {
                        if (!classic)
                        {
                            Assert.Equal(1, w.AddInterface(LinkType.Ethernet, "second"));
                            Assert.Equal(2, w.AddInterface(LinkType.Raw, null, 200_000));
                        }

                        foreach ((byte[] data, int extra, long time, int id) in frames)
                            w.Write(data, time, data.Length + extra, classic ? 0 : id);
                        Assert.Equal(frames.Length, w.FramesWritten);
                    },
                    new CaptureWriterOptions { Format = format, FlushThreshold = threshold });
                (List<ReadFrame> read, CaptureFormatException? error) = ReadFrame.UpToDamage(file, new CaptureReaderOptions { ConvertToEthernet = false });
                Assert.Null(error);
                Assert.Equal(
                    frames.Select(f => new ReadFrame(f.Data, f.Data.Length + f.Extra, f.Time, !classic && f.Interface == 2 ? LinkType.Raw : LinkType.Ethernet, classic ? 0 : f.Interface)),
                    read);
            });
    }

    [Fact]
    public void Frames_are_gathered_into_few_writes()
    {
        CountingStream stream = new();
        using CaptureWriter writer = CaptureWriter.Create(stream);
        for (int i = 0; i < 100_000; i++)
            writer.Write(Frame61, i, 61);
        writer.Flush();
        Assert.Equal(writer.BytesWritten, stream.Length);
        Assert.InRange(stream.Writes, 1, (stream.Length / 32_768) + 2);
    }

    [Fact]
    public void Writing_a_frame_allocates_nothing()
    {
        using CaptureWriter writer = CaptureWriter.Create(Stream.Null);
        for (int i = 0; i < 20_000; i++)
            writer.Write(Frame61, i, 61);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20_000; i++)
            writer.Write(Frame61, i, 61);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000);
    }

    [Fact]
    public async Task Asynchronous_flush_and_disposal_write_everything()
    {
        MemoryStream stream = new();
        CaptureWriter writer = CaptureWriter.Create(stream, new CaptureWriterOptions { LeaveOpen = true });
        writer.Write(Frame61, 1, 61);
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Single(ReadFrame.UpToDamage(stream.ToArray()).Frames);
        writer.Write(Frame61, 2, 61);
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        Assert.True(stream.CanWrite);
        Assert.Equal([1L, 2L], ReadFrame.UpToDamage(stream.ToArray()).Frames.Select(f => f.Timestamp));
    }

    [Fact]
    public void A_writer_without_frames_makes_a_valid_empty_capture()
    {
        foreach (CaptureFormat format in Enum.GetValues<CaptureFormat>())
        {
            (List<ReadFrame> frames, CaptureFormatException? error) = ReadFrame.UpToDamage(Written(_ => { }, new CaptureWriterOptions { Format = format }));
            Assert.Empty(frames);
            Assert.Null(error);
        }
    }

    [Fact]
    public void Impossible_arguments_are_refused_and_leave_the_file_whole()
    {
        byte[] file = Written(w =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => w.Write(Frame61, -1, 61));
            Assert.Throws<ArgumentOutOfRangeException>(() => w.Write(Frame61, 1, 60));
            Assert.Throws<ArgumentOutOfRangeException>(() => w.Write(Frame61, 1, 61, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => w.Write(Frame61, 1, 61, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => w.Write(Frame61, 1, 61, 0, CaptureDirection.Unknown, new string('x', 65_536)));
            Assert.Throws<ArgumentOutOfRangeException>(() => w.AddInterface((LinkType)65_536));
            w.Write(Frame61, 1, 61);
        });
        Assert.Single(ReadFrame.UpToDamage(file).Frames);
        Assert.Null(ReadFrame.UpToDamage(file).Error);
    }

    [Fact]
    public void Classic_pcap_refuses_what_it_cannot_express()
    {
        byte[] file = Written(
            w =>
            {
                Assert.Throws<NotSupportedException>(() => w.AddInterface(LinkType.Ethernet));
                Assert.Throws<NotSupportedException>(() => w.Write(Frame61, 1, 61, 0, CaptureDirection.Inbound));
                Assert.Throws<ArgumentOutOfRangeException>(() => w.Write(Frame61, (uint.MaxValue + 1L) * 1_000_000_000, 61));
                w.Write(Frame61, uint.MaxValue * 1_000_000_000L, 61);
            },
            new CaptureWriterOptions { Format = CaptureFormat.Pcap });
        Assert.Equal(uint.MaxValue * 1_000_000_000L, Assert.Single(ReadFrame.UpToDamage(file).Frames).Timestamp);
    }

    [Fact]
    public void A_full_disk_is_reported_and_the_stream_is_closed()
    {
        FailingStream stream = new();
        CaptureWriter writer = CaptureWriter.Create(stream);
        writer.Write(Frame61, 1, 61);
        Assert.Throws<IOException>(writer.Flush);
        Assert.Throws<IOException>(writer.Dispose);
        Assert.True(stream.Closed);
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writer.Write(Frame61, 1, 61));
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Writes { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Writes++;
            base.Write(buffer);
        }
    }

    private sealed class FailingStream : MemoryStream
    {
        public bool Closed { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no space left");

        protected override void Dispose(bool disposing)
        {
            Closed = true;
            base.Dispose(disposing);
        }
    }
}

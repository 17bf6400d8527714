using System.IO.Pipelines;
using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

public class CaptureStreamingTests
{
    private static byte[] Frame(int length, int seed) => [.. Enumerable.Range(seed, length).Select(i => (byte)i)];

    private static byte[] PcapOf(int frames, Func<int, int> length)
    {
        CaptureFileBuilder file = new CaptureFileBuilder().PcapHeader();
        for (int i = 0; i < frames; i++)
            file.PcapRecord((uint)i, 0, Frame(length(i), i));
        return file.ToArray();
    }

    private static byte[] PcapNgOf(int frames, Func<int, int> length)
    {
        CaptureFileBuilder file = new CaptureFileBuilder().Section().Interface();
        for (int i = 0; i < frames; i++)
        {
            file.Enhanced(Frame(length(i), i), (ulong)i);
            file.Block(0x0BAD, b => b.U8(new byte[i % 50]));
        }

        return file.ToArray();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public void However_little_a_stream_gives_at_a_time_the_frames_are_the_same(int piece)
    {
        foreach (byte[] file in (byte[][])[PcapOf(40, i => 60 + (i * 37)), PcapNgOf(40, i => 60 + (i * 37))])
        {
            List<ReadFrame> whole = ReadFrame.UpToDamage(file).Frames;
            Assert.Equal(40, whole.Count);
            using CaptureReader reader = CaptureReader.Open(new DribblingStream(file, piece), "dribbling");
            Assert.Equal(whole, ReadFrame.All(reader));
            Assert.Equal(file.Length, reader.Offset);
        }
    }

    [Fact]
    public async Task Asynchronous_reads_deliver_the_same_frames()
    {
        byte[] file = PcapNgOf(300, i => 60 + (i * 11));
        await using CaptureReader reader = await CaptureReader.OpenAsync(new DribblingStream(file, 1000), "async", null, TestContext.Current.CancellationToken);
        List<ReadFrame> frames = [];
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            frames.Add(ReadFrame.From(reader.Current));
        Assert.Equal(ReadFrame.UpToDamage(file).Frames, frames);
    }

    [Fact]
    public void Records_that_span_segments_are_whole()
    {
        byte[] file = PcapOf(60, i => 9_000 + i);
        List<ReadFrame> frames = ReadFrame.UpToDamage(file).Frames;
        Assert.Equal(60, frames.Count);
        for (int i = 0; i < frames.Count; i++)
            Assert.Equal(Frame(9_000 + i, i), frames[i].Data);
    }

    [Fact]
    public async Task A_cancelled_wait_loses_nothing()
    {
        byte[] file = PcapOf(2, _ => 100);
        Pipe pipe = new();
        await pipe.Writer.WriteAsync(file.AsMemory(0, 24 + 50), TestContext.Current.CancellationToken);
        await using CaptureReader reader = await CaptureReader.OpenAsync(pipe.Reader.AsStream(), "live", null, TestContext.Current.CancellationToken);

        using CancellationTokenSource cancel = new();
        ValueTask<bool> waiting = reader.ReadAsync(cancel.Token);
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);

        await pipe.Writer.WriteAsync(file.AsMemory(24 + 50), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        List<ReadFrame> frames = [];
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            frames.Add(ReadFrame.From(reader.Current));
        Assert.Equal(ReadFrame.UpToDamage(file).Frames, frames);
    }

    [Fact]
    public void Reading_frames_allocates_nothing_per_frame()
    {
        foreach (byte[] file in (byte[][])[PcapOf(20_000, i => 60 + (i % 1400)), PcapNgOf(20_000, i => 60 + (i % 1400))])
        {
            using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "warm");
            int frames = 0;
            while (frames < 5_000 && reader.TryRead(out _))
                frames++;
            long before = GC.GetAllocatedBytesForCurrentThread();
            while (reader.TryRead(out _))
                frames++;

            // Segments come from the array pool and go back to it; what remains is per 128 KB, not per frame.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 15_000);
            Assert.Equal(20_000, frames);
        }
    }

    [Fact]
    public void Disposal_closes_the_stream_unless_it_is_to_be_left_open()
    {
        MemoryStream closed = new(PcapOf(1, _ => 60));
        CaptureReader reader = CaptureReader.Open(closed, "closed");
        reader.Dispose();
        reader.Dispose();
        Assert.False(closed.CanRead);
        Assert.Throws<ObjectDisposedException>(() => reader.TryRead(out _));

        MemoryStream open = new(PcapOf(1, _ => 60));
        CaptureReader.Open(open, "open", new CaptureReaderOptions { LeaveOpen = true }).Dispose();
        Assert.True(open.CanRead);
    }

    [Fact]
    public async Task A_refused_stream_is_closed()
    {
        MemoryStream refused = new([1, 2, 3, 4, 5]);
        Assert.Throws<CaptureFormatException>(() => CaptureReader.Open(refused, "refused"));
        Assert.False(refused.CanRead);
        refused = new([1, 2, 3, 4, 5]);
        await Assert.ThrowsAsync<CaptureFormatException>(async () => await CaptureReader.OpenAsync(refused, "refused", null, TestContext.Current.CancellationToken));
        Assert.False(refused.CanRead);
    }

    [Fact]
    public void An_error_of_the_stream_comes_through_as_it_is()
    {
        using CaptureReader reader = CaptureReader.Open(new DribblingStream(PcapOf(3, _ => 60), 100, failAfter: 100), "failing");
        Assert.True(reader.TryRead(out _));
        Assert.Throws<IOException>(() => reader.TryRead(out _));
    }

    [Fact]
    public void A_file_that_is_not_there_is_reported_as_such() =>
        Assert.Throws<FileNotFoundException>(() => CaptureReader.OpenFile(Path.Combine(Path.GetTempPath(), Guid.NewGuid() + ".pcap")));

    /// <summary>Gives few bytes at a time, asynchronously only after a real wait, as a socket does.</summary>
    private sealed class DribblingStream(byte[] bytes, int piece, int failAfter = int.MaxValue) : Stream
    {
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_position >= failAfter)
                throw new IOException("the cable was pulled");
            int count = Math.Min(Math.Min(piece, buffer.Length), bytes.Length - _position);
            bytes.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return Read(buffer.Span);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

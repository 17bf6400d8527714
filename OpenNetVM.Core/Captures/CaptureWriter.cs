using System.Buffers.Binary;
using System.IO.Pipelines;

namespace OpenNetVM.Core.Captures;

/// <summary>
/// Not thread-safe: one thread at a time writes. Writes frames as pcapng (or classic pcap) with nanosecond time stamps, gathering them
/// into few large writes. No allocation per frame.
/// </summary>
/// <remarks>What was written is in the file after <see cref="Flush"/>, <see cref="FlushAsync"/> or disposal.</remarks>
public sealed partial class CaptureWriter : IDisposable, IAsyncDisposable
{
    private const int SegmentSize = 64 * 1024;

    private readonly InlineStream _stream;
    private readonly PipeWriter _pipe;
    private readonly CaptureWriterOptions _options;
    private readonly List<uint> _snapLengths = [];
    private bool _disposed;

    private CaptureWriter(Stream stream, CaptureWriterOptions options)
    {
        CheckLinkType(options.LinkType);
        _options = options;
        _stream = new InlineStream(stream, options.LeaveOpen);
        _pipe = PipeWriter.Create(_stream, new StreamPipeWriterOptions(minimumBufferSize: SegmentSize));
        if (options.Format == CaptureFormat.Pcap)
        {
            WritePcapHeader();
        }
        else
        {
            WriteSectionHeader();
            WriteInterface(options.LinkType, options.InterfaceName, (uint)options.SnapLength);
        }
    }

    /// <summary>How many frames were written.</summary>
    public long FramesWritten { get; private set; }

    /// <summary>How many bytes the file has so far, those not flushed yet included.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Creates a file, or empties the one that is there.</summary>
    /// <param name="path">Where to write.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static CaptureWriter CreateFile(string path, CaptureWriterOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            return new CaptureWriter(stream, (options ?? CaptureWriterOptions.Default) with { LeaveOpen = false });
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Writes to a stream from where it stands.</summary>
    /// <param name="stream">A writable stream; it need not be seekable.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <exception cref="ArgumentException">The stream cannot be written.</exception>
    public static CaptureWriter Create(Stream stream, CaptureWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream cannot be written; a writable stream is needed.", nameof(stream));
        return new CaptureWriter(stream, options ?? CaptureWriterOptions.Default);
    }

    /// <summary>Describes a further interface; frames can name it from then on.</summary>
    /// <param name="linkType">What its frames begin with.</param>
    /// <param name="name">Its name; null for none.</param>
    /// <param name="snapLength">Most bytes of a frame that are kept; 0 keeps everything.</param>
    /// <returns>Its id: 1 for the first interface added.</returns>
    /// <exception cref="NotSupportedException">The format is classic pcap, which has one interface.</exception>
    public int AddInterface(LinkType linkType, string? name = null, int snapLength = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(snapLength);
        CheckLinkType(linkType);
        if (_options.Format == CaptureFormat.Pcap)
            throw new NotSupportedException("A classic pcap file has one interface only; write pcapng to have several.");
        WriteInterface(linkType, name, (uint)snapLength);
        return _snapLengths.Count - 1;
    }

    /// <summary>Writes one frame.</summary>
    /// <param name="frame">The bytes that are there.</param>
    /// <param name="timestampNanoseconds">Nanoseconds since 1970-01-01 UTC; not negative, and before the year 2106 in classic pcap.</param>
    /// <param name="wireLength">Length of the frame on the wire in bytes; at least that of <paramref name="frame"/>.</param>
    /// <param name="interfaceId">0, or what <see cref="AddInterface"/> returned.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside the range stated for it.</exception>
    /// <exception cref="IOException">The file cannot be written (a full disk, for example).</exception>
    public void Write(ReadOnlySpan<byte> frame, long timestampNanoseconds, int wireLength, int interfaceId = 0)
    {
        frame = Check(frame, timestampNanoseconds, wireLength, interfaceId);
        if (_options.Format == CaptureFormat.Pcap)
            WritePcapRecord(frame, timestampNanoseconds, wireLength);
        else
            WriteEnhancedPacket(frame, timestampNanoseconds, wireLength, interfaceId, CaptureDirection.Unknown, comment: null);
        Count();
    }

    /// <summary>Writes one frame with its direction and a comment (pcapng's epb_flags and opt_comment).</summary>
    /// <param name="frame">The bytes that are there.</param>
    /// <param name="timestampNanoseconds">Nanoseconds since 1970-01-01 UTC; not negative.</param>
    /// <param name="wireLength">Length of the frame on the wire in bytes; at least that of <paramref name="frame"/>.</param>
    /// <param name="interfaceId">0, or what <see cref="AddInterface"/> returned.</param>
    /// <param name="direction">Which way the frame was going.</param>
    /// <param name="comment">Text for people; at most 65,535 bytes of UTF-8; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside the range stated for it, or the comment is too long.</exception>
    /// <exception cref="NotSupportedException">The format is classic pcap, which has neither.</exception>
    /// <exception cref="IOException">The file cannot be written (a full disk, for example).</exception>
    public void Write(ReadOnlySpan<byte> frame, long timestampNanoseconds, int wireLength, int interfaceId, CaptureDirection direction, string? comment = null)
    {
        if (_options.Format == CaptureFormat.Pcap)
            throw new NotSupportedException("A classic pcap file has no room for a direction or a comment; write pcapng to keep them.");
        frame = Check(frame, timestampNanoseconds, wireLength, interfaceId);
        WriteEnhancedPacket(frame, timestampNanoseconds, wireLength, interfaceId, direction, comment);
        Count();
    }

    /// <summary>Hands everything written so far to the file or stream.</summary>
    /// <exception cref="IOException">The file cannot be written (a full disk, for example).</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        FlushInline();
    }

    /// <summary>Hands everything written so far to the file or stream without holding the thread.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The file cannot be written (a full disk, for example).</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _stream.Blocking = false;
        await _pipe.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Flushes and closes.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            FlushInline();
        }
        catch (Exception failure)
        {
            // Said to the pipe so that closing it does not write the same bytes again.
            _pipe.Complete(failure);
            throw;
        }

        _pipe.Complete();
    }

    /// <summary>Flushes and closes without holding the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        _stream.Blocking = false;
        try
        {
            await _pipe.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await _pipe.CompleteAsync(failure).ConfigureAwait(false);
            throw;
        }

        await _pipe.CompleteAsync().ConfigureAwait(false);
    }

    private static void CheckLinkType(LinkType linkType)
    {
        if (linkType is < 0 or > (LinkType)ushort.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(linkType), linkType, "Capture files number link types in 16 bits: 0 to 65,535.");
    }

    private ReadOnlySpan<byte> Check(ReadOnlySpan<byte> frame, long timestampNanoseconds, int wireLength, int interfaceId)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(timestampNanoseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(wireLength, frame.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceId);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(interfaceId, _snapLengths.Count);
        uint snapLength = _snapLengths[interfaceId];
        return snapLength != 0 && (uint)frame.Length > snapLength ? frame[..(int)snapLength] : frame;
    }

    private void Count()
    {
        FramesWritten++;
        if (_pipe.UnflushedBytes >= _options.FlushThreshold)
            FlushInline();
    }

    private void FlushInline()
    {
        _stream.Blocking = true;
        ValueTask<FlushResult> flushing = _pipe.FlushAsync();

        // Complete already, by what Blocking promises; AsTask only guards against a pipe that some day hops threads by itself.
        if (flushing.IsCompleted)
            flushing.GetAwaiter().GetResult();
        else
            flushing.AsTask().GetAwaiter().GetResult();
    }

    private void Advance(int count)
    {
        _pipe.Advance(count);
        BytesWritten += count;
    }

    private void WritePcapHeader()
    {
        const int Length = 24;
        Span<byte> header = _pipe.GetSpan(Length)[..Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, PcapDecoder.Nanoseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], 0);

        // Readers of classic pcap take 0 for "nothing is kept": no limit is written as a large one.
        uint snapLength = _options.SnapLength == 0 ? CaptureReaderOptions.DefaultMaxFrameLength : (uint)_options.SnapLength;
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], snapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (ushort)_options.LinkType);
        Advance(Length);
        _snapLengths.Add((uint)_options.SnapLength);
    }

    private void WritePcapRecord(ReadOnlySpan<byte> frame, long timestampNanoseconds, int wireLength)
    {
        const int HeaderLength = 16;
        (long seconds, long nanoseconds) = Math.DivRem(timestampNanoseconds, 1_000_000_000L);
        if (seconds > uint.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(timestampNanoseconds), timestampNanoseconds, "Classic pcap counts seconds in 32 bits: the time must lie before the year 2106.");
        Span<byte> record = _pipe.GetSpan(HeaderLength + frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)nanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], wireLength);
        frame.CopyTo(record[HeaderLength..]);
        Advance(HeaderLength + frame.Length);
    }
}

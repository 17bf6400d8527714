namespace OpenNetVM.Core.Captures;

/// <summary>
/// Not thread-safe: one thread at a time reads. Reads pcap and pcapng, of any size, frame by frame in bounded memory: one segment of
/// 128 KB and one record. No allocation per frame.
/// </summary>
/// <remarks>
/// <para>A damaged file delivers every frame before the damage, then <see cref="CaptureFormatException"/> names the file, the offset and
/// the reason, and so does every read after it. Input errors of the stream itself come through as they are.</para>
/// <para>A synchronous read that runs out of buffered bytes reads the next 128 KB on the calling thread: for a file that is a copy from
/// the page cache, which the system fills ahead of a sequential reader. A poller that must never wait for a disk reads through
/// <see cref="ReadAsync"/> from a task of its own.</para>
/// </remarks>
public sealed class CaptureReader : IDisposable, IAsyncDisposable
{
    private readonly CaptureInput _input;
    private readonly CaptureReaderOptions _options;
    private CaptureDecoder? _decoder;
    private CaptureRecord _record;
    private CaptureFormatException? _failure;
    private byte[] _converted = [];
    private bool _hasCurrent;
    private bool _disposed;

    private CaptureReader(Stream stream, string name, CaptureReaderOptions? options)
    {
        Name = name;
        _options = options ?? CaptureReaderOptions.Default;
        _input = new CaptureInput(stream, _options.LeaveOpen);
    }

    /// <summary>Path of the file, or the name given to its stream.</summary>
    public string Name { get; }

    /// <summary>The container format.</summary>
    public CaptureFormat Format => Decoder.Format;

    /// <summary>The interfaces described so far, over all sections. Classic pcap has exactly one; in pcapng more can follow while frames are read.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces => Decoder.Interfaces;

    /// <summary>How many frames were delivered.</summary>
    public long FramesRead { get; private set; }

    /// <summary>
    /// How many frames were passed over because they cannot be Ethernet frames although their link type can be converted in general:
    /// cut within their link header, of an address family that is not IP, or cooked frames of netlink or IEEE 802.11. 0 where nothing is converted.
    /// </summary>
    public long UnconvertibleFrames { get; private set; }

    /// <summary>How many bytes of the file have been consumed.</summary>
    public long Offset => _input.Offset;

    /// <summary>The frame that the last read found; valid until the next read.</summary>
    /// <exception cref="InvalidOperationException">The last read found no frame, or there was none.</exception>
    public CapturedFrame Current => _hasCurrent
        ? new CapturedFrame(_record.Data.Span, _record.WireLength, _record.TimestampNanoseconds, _record.LinkType, _record.InterfaceIndex)
        : throw new InvalidOperationException($"There is no current frame: call {nameof(TryRead)} or {nameof(ReadAsync)}, and look only where it returned true.");

    private CaptureDecoder Decoder => _decoder ?? throw new InvalidOperationException("The capture's header has not been read.");

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">A pcap or pcapng file.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <exception cref="CaptureFormatException">The file does not begin as a capture does, or its link type is refused.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static CaptureReader OpenFile(string path, CaptureReaderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // Unbuffered: the pipe's segments are the buffer. A file opened here is closed here, whatever is wanted for foreign streams.
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        return Open(stream, path, (options ?? CaptureReaderOptions.Default) with { LeaveOpen = false });
    }

    /// <summary>Takes a stream and reads the capture's header from it. The stream need not be seekable.</summary>
    /// <param name="stream">Positioned at the start of the capture.</param>
    /// <param name="name">What to call the stream in errors.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <exception cref="CaptureFormatException">The stream does not begin as a capture does, or its link type is refused. The stream is closed unless it is to be left open.</exception>
    public static CaptureReader Open(Stream stream, string name, CaptureReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        CaptureReader reader = new(stream, name, options);
        try
        {
            while (!reader.TryReadHeader())
                reader._input.Fill();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Takes a stream and reads the capture's header from it without holding the thread.</summary>
    /// <param name="stream">Positioned at the start of the capture.</param>
    /// <param name="name">What to call the stream in errors.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait; the stream is then closed unless it is to be left open.</param>
    /// <exception cref="CaptureFormatException">The stream does not begin as a capture does, or its link type is refused.</exception>
    public static async ValueTask<CaptureReader> OpenAsync(Stream stream, string name, CaptureReaderOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        CaptureReader reader = new(stream, name, options);
        try
        {
            while (!reader.TryReadHeader())
                await reader._input.FillAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads the next frame; false at the end of the capture.</summary>
    /// <param name="frame">The frame, valid until the next read.</param>
    /// <exception cref="CaptureFormatException">The capture is damaged here; everything before was delivered.</exception>
    public bool TryRead(out CapturedFrame frame)
    {
        DecodeStep step;
        while ((step = Step()) == DecodeStep.NeedsInput)
            _input.Fill();
        frame = step == DecodeStep.Done ? Current : default;
        return step == DecodeStep.Done;
    }

    /// <summary>Reads the next frame into <see cref="Current"/>; false at the end of the capture. Completes synchronously while frames are buffered.</summary>
    /// <param name="cancellationToken">Ends the wait for input; the read can be repeated afterwards.</param>
    /// <exception cref="CaptureFormatException">The capture is damaged here; everything before was delivered.</exception>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken = default)
    {
        DecodeStep step = Step();
        return step == DecodeStep.NeedsInput ? FillAndReadAsync(cancellationToken) : new ValueTask<bool>(step == DecodeStep.Done);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _hasCurrent = false;
        _input.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _hasCurrent = false;
        return _input.DisposeAsync();
    }

    private async ValueTask<bool> FillAndReadAsync(CancellationToken cancellationToken)
    {
        DecodeStep step;
        do
            await _input.FillAsync(cancellationToken).ConfigureAwait(false);
        while ((step = Step()) == DecodeStep.NeedsInput);
        return step == DecodeStep.Done;
    }

    private bool TryReadHeader()
    {
        _decoder ??= CaptureDecoder.TryDetect(_input, Name, _options);
        return _decoder is not null && _decoder.ReadHeader() == DecodeStep.Done;
    }

    private DecodeStep Step()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _hasCurrent = false;
        if (_failure is not null)
            throw new CaptureFormatException(_failure.FileName, _failure.Offset, _failure.Reason);
        try
        {
            while (true)
            {
                DecodeStep step = _decoder!.Next(ref _record);
                if (step == DecodeStep.Done)
                {
                    if (_options.ConvertToEthernet && _record.LinkType != LinkType.Ethernet && !Convert())
                        continue;
                    FramesRead++;
                    _hasCurrent = true;
                }

                return step;
            }
        }
        catch (CaptureFormatException failure)
        {
            _failure = failure;
            throw;
        }
    }

    private bool Convert()
    {
        ReadOnlySpan<byte> frame = _record.Data.Span;
        int needed = EthernetConversion.HeaderLength + frame.Length;
        if (_converted.Length < needed)
            _converted = GC.AllocateUninitializedArray<byte>(Math.Max(needed, 2 * _converted.Length));
        int replaced = EthernetConversion.WriteHeader(_record.LinkType, frame, _converted);
        if (replaced < 0)
        {
            UnconvertibleFrames++;
            return false;
        }

        frame[replaced..].CopyTo(_converted.AsSpan(EthernetConversion.HeaderLength));
        _record.Data = _converted.AsMemory(0, needed - replaced);
        _record.WireLength = (int)Math.Min(_record.WireLength - replaced + (long)EthernetConversion.HeaderLength, int.MaxValue);
        _record.LinkType = LinkType.Ethernet;
        return true;
    }
}

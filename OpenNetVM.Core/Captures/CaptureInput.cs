using System.Buffers;
using System.IO.Pipelines;

namespace OpenNetVM.Core.Captures;

/// <summary>
/// Not thread-safe. The bytes of a capture file as a cursor with look-ahead: what a decoder asks for comes back as one contiguous piece,
/// straight from the pipe's segment where it lies in one, copied together where it spans two. Holds one segment plus one record, however
/// large the file is.
/// </summary>
internal sealed class CaptureInput : IDisposable, IAsyncDisposable
{
    private const int SegmentSize = 128 * 1024;

    private readonly InlineStream _stream;
    private readonly PipeReader _pipe;
    private ReadOnlySequence<byte> _buffer;
    private ReadOnlyMemory<byte> _segment;
    private long _available;
    private int _index;
    private byte[] _joined = [];
    private bool _holding;
    private bool _disposed;

    public CaptureInput(Stream stream, bool leaveOpen)
    {
        _stream = new InlineStream(stream, leaveOpen);
        _pipe = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: SegmentSize, minimumReadSize: 16 * 1024));
    }

    /// <summary>Position in the file of the next byte that was not skipped.</summary>
    public long Offset { get; private set; }

    /// <summary>How many bytes from <see cref="Offset"/> on are in memory.</summary>
    public long Available => _available;

    /// <summary>True once the file has no bytes beyond those in memory.</summary>
    public bool EndReached { get; private set; }

    /// <summary>The next <paramref name="count"/> bytes, valid until the next fill or look-ahead; false where fewer are in memory.</summary>
    public bool TryPeek(int count, out ReadOnlyMemory<byte> bytes)
    {
        if (_segment.Length - _index >= count)
        {
            bytes = _segment.Slice(_index, count);
            return true;
        }

        return TryPeekAcrossSegments(count, out bytes);
    }

    /// <summary>Moves on by <paramref name="count"/> bytes, all of which must be in memory.</summary>
    public void Skip(long count)
    {
        Offset += count;
        _available -= count;
        if (count <= _segment.Length - _index)
            _index += (int)count;
        else
            Seat(_buffer.Slice(_index + count));
    }

    /// <summary>Waits for more bytes; false where the file has no more.</summary>
    public bool Fill()
    {
        GiveBack();
        _stream.Blocking = true;
        ValueTask<ReadResult> reading = _pipe.ReadAsync();

        // Complete already, by what Blocking promises; AsTask only guards against a pipe that some day hops threads by itself.
        return Take(reading.IsCompleted ? reading.GetAwaiter().GetResult() : reading.AsTask().GetAwaiter().GetResult());
    }

    /// <summary>Waits for more bytes without holding the thread; false where the file has no more.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        GiveBack();
        _stream.Blocking = false;

        // Where this is cancelled nothing was consumed: look-ahead finds nothing until a repeated fill takes the same bytes up again.
        return Take(await _pipe.ReadAsync(cancellationToken).ConfigureAwait(false));
    }

    public void Dispose()
    {
        if (Forget())
            _pipe.Complete();
    }

    public ValueTask DisposeAsync() => Forget() ? _pipe.CompleteAsync() : ValueTask.CompletedTask;

    private bool Forget()
    {
        if (_disposed)
            return false;
        _disposed = true;
        EndReached = true;
        _available = 0;
        _holding = false;
        Seat(default);
        if (_joined.Length > 0)
            ArrayPool<byte>.Shared.Return(_joined);
        _joined = [];
        return true;
    }

    private bool TryPeekAcrossSegments(int count, out ReadOnlyMemory<byte> bytes)
    {
        if (!_holding || _available < count)
        {
            bytes = default;
            return false;
        }

        if (_joined.Length < count)
        {
            if (_joined.Length > 0)
                ArrayPool<byte>.Shared.Return(_joined);
            _joined = ArrayPool<byte>.Shared.Rent(count);
        }

        _buffer.Slice(_index, count).CopyTo(_joined);
        bytes = _joined.AsMemory(0, count);
        return true;
    }

    private void GiveBack()
    {
        if (!_holding)
            return;
        _pipe.AdvanceTo(_buffer.GetPosition(_index), _buffer.End);
        _holding = false;
        Seat(default);
    }

    private bool Take(in ReadResult result)
    {
        bool grew = result.Buffer.Length > _available;
        Seat(result.Buffer);
        _holding = true;
        _available = result.Buffer.Length;
        EndReached = !grew;
        return grew;
    }

    private void Seat(ReadOnlySequence<byte> buffer)
    {
        _buffer = buffer;
        _segment = buffer.First;
        _index = 0;
    }
}

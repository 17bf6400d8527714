using OpenNetVM.Core.Captures;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// One thread at a time. The frames of a capture, pass after pass: a look at the next one, with the time stamp of its pass, until it is taken. Errors
/// end the sequence and are kept.
/// </summary>
internal sealed class CaptureReplay(Func<CaptureReader> open, int? passes) : IDisposable
{
    private const long DefaultGap = 1_000;

    private CaptureReader? _reader = Open(open);
    private int _passesDone;
    private bool _holding;
    private long _earliest = long.MaxValue;
    private long _latest = long.MinValue;
    private long _framesOfPass;
    private Int128 _shift;
    private long _unconvertible;

    /// <summary>The frame that <see cref="TryLook"/> found; valid until <see cref="Take"/>.</summary>
    public CapturedFrame Frame => _reader!.Current;

    /// <summary>The frame's time, moved on by the length of the passes before: nanoseconds since 1970-01-01 UTC.</summary>
    public long Timestamp { get; private set; }

    /// <summary>The time of the first frame of all; meaningful once a frame was found.</summary>
    public long FirstTimestamp { get; private set; }

    /// <summary>What ended the sequence early; null where nothing did.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Frames passed over because they cannot be Ethernet frames, over all passes.</summary>
    public long UnconvertibleFrames => _unconvertible + (_reader?.UnconvertibleFrames ?? 0);

    /// <summary>Frames seen so far, over all passes.</summary>
    public long FramesSeen { get; private set; }

    /// <summary>Finds the next frame, if the one before was taken; false at the end of the last pass, or at an error.</summary>
    public bool TryLook()
    {
        if (_holding)
            return true;
        if (_reader is null)
            return false;
        try
        {
            while (!_reader.TryRead(out _))
            {
                if (!NextPass())
                    return false;
            }

            CapturedFrame frame = _reader.Current;
            if (frame.LinkType != LinkType.Ethernet)
                throw new CaptureFormatException(_reader.Name, _reader.Offset, $"the reader delivers frames of link type {frame.LinkType.Describe()}; a port needs Ethernet ({nameof(CaptureReaderOptions)}.{nameof(CaptureReaderOptions.ConvertToEthernet)})");
            Note(frame.TimestampNanoseconds);
            _holding = true;
            return true;
        }
        catch (Exception error) when (error is CaptureFormatException or IOException or UnauthorizedAccessException or NotSupportedException or InvalidOperationException)
        {
            Error = error;
            Close();
            return false;
        }
    }

    /// <summary>Lets the frame go: the next look finds the next one.</summary>
    public void Take() => _holding = false;

    public void Dispose() => Close();

    private static CaptureReader Open(Func<CaptureReader> open) =>
        open() ?? throw new InvalidOperationException($"{nameof(PcapPortOptions)}.{nameof(PcapPortOptions.ReceiveFrom)} returned null; it must open a reader.");

    private void Note(long recorded)
    {
        Timestamp = Saturate(recorded + _shift);
        if (FramesSeen++ == 0)
            FirstTimestamp = Timestamp;
        _framesOfPass++;
        _earliest = Math.Min(_earliest, recorded);
        _latest = Math.Max(_latest, recorded);
    }

    private bool NextPass()
    {
        // A capture without frames would be opened again for ever.
        if (_framesOfPass == 0 || (passes is { } count && ++_passesDone == count))
        {
            Close();
            return false;
        }

        // The next pass follows one average gap after the last frame.
        Int128 length = (Int128)_latest - _earliest;
        Int128 gap = _framesOfPass > 1 ? length / (_framesOfPass - 1) : 0;
        _shift += length + (gap > 0 ? gap : DefaultGap);
        _framesOfPass = 0;
        _earliest = long.MaxValue;
        _latest = long.MinValue;
        Close();
        _reader = Open(open);
        return true;
    }

    private void Close()
    {
        _unconvertible += _reader?.UnconvertibleFrames ?? 0;
        _reader?.Dispose();
        _reader = null;
        _holding = false;
    }

    private static long Saturate(Int128 value) =>
        value > long.MaxValue ? long.MaxValue : value < long.MinValue ? long.MinValue : (long)value;
}

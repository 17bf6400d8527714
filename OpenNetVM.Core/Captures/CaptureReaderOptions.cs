namespace OpenNetVM.Core.Captures;

/// <summary>How a <see cref="CaptureReader"/> reads. Immutable.</summary>
public sealed record CaptureReaderOptions
{
    /// <summary>The default of <see cref="MaxFrameLength"/>: 262,144 bytes, which holds any frame that common tools write, BIG TCP's included.</summary>
    public const int DefaultMaxFrameLength = 262_144;

    /// <summary>
    /// Most bytes of one frame that the reader will buffer; a record that claims more is an error before anything is allocated for it.
    /// Between 1 and 1,073,741,824.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of that range.</exception>
    public int MaxFrameLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1 << 30);
            field = value;
        }
    } = DefaultMaxFrameLength;

    /// <summary>
    /// True (the default) to deliver every frame as Ethernet: Linux cooked, raw IP and loopback frames get an Ethernet header in place of
    /// their own, other link types are refused. False to deliver frames of any link type as they were captured.
    /// </summary>
    /// <remarks>
    /// The made-up addresses are 02:00:00:00:00:01 (source) and 02:00:00:00:00:02 (destination). A cooked header's own 6-byte address is
    /// kept as the source, and a frame it marks as broadcast goes to ff:ff:ff:ff:ff:ff.
    /// </remarks>
    public bool ConvertToEthernet { get; init; } = true;

    /// <summary>True to leave a stream that was handed in open when the reader is disposed; false (the default) to close it.</summary>
    public bool LeaveOpen { get; init; }

    internal static CaptureReaderOptions Default { get; } = new();
}

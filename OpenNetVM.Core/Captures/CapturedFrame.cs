namespace OpenNetVM.Core.Captures;

/// <summary>One frame of a capture, pointing into the reader's buffer: valid until the reader's next read, to be copied by who needs it longer.</summary>
public readonly ref struct CapturedFrame
{
    internal CapturedFrame(ReadOnlySpan<byte> data, int wireLength, long timestampNanoseconds, LinkType linkType, int interfaceIndex)
    {
        Data = data;
        WireLength = wireLength;
        TimestampNanoseconds = timestampNanoseconds;
        LinkType = linkType;
        InterfaceIndex = interfaceIndex;
    }

    /// <summary>The bytes that were captured.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Length of the frame on the wire in bytes; never less than the length of <see cref="Data"/>, more where the capture cut the frame.</summary>
    public int WireLength { get; }

    /// <summary>
    /// Nanoseconds since 1970-01-01 UTC; 0 where the file records no time (pcapng's simple packet block).
    /// A time outside the range of the type (years 1678 to 2262) is delivered as the nearest end of that range.
    /// </summary>
    public long TimestampNanoseconds { get; }

    /// <summary>What <see cref="Data"/> begins with; always <see cref="LinkType.Ethernet"/> where the reader converts.</summary>
    public LinkType LinkType { get; }

    /// <summary>Index into <see cref="CaptureReader.Interfaces"/>.</summary>
    public int InterfaceIndex { get; }

    /// <summary>True where the capture holds less than the frame had on the wire.</summary>
    public bool IsTruncated => Data.Length < WireLength;

    /// <summary><see cref="TimestampNanoseconds"/> as a date, cut to 100 ns.</summary>
    public DateTimeOffset Timestamp => DateTimeOffset.UnixEpoch.AddTicks(TimestampNanoseconds / 100);
}

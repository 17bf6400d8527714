namespace OpenNetVM.Core.Captures;

/// <summary>How a <see cref="CaptureWriter"/> writes. Immutable.</summary>
public sealed record CaptureWriterOptions
{
    /// <summary>The container format: pcapng by default; classic pcap is written with nanosecond time stamps.</summary>
    public CaptureFormat Format { get; init; } = CaptureFormat.PcapNg;

    /// <summary>What the frames of interface 0 begin with: Ethernet by default.</summary>
    public LinkType LinkType { get; init; } = LinkType.Ethernet;

    /// <summary>Most bytes of a frame that are kept; what is longer is cut, with its length on the wire recorded. 0 (the default) keeps everything.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int SnapLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Name of interface 0 (pcapng's if_name); null for none.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>The writing application (pcapng's shb_userappl); null for none.</summary>
    public string? Application { get; init; } = "OpenNetVM for .NET";

    /// <summary>
    /// How many bytes are gathered before they are written to the file: 256 KB by default. At least 1; smaller makes frames visible
    /// to other readers of the file sooner, at the price of more writes.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int FlushThreshold
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 256 * 1024;

    /// <summary>True to leave a stream that was handed in open when the writer is disposed; false (the default) to close it.</summary>
    public bool LeaveOpen { get; init; }

    internal static CaptureWriterOptions Default { get; } = new();
}

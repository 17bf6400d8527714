namespace OpenNetVM.Core.Captures;

/// <summary>The container format of a capture file.</summary>
public enum CaptureFormat
{
    /// <summary>Classic pcap (draft-ietf-opsawg-pcap), with microsecond or nanosecond time stamps.</summary>
    Pcap,

    /// <summary>pcapng (draft-ietf-opsawg-pcapng).</summary>
    PcapNg,
}

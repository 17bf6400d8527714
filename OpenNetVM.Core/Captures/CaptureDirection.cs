namespace OpenNetVM.Core.Captures;

/// <summary>Which way a captured frame was going, as the flags option of a pcapng packet block says it.</summary>
public enum CaptureDirection
{
    /// <summary>Not recorded.</summary>
    Unknown = 0,

    /// <summary>Received by the capturing interface.</summary>
    Inbound = 1,

    /// <summary>Sent by the capturing interface.</summary>
    Outbound = 2,
}

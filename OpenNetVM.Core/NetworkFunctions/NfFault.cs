using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>What happened when a network function threw an exception.</summary>
public sealed record NfFault
{
    /// <summary>The instance.</summary>
    public required InstanceId Instance { get; init; }

    /// <summary>Its service.</summary>
    public required ServiceId Service { get; init; }

    /// <summary>What it threw.</summary>
    public required Exception Exception { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// Copies of the frames that it was handling: the one packet, or the burst if the function handles bursts itself; empty if it was handling
    /// a message or a timer. The frames are as the function left them.
    /// </summary>
    public required IReadOnlyList<byte[]> Frames { get; init; }

    /// <summary>The capture file to which the frames are saved, null if no folder was configured.</summary>
    public string? CaptureFile { get; init; }

    /// <summary>How often the instance has faulted in a row.</summary>
    public required int Count { get; init; }

    /// <summary>When the supervisor restarts it, null if it stays faulted.</summary>
    public DateTimeOffset? RestartsAt { get; init; }
}

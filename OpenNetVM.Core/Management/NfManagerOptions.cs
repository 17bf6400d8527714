using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Core.Management;

/// <summary>Everything about a platform that is not its ports, services, chains and workers.</summary>
public sealed record NfManagerOptions
{
    /// <summary>Sizes and behaviour of the data path.</summary>
    public DataplaneOptions Dataplane { get; init; } = new();

    /// <summary>The clock of timers, timeouts and restarts. Tests can pass one that they move by hand.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the platform and its functions report. Default: nowhere.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// True starts no threads: packets move only while <see cref="NfManager.Poll"/> is called, which makes tests deterministic. Default false.
    /// </summary>
    public bool HandDriven { get; init; }

    /// <summary>Folder for captures of the packets at which functions threw exceptions; null saves none.</summary>
    public string? FaultCaptureFolder { get; init; }

    /// <summary>How many messages can wait for an instance. Default 1,024.</summary>
    public int MailboxCapacity { get; init; } = 1_024;

    /// <summary>How long stopping waits for packets under way before it drops them. Default 5 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How network functions in other processes reach the platform; null if there are none.</summary>
    public ProcessOptions? Processes { get; init; }

    internal void Validate()
    {
        Dataplane.Validate();
        Processes?.Validate(Dataplane.Pool.Capacity);
        if (MailboxCapacity < 1)
            throw new ArgumentOutOfRangeException(nameof(MailboxCapacity), MailboxCapacity, $"NfManagerOptions.MailboxCapacity is {MailboxCapacity}, but must be 1 or more messages.");
        if (StopTimeout < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(StopTimeout), StopTimeout, $"NfManagerOptions.StopTimeout is {StopTimeout}, but must not be negative.");
    }
}

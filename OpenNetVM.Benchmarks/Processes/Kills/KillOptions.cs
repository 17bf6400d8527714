using System.Diagnostics;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Benchmarks.Processes.Kills;

/// <summary>What a <see cref="KillSoak"/> does.</summary>
internal sealed record KillOptions
{
    /// <summary>How many processes are killed.</summary>
    internal required int Kills { get; init; }

    /// <summary>How a process is started; it runs <see cref="Functions.SigningFunction"/>.</summary>
    internal required Func<NfLaunch, ProcessStartInfo> Launch { get; init; }

    /// <summary>False for traffic that does not wait for room, so that rings run full and refuse.</summary>
    internal bool SourceWaits { get; init; } = true;

    /// <summary>The core of the manager's worker; null leaves that to the system.</summary>
    internal int? Core { get; init; }

    /// <summary>What the manager's worker does when it has nothing to do.</summary>
    internal IdleStrategy Idle { get; init; } = IdleStrategy.Adaptive;

    /// <summary>Of the moments, the victims and the flows.</summary>
    internal int Seed { get; init; } = 1;

    /// <summary>Told of each kill, when another process runs in the killed one's place; null for nobody.</summary>
    internal Action<int>? Progress { get; init; }

    /// <summary>The longest wait for anything: a process that is to be noticed, replaced, or under load.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}

using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Core.Diagnostics;

namespace OpenNetVM.Benchmarks.Processes.Kills;

/// <summary>What a <see cref="KillSoak"/> saw. Packets are counted twice: by the platform, and by the traffic itself.</summary>
internal sealed record KillResult
{
    /// <summary>Processes killed.</summary>
    internal required int Kills { get; init; }

    /// <summary>The platform's own account when it had stopped.</summary>
    internal required PlatformStatistics End { get; init; }

    /// <summary>Packets that the traffic sent.</summary>
    internal required long Sent { get; init; }

    /// <summary>Flows that they belonged to.</summary>
    internal required long Flows { get; init; }

    /// <summary>Packets that never came back, by the traffic's account.</summary>
    internal required long Missing { get; init; }

    /// <summary>Packets that came back twice.</summary>
    internal required long Duplicates { get; init; }

    /// <summary>Packets that came back without having been handled.</summary>
    internal required long Unsigned { get; init; }

    /// <summary>Packets of flows that left a process which lived.</summary>
    internal required long Strays { get; init; }

    /// <summary>The most packets that one killed process took with it.</summary>
    internal required long MostHeld { get; init; }

    /// <summary>Packets of one burst: what a process can have in hand.</summary>
    internal required int BurstSize { get; init; }

    /// <summary>Empty buffers that processes still had at the end.</summary>
    internal required int Lent { get; init; }

    /// <summary>Buffers that were given back by those who did not have them.</summary>
    internal required long RejectedFrees { get; init; }

    /// <summary>Faults that the manager reported.</summary>
    internal required int Faults { get; init; }

    /// <summary>From the signal until the instance got no packets any more.</summary>
    internal required Summary NoticedMilliseconds { get; init; }

    /// <summary>How many of them took longer than 10 ms.</summary>
    internal required int NoticedLate { get; init; }

    /// <summary>From the signal until another process ran in its place.</summary>
    internal required Summary ReplacedMilliseconds { get; init; }

    /// <summary>How long all of it took.</summary>
    internal required TimeSpan Elapsed { get; init; }

    /// <summary>Packets that the killed processes had in hand.</summary>
    internal long Held => End.DroppedByReason[DropReason.InstanceStopped];

    /// <summary>Packets that full rings refused, there and then or on arrival.</summary>
    internal long Refused => End.DroppedByReason[DropReason.RingFull] + End.DroppedByReason[DropReason.BackPressure];

    /// <summary>What is not as it should be; empty if everything is.</summary>
    internal IEnumerable<string> Problems()
    {
        if (End.Held != 0 || Lent != 0)
            yield return FormattableString.Invariant($"{End.Held} buffers leaked, {Lent} of them empty ones");
        if (End.Unaccounted != 0)
            yield return $"the platform's account does not balance: {End.ConservationLine}";
        if (RejectedFrees != 0 || End.RejectedDescriptors != 0)
            yield return FormattableString.Invariant($"{RejectedFrees} buffers were given back and {End.RejectedDescriptors} descriptors sent by those who did not have them");
        if (End.Dropped != Held + Refused)
            yield return FormattableString.Invariant($"{End.Dropped - Held - Refused} packets were dropped that neither a killed process had in hand nor a full ring refused: {string.Join(", ", End.DroppedByReason.Where(static drop => drop.Value > 0))}");
        if (Missing != End.Dropped)
            yield return FormattableString.Invariant($"{Missing} packets did not come back, but the platform counts {End.Dropped} as dropped");
        if (MostHeld > BurstSize)
            yield return FormattableString.Invariant($"a killed process took {MostHeld} packets with it, more than a burst of {BurstSize}");
        if (Duplicates != 0 || Unsigned != 0)
            yield return FormattableString.Invariant($"{Duplicates} packets came back twice, {Unsigned} without having been handled");
        if (Strays != 0)
            yield return FormattableString.Invariant($"{Strays} packets of flows were handled by another process than before although that one lived");
        if (Faults != Kills)
            yield return FormattableString.Invariant($"{Kills} processes were killed, but {Faults} faults reported");
    }
}

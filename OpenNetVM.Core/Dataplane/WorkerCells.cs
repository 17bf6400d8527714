using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// The words of a worker that are touched every round, at least 128 bytes (two cache lines: the prefetcher's unit) apart.
/// </summary>
/// <remarks>
/// <code>
///   0 .. 127  nothing: keeps the owner's other fields off the counters' line
/// 128 .. 195  counters: written by the worker every round, read by whoever watches it
/// 328 .. 343  flags: read by the worker every round and by producers every burst, hardly ever written
/// 344 .. 471  nothing
/// </code>
/// Were they on one line, each round of the worker would take that line from every producer. An object is aligned to 8 bytes
/// only, so it is the distances that count.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 472)]
internal struct WorkerCells
{
    [FieldOffset(128)] public long Now;
    [FieldOffset(136)] public long Rounds;
    [FieldOffset(144)] public long BusyRounds;
    [FieldOffset(152)] public long BusyTicks;
    [FieldOffset(160)] public long Faults;
    [FieldOffset(168)] public long Sleeps;

    /// <summary>The earliest time that a pollable asked to be polled at, in this round.</summary>
    [FieldOffset(176)] public long Wakeup;

    /// <summary>Rounds left until the clock is read again.</summary>
    [FieldOffset(184)] public int ClockCountdown;

    /// <summary>True if a round did work since the clock was read.</summary>
    [FieldOffset(188)] public bool BusySinceClock;

    /// <summary>1 from the moment the worker intends to sleep until it is awake or woken.</summary>
    [FieldOffset(328)] public int Sleeping;

    /// <summary>Not 0 if there are invocations to run or the worker has to stop.</summary>
    [FieldOffset(332)] public int Attention;

    /// <summary>Constant; here because producers read it together with <see cref="Sleeping"/>.</summary>
    [FieldOffset(336)] public bool CanSleep;
}

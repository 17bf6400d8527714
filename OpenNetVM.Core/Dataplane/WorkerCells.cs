using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// The words of a worker that are touched every round, on cache lines (pairs of 64 bytes: the prefetcher's unit) of their own.
/// </summary>
/// <remarks>
/// <code>
///   0 .. 127  nothing: keeps the owner's other fields off the counters' line
/// 128 .. 255  counters: written by the worker every round, read by whoever watches it
/// 256 .. 383  flags: read by the worker every round and by producers every burst, hardly ever written
/// </code>
/// Were they on one line, each round of the worker would take that line from every producer.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 384)]
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
    [FieldOffset(256)] public int Sleeping;

    /// <summary>Not 0 if there are invocations to run or the worker has to stop.</summary>
    [FieldOffset(260)] public int Attention;

    /// <summary>Constant; here because producers read it together with <see cref="Sleeping"/>.</summary>
    [FieldOffset(264)] public bool CanSleep;
}

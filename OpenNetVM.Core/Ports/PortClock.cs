namespace OpenNetVM.Core.Ports;

/// <summary>
/// Immutable. The time since a port was started, and the wall clock that goes with it: one monotonic reading per burst gives both. Wall-clock
/// corrections made after the start are not followed, so that time stamps never run backwards.
/// </summary>
internal readonly struct PortClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly long _startUnixNanoseconds = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
    private readonly double _nanosecondsPerTick = 1e9 / time.TimestampFrequency;

    /// <summary>Nanoseconds since the start.</summary>
    public long Elapsed
    {
        get
        {
            long ticks = time.GetTimestamp() - _start;
            return _nanosecondsPerTick == 1.0 ? ticks : (long)(ticks * _nanosecondsPerTick);
        }
    }

    /// <summary>Turns nanoseconds since the start into nanoseconds since 1970-01-01 UTC.</summary>
    public long ToUnix(long elapsed) => _startUnixNanoseconds + elapsed;
}

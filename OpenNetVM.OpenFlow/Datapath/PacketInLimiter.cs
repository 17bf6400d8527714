namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A token bucket: so many packets a second, and a burst after a quiet time. Safe from any thread.</summary>
/// <param name="rate">Packets a second; 0 is without limit.</param>
/// <param name="burst">Packets at once.</param>
/// <param name="time">Clock.</param>
internal sealed class PacketInLimiter(int rate, int burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly double _perTick = rate / (double)time.TimestampFrequency;
    private double _tokens = burst;
    private long _last = time.GetTimestamp();

    /// <summary>Whether one more may go now.</summary>
    public bool TryTake()
    {
        if (rate == 0)
            return true;
        lock (_gate)
        {
            long now = time.GetTimestamp();
            _tokens = Math.Min(burst, _tokens + ((now - _last) * _perTick));
            _last = now;
            if (_tokens < 1)
                return false;
            _tokens--;
            return true;
        }
    }
}

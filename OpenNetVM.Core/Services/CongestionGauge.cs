namespace OpenNetVM.Core.Services;

/// <summary>How many instances of a platform are congested. Receivers look at it once per burst: as long as it is 0 they need look at nothing else.</summary>
internal sealed class CongestionGauge
{
    private int _count;

    internal bool Any => Volatile.Read(ref _count) != 0;

    internal void Add(int change) => Interlocked.Add(ref _count, change);
}

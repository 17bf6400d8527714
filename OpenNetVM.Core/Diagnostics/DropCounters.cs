namespace OpenNetVM.Core.Diagnostics;

/// <summary>
/// Packets dropped at one place, by reason. Any thread may add (once per run of packets) and read. The counters have cache lines of their own,
/// so that writing them disturbs nobody.
/// </summary>
internal sealed class DropCounters
{
    internal static readonly int Reasons = Enum.GetValues<DropReason>().Length;

    // Eight longs (a cache line) of padding on either side.
    private readonly long[] _counts = new long[Reasons + 16];

    /// <summary>Adds to a counter.</summary>
    internal void Add(DropReason reason, int packets) => Interlocked.Add(ref _counts[8 + (int)reason], packets);

    internal long this[DropReason reason] => Volatile.Read(ref _counts[8 + (int)reason]);

    internal long Total
    {
        get
        {
            long total = 0;
            for (int i = 0; i < Reasons; i++)
                total += this[(DropReason)i];
            return total;
        }
    }

    /// <summary>Adds these counters to <paramref name="sums"/>, indexed by reason.</summary>
    internal void AddTo(Span<long> sums)
    {
        for (int i = 0; i < Reasons; i++)
            sums[i] += this[(DropReason)i];
    }
}

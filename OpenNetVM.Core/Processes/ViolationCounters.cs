using System.Collections.Immutable;

namespace OpenNetVM.Core.Processes;

/// <summary>Counts what a process did against the rules. Safe from any thread.</summary>
internal sealed class ViolationCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<NfViolation>().Length];
    private long _total;

    internal long Total => Volatile.Read(ref _total);

    /// <returns>The total, with these.</returns>
    internal long Add(NfViolation violation, long count)
    {
        Interlocked.Add(ref _counts[(int)violation], count);
        return Interlocked.Add(ref _total, count);
    }

    /// <summary>By kind; kinds without any are left out.</summary>
    internal ImmutableSortedDictionary<NfViolation, long> ToDictionary() =>
        Enum.GetValues<NfViolation>().Select(violation => KeyValuePair.Create(violation, Interlocked.Read(ref _counts[(int)violation]))).Where(static pair => pair.Value != 0).ToImmutableSortedDictionary();
}

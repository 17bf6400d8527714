namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>Which keys a sequence of lookups asks for.</summary>
internal enum LookupOrder
{
    /// <summary>Every entry equally often; all hits.</summary>
    Uniform,

    /// <summary>The k-th entry with a frequency of 1/k; all hits.</summary>
    Zipf,

    /// <summary>Uniform, but one in ten is not in the table.</summary>
    TenthMiss,

    /// <summary>None is in the table.</summary>
    AllMiss,
}

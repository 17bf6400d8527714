namespace OpenNetVM.Benchmarks.Regression;

/// <summary>What a comparison says about a figure.</summary>
internal enum Verdict
{
    /// <summary>Too few rounds to say anything.</summary>
    Undecided,

    /// <summary>What chance and the machine do by themselves is as large.</summary>
    WithinNoise,

    /// <summary>Outside the noise, and this checkout takes less time.</summary>
    Faster,

    /// <summary>Outside the noise, and this checkout takes more time.</summary>
    Slower,
}

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Which workers run what of a chain.</summary>
internal enum ChainPlacement
{
    /// <summary>One worker on one core runs everything.</summary>
    OneCore,

    /// <summary>RX and TX on one core, all functions on another: every hop moves the packets' descriptors to the other core and back.</summary>
    FunctionsApart,

    /// <summary>The chain is cut once: RX and the first half of the functions on one core, the other functions and the last TX on another.</summary>
    Halves,

    /// <summary>RX and TX on one core; each function on a thread of its own, or in a process of its own, all of them on another core, which they share by sleeping.</summary>
    FunctionEach,
}

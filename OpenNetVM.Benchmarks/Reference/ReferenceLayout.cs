namespace OpenNetVM.Benchmarks.Reference;

/// <summary>Who polls what in the C reference (chain_layout in chain_reference.h).</summary>
internal enum ReferenceLayout : uint
{
    /// <summary>A ring pair per function; one core polls RX, all functions, then TX for all of them.</summary>
    OneCore = 0,

    /// <summary>The same, but TX is polled after each function for that one, so that a burst runs to its end before the next comes.</summary>
    TransmitAfterEach = 1,

    /// <summary>RX and TX on one core, all functions on another.</summary>
    TwoCores = 2,

    /// <summary>One core and no rings: a burst goes from function to function by calls through pointers.</summary>
    Calls = 3,
}

namespace OpenNetVM.Dpdk;

/// <summary>DPDK said no, or is not there. The message says what was attempted, what came back and what to do about it.</summary>
public sealed class DpdkException : Exception
{
    /// <summary>A failure without a number, for example a library that is not installed.</summary>
    /// <param name="operation">What was attempted: the DPDK function where there is one.</param>
    /// <param name="message">For people: what happened and what to do.</param>
    public DpdkException(string operation, string message)
        : this(operation, 0, message)
    {
    }

    /// <summary>A failure that DPDK gave a number.</summary>
    /// <param name="operation">What was attempted: the DPDK function where there is one.</param>
    /// <param name="errorCode">The number of errno(3); its sign is dropped, because some functions of DPDK return it negated.</param>
    /// <param name="message">For people: what happened and what to do.</param>
    /// <param name="innerException">What lies below it, if anything.</param>
    public DpdkException(string operation, int errorCode, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Operation = operation;
        ErrorCode = Math.Abs(errorCode);
    }

    /// <summary>What was attempted: the DPDK function where there is one, for example "rte_eal_init".</summary>
    public string Operation { get; }

    /// <summary>The number of errno(3), positive; 0 where DPDK gave none.</summary>
    public int ErrorCode { get; }

    /// <summary>True if the same may succeed a moment later.</summary>
    internal bool MayPass { get; init; }
}

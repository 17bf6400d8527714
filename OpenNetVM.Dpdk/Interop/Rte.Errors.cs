namespace OpenNetVM.Dpdk.Interop;

internal static unsafe partial class Rte
{
    /// <summary>The exception for a function that failed and left its reason in rte_errno; call it at once.</summary>
    public static DpdkException Failed(string operation, string message)
    {
        int error = Errno();
        return new DpdkException(operation, error, $"{message} ({operation}: {ErrorText(error)}.)");
    }
}

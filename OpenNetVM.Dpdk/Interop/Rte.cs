using System.Reflection;
using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>The functions of DPDK under their own names, one file a library. What they expect of the calling thread is DPDK's own contract.</summary>
internal static unsafe partial class Rte
{
    [ThreadStatic]
    private static int* _errno;

    // Every import stands in this class, so that the resolver is there before the first of them is bound.
    static Rte() => NativeLibrary.SetDllImportResolver(typeof(Rte).Assembly, Resolve);

    /// <summary>rte_errno of the calling thread: what went wrong where a function returned -1 or null.</summary>
    public static int Errno()
    {
        // A lookup gives the address of the calling thread's variable, and takes 0.1 us.
        if (_errno == null)
            _errno = (int*)DpdkLibrary.Instance.Symbol("per_lcore__rte_errno");
        return *_errno;
    }

    /// <summary>The text of an errno, for messages.</summary>
    public static string ErrorText(int errorCode) => Marshal.PtrToStringUTF8(rte_strerror(Math.Abs(errorCode))) ?? "unknown error";

    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath) =>
        libraryName.StartsWith("rte_", StringComparison.Ordinal) ? DpdkLibrary.Instance.Handle(libraryName) : 0;
}

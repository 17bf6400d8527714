using System.Runtime.InteropServices;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>DPDK's environment in this process, for the C counterparts: no devices, memory of its own. It can be made once and never undone.</summary>
internal static unsafe class RteEal
{
    private static bool s_initialized;

    /// <summary>Why there are no C counterparts on this machine; null where there are.</summary>
    internal static string? WhyNot()
    {
        DpdkInstallation installation = DpdkInstallation.Find();
        if (!installation.IsFound)
            return installation.Message;
        return Initialize();
    }

    /// <summary>A function of one of DPDK's libraries.</summary>
    /// <exception cref="EntryPointNotFoundException">The library does not have it.</exception>
    internal static nint Function(string library, string name)
    {
        int abi = DpdkInstallation.Find().Abi ?? throw new DllNotFoundException("DPDK is not installed.");
        return NativeLibrary.GetExport(NativeLibrary.Load($"librte_{library}.so.{abi}"), name);
    }

    private static string? Initialize()
    {
        if (s_initialized)
            return null;

        // With huge pages first. An initialization that failed for want of them may be tried again.
        bool started = Start("--no-pci", "--in-memory", "--no-telemetry", "--log-level=1", "-l", "0")
            || Start("--no-pci", "--in-memory", "--no-telemetry", "--log-level=1", "-l", "0", "--no-huge", "-m", "1024");
        s_initialized = started;
        return started ? null : "DPDK's environment could not be initialized.";
    }

    private static bool Start(params string[] arguments)
    {
        delegate* unmanaged<int, byte**, int> initialize = (delegate* unmanaged<int, byte**, int>)Function("eal", "rte_eal_init");

        // DPDK keeps pointers into these.
        byte** vector = (byte**)NativeMemory.Alloc((nuint)arguments.Length + 2, (nuint)sizeof(byte*));
        vector[0] = (byte*)Marshal.StringToCoTaskMemUTF8("benchmarks");
        for (int i = 0; i < arguments.Length; i++)
            vector[i + 1] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        vector[arguments.Length + 1] = null;
        return initialize(arguments.Length + 1, vector) >= 0;
    }
}

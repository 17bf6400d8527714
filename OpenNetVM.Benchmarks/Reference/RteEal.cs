using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>DPDK's environment in this process, for the C counterparts: no devices, memory of its own. It can be made once and never undone.</summary>
internal static unsafe class RteEal
{
    private static bool _started;

    /// <summary>Why there are no C counterparts on this machine; null where there are. The first call starts DPDK.</summary>
    /// <param name="hugePages">How many huge pages of 2 MiB the counterparts need: with fewer free, DPDK is given ordinary memory. Counts in the first call only.</param>
    internal static string? WhyNot(int hugePages)
    {
        DpdkInstallation installation = DpdkInstallation.Find();
        if (!installation.IsFound)
            return installation.Message;
        return _started || Start(hugePages) ? null : $"DPDK does not start here (its reason is above). It needs {hugePages} free huge pages (sysctl vm.nr_hugepages), or 2 GiB of other memory";
    }

    /// <summary>A function of one of DPDK's libraries.</summary>
    /// <exception cref="EntryPointNotFoundException">The library does not have it.</exception>
    internal static nint Function(string library, string name)
    {
        int abi = DpdkInstallation.Find().Abi ?? throw new DllNotFoundException("DPDK is not installed.");
        return NativeLibrary.GetExport(NativeLibrary.Load($"librte_{library}.so.{abi}"), name);
    }

    private static bool Start(int hugePages)
    {
        // A start that failed is final for the process, so which memory to use is decided before it; DPDK 22.11 refuses --in-memory with --no-huge.
        // On a thread of its own, because DPDK pins the thread that starts it, and all that thread's children, to a core.
        string[] memory = FreeHugePages() >= hugePages ? ["--in-memory"] : ["--no-huge", "-m", "2048"];
        string core = CoreAffinity.AvailableCores[0].ToString(CultureInfo.InvariantCulture);
        Thread thread = new(() => _started = Start(["-l", core, "--no-pci", "--no-telemetry", "--log-level=*:error", "--file-prefix", $"benchmarks{Environment.ProcessId}", .. memory]));
        thread.Start();
        thread.Join();
        return _started;
    }

    private static bool Start(string[] arguments)
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

    private static int FreeHugePages()
    {
        const string Path = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        return File.Exists(Path) && int.TryParse(File.ReadAllText(Path), CultureInfo.InvariantCulture, out int pages) ? pages : 0;
    }
}

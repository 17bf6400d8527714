using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk;

/// <summary>The DPDK libraries of this machine, found without initialising them.</summary>
/// <param name="Abi">The ABI number, which is the number in the libraries' file names (23 for DPDK 22.11); null if none was found.</param>
/// <param name="Version">What the library calls itself, for example "DPDK 22.11.7"; null if none was found.</param>
/// <param name="Message">For people: what was found, or what to install.</param>
public sealed record DpdkInstallation(int? Abi, string? Version, string Message)
{
    // 23.11 and later moved symbols between libraries, but the EAL and its rte_version are in each of these.
    private const int NewestKnownAbi = 27;
    private const int OldestKnownAbi = 23;

    /// <summary>True if libraries of a known ABI are installed.</summary>
    public bool IsFound => Abi is not null;

    /// <summary>Looks for the libraries, newest known ABI first. Safe from any thread.</summary>
    public static DpdkInstallation Find()
    {
        if (!OperatingSystem.IsLinux())
            return new DpdkInstallation(null, null, "DPDK ports need Linux. Everything else of OpenNetVM works here.");
        for (int abi = NewestKnownAbi; abi >= OldestKnownAbi; abi--)
        {
            if (!NativeLibrary.TryLoad($"librte_eal.so.{abi}", out nint library))
                continue;
            string version = ReadVersion(library);
            return new DpdkInstallation(abi, version, $"{version} (ABI {abi}) is installed.");
        }

        return new DpdkInstallation(
            null,
            null,
            $"DPDK is not installed: none of librte_eal.so.{OldestKnownAbi} to .{NewestKnownAbi} was found. On Debian 12: apt-get install librte-eal23 librte-ethdev23 librte-mempool-ring23 librte-bus-vdev23 librte-net-null23.");
    }

    // The library stays loaded: whoever asks is about to use it.
    private static unsafe string ReadVersion(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "rte_version", out nint function))
            return "DPDK of unknown version";
        return Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)function)()) ?? "DPDK of unknown version";
    }
}

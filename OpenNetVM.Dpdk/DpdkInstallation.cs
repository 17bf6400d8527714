using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk;

/// <summary>The DPDK libraries of this machine, found without initialising them.</summary>
/// <param name="Abi">The ABI number, which is the number in the libraries' file names (23 for DPDK 22.11); null if none was found.</param>
/// <param name="Version">What the library calls itself, for example "DPDK 22.11.7"; null if none was found.</param>
/// <param name="Message">For people: what was found, or what to install.</param>
public sealed record DpdkInstallation(int? Abi, string? Version, string Message)
{
    internal static string NotInstalled { get; } =
        $"DPDK is not installed: none of librte_eal.so.{DpdkLayout.OldestAbi} to .{DpdkLayout.NewestAbi} was found. On Debian 12: apt-get install "
        + "librte-ethdev23 librte-mempool-ring23 librte-bus-vdev23, and the drivers of your ports, such as librte-net-null23 librte-net-af-packet23 librte-net-tap23.";

    /// <summary>True if libraries of a known ABI are installed.</summary>
    public bool IsFound => Abi is not null;

    /// <summary>Looks for the libraries, newest known ABI first. Safe from any thread.</summary>
    public static DpdkInstallation Find()
    {
        try
        {
            DpdkLibrary library = DpdkLibrary.Instance;
            return new DpdkInstallation(library.Abi, library.Version, $"{library.Version} (ABI {library.Abi}) is installed.");
        }
        catch (DpdkException exception)
        {
            return new DpdkInstallation(null, null, exception.Message);
        }
    }
}

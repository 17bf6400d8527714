namespace OpenNetVM.Dpdk.Interop;

/// <summary>Names for <c>LibraryImport</c>, which <see cref="DpdkLibrary"/> resolves to <c>lib{name}.so.{ABI}</c>: the plain .so files belong to libdpdk-dev.</summary>
internal static class RteLibraries
{
    public const string Eal = "rte_eal";
    public const string Ethdev = "rte_ethdev";
    public const string Mempool = "rte_mempool";
    public const string Mbuf = "rte_mbuf";
    public const string Ring = "rte_ring";

    /// <summary>A library of its own since DPDK 23.11; before, part of the EAL, which is then taken for it.</summary>
    public const string Log = "rte_log";

    /// <summary>A driver: found by its name alone only after rte_eal_init has loaded the drivers.</summary>
    public const string NetRing = "rte_net_ring";
}

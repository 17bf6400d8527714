namespace OpenNetVM.Dpdk.Interop;

/// <summary>
/// Proves a <see cref="DpdkLayout"/> and the constants of the *Layout classes against the DPDK that is loaded, by exported functions and variables alone. A library with another
/// layout than its ABI number says (a private build, a patched package) is so refused with the fields' names, where it would otherwise crash or corrupt packets.
/// </summary>
internal static unsafe partial class LayoutCheck
{
    /// <summary>Entries of ports that nobody has yet: DPDK numbers ports upwards from 0 and has room for 32.</summary>
    private const int UnusedPort = 20;

    /// <summary>What can be proved before DPDK is started: the table of burst functions.</summary>
    public static IReadOnlyList<string> BurstTable(DpdkLibrary library, DpdkLayout layout)
    {
        LayoutFindings findings = new();
        byte* entries = (byte*)library.Symbol("rte_eth_fp_ops") + (UnusedPort * FpOpsLayout.Stride);
        FpOpsLayout ops = layout.FpOps;
        ExpectShared("rte_eth_fp_ops.rx_pkt_burst", ops.RxBurst);
        ExpectOwn("rte_eth_fp_ops.rxq.data", ops.RxQueueData);
        ExpectShared("rte_eth_fp_ops.rxq.clbk", ops.RxQueueCallbacks);
        ExpectShared("rte_eth_fp_ops.tx_pkt_burst", ops.TxBurst);
        ExpectOwn("rte_eth_fp_ops.txq.data", ops.TxQueueData);
        ExpectShared("rte_eth_fp_ops.txq.clbk", ops.TxQueueCallbacks);
        return findings.Fields;

        nint Word(int entry, int offset) => *(nint*)(entries + (entry * FpOpsLayout.Stride) + offset);

        // Until a port is started, its functions are DPDK's placeholders, which all ports share, and so are its callbacks.
        void ExpectShared(string field, int offset) => findings.Expect(field,
            Word(0, offset) != 0 && Word(0, offset) == Word(1, offset) && Word(1, offset) == Word(2, offset), "is not the placeholder of ports that are not started");

        // The placeholder for its queues tells whose they are: one array a port, one after the other.
        void ExpectOwn(string field, int offset) => findings.Expect(field,
            Word(0, offset) != 0 && Word(1, offset) != Word(0, offset) && Word(1, offset) - Word(0, offset) == Word(2, offset) - Word(1, offset),
            "is not the placeholder array of a port that is not started");
    }

    /// <summary>What can be proved once DPDK runs: pools, mbufs, and where the driver net_null is installed the structures of ports.</summary>
    /// <remarks>Takes a pool and a port for a moment.</remarks>
    /// <exception cref="DpdkException">There is not the memory for a small pool.</exception>
    public static IReadOnlyList<string> Running(DpdkLibrary library, DpdkLayout layout)
    {
        LayoutFindings findings = new();
        Pool(library, findings);
        Port(library, layout, findings);
        return findings.Fields;
    }

    /// <exception cref="DpdkException">There are findings.</exception>
    public static void ThrowIfWrong(IReadOnlyList<string> findings, DpdkLibrary library, DpdkLayout layout)
    {
        if (findings.Count == 0)
            return;
        throw new DpdkException("self-check",
            $"The installed {library.Version} (ABI {library.Abi}) is not laid out as ABI {DpdkLayout.Describe(layout.Abi)} is; OpenNetVM knows the ABIs {DpdkLayout.KnownAbis}. "
            + $"Packets would be corrupted, so it is not used: install the DPDK packages of your distribution. What disagrees:\n  {string.Join("\n  ", findings)}");
    }
}

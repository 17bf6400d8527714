using System.Globalization;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>What differs between the ABIs of DPDK in the structures that are read or written here. What does not differ stands in the constants of the *Layout classes.</summary>
/// <remarks>From offsetof programs compiled against 22.11, 23.11, 24.11, 25.11 and 26.11; a test repeats that with the headers that are installed.</remarks>
internal sealed record DpdkLayout
{
    public const int OldestAbi = 23;
    public const int NewestAbi = 27;

    private static readonly FpOpsLayout FpOps23 = new()
    {
        RxBurst = 0,
        RxQueueData = 24,
        RxQueueCallbacks = 32,
        TxBurst = 64,
        TxPrepare = 72,
        TxQueueData = 88,
        TxQueueCallbacks = 96,
    };

    private static readonly FpOpsLayout FpOps24 = new()
    {
        RxBurst = 16,
        RxQueueData = 0,
        RxQueueCallbacks = 8,
        TxBurst = 80,
        TxPrepare = 88,
        TxQueueData = 64,
        TxQueueCallbacks = 72,
    };

    private static readonly DevInfoLayout DevInfo23 = new()
    {
        MaxRxPacketLength = 36,
        MaxLroPacketSize = 40,
        MaxRxQueues = 44,
        MaxTxQueues = 46,
        MaxMacAddresses = 48,
    };

    private static readonly DevInfoLayout DevInfo24 = new()
    {
        MaxRxPacketLength = 40,
        MaxLroPacketSize = 44,
        MaxRxQueues = 48,
        MaxTxQueues = 50,
        MaxMacAddresses = 52,
    };

    public required int Abi { get; init; }
    public required FpOpsLayout FpOps { get; init; }
    public required EthConfLayout EthConf { get; init; }
    public required DevInfoLayout DevInfo { get; init; }

    /// <summary>Bytes of struct rte_eth_stats, whose first eight counters are the same everywhere: <see cref="EthStatsLayout"/>.</summary>
    public required int EthStatsSize { get; init; }

    /// <summary>For messages: "23 (DPDK 22.11) to 27 (DPDK 26.11)".</summary>
    public static string KnownAbis { get; } = $"{Describe(OldestAbi)} to {Describe(NewestAbi)}";

    public static bool IsKnown(int abi) => abi is >= OldestAbi and <= NewestAbi;

    /// <exception cref="DpdkException">There is no table for that ABI.</exception>
    public static DpdkLayout For(int abi)
    {
        if (!IsKnown(abi))
        {
            throw new DpdkException("load", string.Create(CultureInfo.InvariantCulture,
                $"DPDK with ABI {abi} is not known to this version of OpenNetVM, which knows the ABIs {KnownAbis}. Install one of those, or a newer OpenNetVM."));
        }

        return new DpdkLayout
        {
            Abi = abi,
            FpOps = abi == 23 ? FpOps23 : FpOps24,
            EthConf = abi == 23 ? new EthConfLayout { Size = 2272, InterruptConf = 2264 } : new EthConfLayout { Size = 2280, InterruptConf = 2272 },
            DevInfo = abi == 23 ? DevInfo23 : DevInfo24,
            EthStatsSize = abi <= 25 ? 704 : 64,
        };
    }

    /// <summary>Compares this table, and the layouts that all ABIs share, with a DPDK that runs.</summary>
    /// <returns>The fields that disagree, each with what was found; none if all is well.</returns>
    public IReadOnlyList<string> Verify(DpdkLibrary library) => [.. LayoutCheck.BurstTable(library, this), .. LayoutCheck.Running(library, this)];

    /// <summary>ABI 23 is DPDK 22.11, and every November's release adds one.</summary>
    public static string Describe(int abi) => string.Create(CultureInfo.InvariantCulture, $"{abi} (DPDK {abi - 1}.11)");
}

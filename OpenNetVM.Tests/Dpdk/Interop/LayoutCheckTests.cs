using OpenNetVM.Dpdk;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk.Interop;

/// <summary>The self-check accepts what is right and names what is wrong, without a crash.</summary>
public class LayoutCheckTests
{
    public LayoutCheckTests() => DpdkEal.Get();

    private static DpdkLibrary Library => DpdkLibrary.Instance;

    [Fact]
    public void The_table_of_the_installed_ABI_is_accepted() => Assert.Empty(Library.Layout.Verify(Library));

    [Fact]
    public void The_table_of_another_ABI_is_refused_with_the_fields_that_disagree()
    {
        DpdkLayout wrong = DpdkLayout.For(Library.Abi == 23 ? 24 : 23);
        IReadOnlyList<string> fields = wrong.Verify(Library);
        Assert.Contains(fields, field => field.StartsWith("rte_eth_fp_ops.rxq.data ", StringComparison.Ordinal));
        Assert.Contains(fields, field => field.StartsWith("rte_eth_fp_ops.tx_pkt_burst ", StringComparison.Ordinal));
        if (NullDriverIsInstalled())
        {
            Assert.Contains(fields, field => field.StartsWith("rte_eth_dev_info.max_rx_queues ", StringComparison.Ordinal) || field.StartsWith("rte_eth_dev_info.max_tx_queues ", StringComparison.Ordinal));
            Assert.Contains(fields, field => field.StartsWith("sizeof(rte_eth_conf) ", StringComparison.Ordinal));
        }

        DpdkException exception = Assert.Throws<DpdkException>(() => LayoutCheck.ThrowIfWrong(fields, Library, wrong));
        Assert.Contains(Library.Version, exception.Message, StringComparison.Ordinal);
        Assert.Contains(DpdkLayout.KnownAbis, exception.Message, StringComparison.Ordinal);
        Assert.All(fields, field => Assert.Contains(field, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_size_of_the_statistics_is_told_apart()
    {
        if (!NullDriverIsInstalled())
            Assert.Skip("needs the driver net_null (apt-get install librte-net-null23)");
        DpdkLayout other = Library.Layout with { EthStatsSize = Library.Layout.EthStatsSize == 64 ? 704 : 64 };
        string field = Assert.Single(other.Verify(Library));
        Assert.StartsWith("sizeof(rte_eth_stats) ", field, StringComparison.Ordinal);
    }

    [Fact]
    public void The_wrong_burst_functions_are_refused_before_anything_is_started() =>
        Assert.NotEmpty(LayoutCheck.BurstTable(Library, DpdkLayout.For(Library.Abi == 23 ? 24 : 23)));

    private static bool NullDriverIsInstalled()
    {
        if (Rte.rte_eal_hotplug_add("vdev", "net_null_opennetvm_test", "") != 0)
            return false;
        return Rte.rte_eal_hotplug_remove("vdev", "net_null_opennetvm_test") == 0;
    }
}

using OpenNetVM.Dpdk;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk.Interop;

/// <summary>Which of the installed libraries is taken, and what is said where none can be.</summary>
public class DpdkLibraryTests
{
    [Fact]
    public void Without_DPDK_it_says_what_to_install()
    {
        DpdkException exception = Assert.Throws<DpdkException>(() => DpdkLibrary.Load(_ => 0));
        Assert.Contains("apt-get install librte-ethdev23 librte-mempool-ring23 librte-bus-vdev23", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, exception.ErrorCode);
    }

    [Theory]
    [InlineData(22)]
    [InlineData(28)]
    public void An_unknown_ABI_is_refused_with_its_number_and_those_that_are_known(int abi)
    {
        DpdkException exception = Assert.Throws<DpdkException>(() => DpdkLibrary.Load(Only($"librte_eal.so.{abi}")));
        Assert.Contains($"ABI {abi} (DPDK {abi - 1}.11)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("23 (DPDK 22.11) to 27 (DPDK 26.11)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("newer OpenNetVM", Assert.Throws<DpdkException>(() => DpdkLayout.For(abi)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_missing_beside_the_others_is_named_with_its_package()
    {
        DpdkException exception = Assert.Throws<DpdkException>(() => DpdkLibrary.Load(Only("librte_eal.so.25", "librte_ethdev.so.25")));
        Assert.Contains("librte_mempool.so.25 was not found", exception.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install librte-mempool25", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rte_net_ring", "librte-net-ring23")]
    [InlineData("rte_net_e1000", "librte-net-e1000-23")]
    public void Packages_have_the_names_of_Debian(string library, string package) => Assert.Equal(package, DpdkLibrary.PackageOf(library, 23));

    [Fact]
    public void ABIs_are_looked_for_from_the_newest_known_downwards()
    {
        List<string> asked = [];
        Assert.Throws<DpdkException>(() => DpdkLibrary.Load(file =>
        {
            asked.Add(file);
            return 0;
        }));
        Assert.Equal(["librte_eal.so.27", "librte_eal.so.26", "librte_eal.so.25", "librte_eal.so.24", "librte_eal.so.23"], asked.Take(5));
    }

    [Fact]
    public void A_symbol_is_found_in_whichever_library_has_it_and_a_missing_one_is_named()
    {
        DpdkEal.SkipUnlessInstalled();
        DpdkLibrary library = DpdkLibrary.Instance;
        foreach (string symbol in (string[])["rte_eal_init", "rte_eth_fp_ops", "rte_mempool_ops_table", "rte_pktmbuf_free_bulk", "rte_ring_create", "rte_openlog_stream"])
            Assert.NotEqual(0, library.Symbol(symbol));
        Assert.False(library.TrySymbol("rte_no_such_thing", out _));
        Assert.Contains("rte_no_such_thing", Assert.Throws<DpdkException>(() => library.Symbol("rte_no_such_thing")).Message, StringComparison.Ordinal);
        Assert.StartsWith("DPDK ", library.Version, StringComparison.Ordinal);
        Assert.Equal(library.Abi, DpdkInstallation.Find().Abi);
    }

    [Fact]
    public void Every_thread_has_an_error_number_of_its_own()
    {
        DpdkEal.Get();
        // It sets the number: ENOENT.
        Assert.Equal(0, Rte.rte_memzone_lookup("no such zone"));
        Assert.Equal(2, Rte.Errno());
        int elsewhere = -1;
        Thread thread = new(() => elsewhere = Rte.Errno());
        thread.Start();
        thread.Join();
        Assert.Equal(0, elsewhere);
        Assert.Equal(2, Rte.Errno());
    }

    private static Func<string, nint> Only(params string[] files) => file => files.Contains(file) ? 1 : 0;
}

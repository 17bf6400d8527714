using OpenNetVM.Dpdk;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>What DPDK has said becomes what to do: for failures that a test cannot bring about everywhere.</summary>
public class EalFailureTests
{
    [Theory]
    [InlineData(13, "EAL: FATAL: Cannot get hugepage information.", "mount -t hugetlbfs")]
    [InlineData(12, "EAL: Not enough memory available! Requested: 4096MB, available: 982MB", "MainMemoryMegabytes")]
    [InlineData(12, "EAL: error allocating rte services array", "vm.nr_hugepages")]
    [InlineData(12, "EAL: FATAL: Cannot init memory", "vm.nr_hugepages")]
    [InlineData(22, "EAL: lcore 5 unavailable", "cannot use")]
    [InlineData(22, "EAL: FATAL: Cannot use IOVA as 'PA' since physical addresses are not available", "root only")]
    [InlineData(19, "EAL: failed to parse device \"net_nosuch0\"", "librte-net-")]
    [InlineData(0, "EAL: Cannot create lock on '/var/run/dpdk/x/config'. Is another primary process running?", "FilePrefix")]
    [InlineData(22, "EAL: Option -n is ignored, because (-n) is set!", "twice")]
    [InlineData(22, "EAL: /opt is world-writable and insecure", "chmod o-w")]
    [InlineData(12, "EAL: Cannot allocate VA space for memseg list", "ulimit -v")]
    [InlineData(12, "something else", "vm.nr_hugepages")]
    [InlineData(114, "", "past OpenNetVM")]
    public void A_start_that_failed_says_what_to_do(int errorCode, string line, string advice)
    {
        DpdkException exception = EalFailure.OfStart(errorCode, ["EAL: Physical addresses are unavailable, selecting IOVA as VA mode.", line]);
        Assert.Equal(errorCode, exception.ErrorCode);
        Assert.Equal("rte_eal_init", exception.Operation);
        Assert.Contains(advice, exception.Message.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains(line, exception.Message, StringComparison.Ordinal);
        Assert.Contains("start the process again", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-14, "EAL: failed to parse device \"vdev:net_nosuch0\"", "librte-net-tap")]
    [InlineData(-1, "rte_pmd_init_internals(): net_af_packet0: ioctl failed (SIOCGIFINDEX):No such device", "ip link")]
    [InlineData(-1, "tun_alloc(): Unable to set TUNSETIFF: Operation not permitted", "CAP_NET_ADMIN")]
    [InlineData(-1, "set_interface_name(): TAP invalid remote interface name (a/b)", "arguments")]
    [InlineData(-17, "", "there already")]
    public void A_device_that_was_refused_says_what_to_do(int result, string line, string advice)
    {
        DpdkException exception = EalFailure.OfPlugging("rte_eal_hotplug_add", "vdev", "net_x0", "a=b", result, [line]);
        Assert.Equal(-result, exception.ErrorCode);
        Assert.Contains("\"net_x0\" of bus vdev with \"a=b\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains(advice, exception.Message.Split('\n')[0], StringComparison.Ordinal);
    }
}

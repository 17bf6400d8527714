using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>Options become arguments, or are refused before DPDK sees them.</summary>
public class EalArgumentsTests
{
    private const long Gigabyte = 1L << 30;

    [Fact]
    public void The_defaults_take_one_core_huge_pages_no_PCI_device_and_no_files()
    {
        List<string> arguments = EalArguments.Build(new EalOptions(), Gigabyte, out string? remark);
        Assert.Equal(["opennetvm", $"--lcores=0@{CoreAffinity.AvailableCores[0]}", "--no-telemetry", "--file-prefix=opennetvm", "--in-memory", "--no-pci"], arguments);
        Assert.Null(remark);
    }

    [Fact]
    public void Where_no_huge_pages_are_free_it_does_without_and_says_so()
    {
        List<string> arguments = EalArguments.Build(new EalOptions(), 0, out string? remark);
        Assert.Contains("--no-huge", arguments);
        Assert.DoesNotContain("--in-memory", arguments);
        Assert.Equal("256", arguments[arguments.IndexOf("-m") + 1]);
        Assert.Contains("0 MB of huge pages are free", remark, StringComparison.Ordinal);
    }

    [Fact]
    public void Huge_pages_count_as_too_few_by_what_is_asked_for()
    {
        EalOptions options = new() { MainMemoryMegabytes = 2_048 };
        Assert.Contains("--no-huge", EalArguments.Build(options, Gigabyte, out _));
        Assert.Contains("--in-memory", EalArguments.Build(options, 2 * Gigabyte, out _));
        DpdkException exception = Assert.Throws<DpdkException>(() => EalArguments.Build(options with { HugePages = HugePageMode.Required }, Gigabyte, out _));
        Assert.Contains("1024 MB of huge pages are free, 2048 MB are wanted", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_prefix_files_get_one_of_this_process() => Assert.Contains(
        $"--file-prefix=opennetvm-{Environment.ProcessId}", EalArguments.Build(new EalOptions { InMemory = false, HugePages = HugePageMode.None }, 0, out _));

    [Fact]
    public void Further_options_are_passed_on()
    {
        List<string> arguments = EalArguments.Build(
            new EalOptions { IovaMode = IovaMode.Virtual, LogLevel = LogLevel.Error, FilePrefix = "mine", ExtraArguments = ["-n", "4", "--socket-mem=64"] }, Gigabyte, out _);
        Assert.Contains("--iova-mode=va", arguments);
        Assert.Contains("--log-level=error", arguments);
        Assert.Contains("--file-prefix=mine", arguments);
        Assert.Equal(["-n", "4", "--socket-mem=64"], arguments.TakeLast(3));
    }

    [Theory]
    [InlineData("-h", "end the process")]
    [InlineData("--help", "end the process")]
    [InlineData("--he", "end the process")]
    [InlineData("--trace=help", "end the process")]
    [InlineData("--", "nothing comes after")]
    [InlineData("", "empty")]
    [InlineData("-n\n4", "control characters")]
    [InlineData("-l", "EalOptions.Cores")]
    [InlineData("-l0", "EalOptions.Cores")]
    [InlineData("--lcores=0", "EalOptions.Cores")]
    [InlineData("--file-p=x", "EalOptions.FilePrefix")]
    [InlineData("--vdev=net_null0", "EalOptions.VirtualDevices")]
    [InlineData("--log-level=8", "EalOptions.LogLevel")]
    [InlineData("--proc-type=secondary", "primary process only")]
    public void An_extra_argument_that_cannot_be_is_refused(string argument, string reason) =>
        Assert.Contains(reason, Refused(new EalOptions { ExtraArguments = [argument] }), StringComparison.Ordinal);

    [Fact]
    public void Cores_must_be_cores_of_this_process_named_once()
    {
        int mine = CoreAffinity.AvailableCores[0];
        Assert.Contains("core 100000", Refused(new EalOptions { Cores = [mine, 100_000] }), StringComparison.Ordinal);
        Assert.Contains("twice", Refused(new EalOptions { Cores = [mine, mine] }), StringComparison.Ordinal);
        Assert.Contains("empty", Refused(new EalOptions { Cores = [] }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_met_is_refused_with_the_reason()
    {
        Assert.Contains("at least 1", Refused(new EalOptions { MainMemoryMegabytes = 0 }), StringComparison.Ordinal);
        Assert.Contains("need huge pages", Refused(new EalOptions { HugePages = HugePageMode.None, IovaMode = IovaMode.Physical }), StringComparison.Ordinal);
        Assert.Contains("'/'", Refused(new EalOptions { FilePrefix = "a/b" }), StringComparison.Ordinal);
        Assert.Contains("no PCI device ffff:ff:1f.7", Refused(new EalOptions { PciDevices = ["ffff:ff:1f.7"] }), StringComparison.Ordinal);
        Assert.Contains("no PCI device ../..", Refused(new EalOptions { PciDevices = ["../.."] }), StringComparison.Ordinal);
        Assert.Contains("LogLevel", Refused(new EalOptions { LogLevel = (LogLevel)77 }), StringComparison.Ordinal);
        Assert.Contains("HugePageMode", Refused(new EalOptions { HugePages = (HugePageMode)77 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("net_null0", "net_null0", "")]
    [InlineData("net_tap0,iface=a,mac=fixed", "net_tap0", "iface=a,mac=fixed")]
    public void A_device_is_a_name_and_its_arguments(string device, string name, string arguments) =>
        Assert.Equal((name, arguments), EalArguments.SplitDevice(device));

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData(",iface=a")]
    [InlineData("net tap")]
    public void A_device_without_a_name_is_refused(string device) => Assert.Throws<ArgumentException>(() => EalArguments.SplitDevice(device));

    private static string Refused(EalOptions options) => Assert.ThrowsAny<ArgumentException>(() => EalArguments.Build(options, Gigabyte, out _)).Message;
}

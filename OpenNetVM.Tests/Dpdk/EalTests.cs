using OpenNetVM.Core.Dataplane;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>DPDK's environment as processes of their own start it.</summary>
public class EalTests
{
    private const string WithoutHugePages = "HugePages=None";

    public EalTests() => DpdkEal.SkipUnlessInstalled();

    [Fact]
    public void It_starts_without_huge_pages_and_its_log_lines_arrive()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.Start, WithoutHugePages);
        Assert.StartsWith($"started {DpdkInstallation.Find().Version} (ABI {DpdkInstallation.Find().Abi}), Virtual, ordinary pages\n", child.Result, StringComparison.Ordinal);
        Assert.Contains("\nInformation: EAL: Detected CPU lcores:", child.Result, StringComparison.Ordinal);
        AssertNothingPrinted(child);
    }

    [Fact]
    public void It_starts_by_its_defaults_on_any_machine()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.Start);
        Assert.StartsWith("started ", child.Result, StringComparison.Ordinal);
        // Where there are no huge pages, the log says that it does without.
        Assert.Equal(child.Result.Contains("ordinary pages", StringComparison.Ordinal), child.Result.Contains("Warning: DPDK is started without huge pages", StringComparison.Ordinal));
        AssertNothingPrinted(child);
    }

    [Fact]
    public void It_starts_for_a_user_who_is_not_root()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("needs root, to become another user; as another user every other test of this class tests it");
        if (!File.Exists("/usr/bin/setpriv"))
            Assert.Skip("needs setpriv (apt-get install util-linux)");
        if (!OthersMayRead(typeof(EalTests).Assembly.Location) || !OthersMayRead(ChildProcess.DotNet))
            Assert.Skip("needs a checkout and a .NET that other users may read");
        ChildScenario child = ChildScenario.RunBehind(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], [new("HOME", "/tmp"), new("XDG_RUNTIME_DIR", Path.GetTempPath())],
            EalScenarios.Start, "HugePages=None");
        AssertStarted(child);
    }

    [Fact]
    public void Neither_the_caller_nor_later_threads_are_bound_to_a_core()
    {
        string all = string.Join(',', CoreAffinity.AvailableCores);
        ChildScenario child = ChildScenario.Run(EalScenarios.Affinity, WithoutHugePages);
        Assert.Equal([$"before {all}", $"caller {all}", $"thread {all}", $"pool {all}"], child.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Every_core_of_this_process_can_be_named()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.Start, WithoutHugePages, $"Cores={string.Join(',', CoreAffinity.AvailableCores.Reverse())}");
        Assert.StartsWith("started ", child.Result, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_start_is_refused_and_names_the_first()
    {
        string[] lines = ChildScenario.Run(EalScenarios.StartTwice, WithoutHugePages).Result.Split('\n');
        Assert.StartsWith("started ", lines[0], StringComparison.Ordinal);
        Assert.Equal("current", lines[1]);
        Assert.StartsWith("InvalidOperationException: ", lines[2], StringComparison.Ordinal);
        Assert.Contains("Eal.Current", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_failed_start_there_is_no_other_and_both_say_so()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.StartTwice, WithoutHugePages, "ExtraArguments=--no-such-option");
        AssertRefused(
            child, "rte_eal_init 22: ", "ExtraArguments is not an option", "unrecognized option '--no-such-option'", "only once in a process",
            "\nnot current\nInvalidOperationException: DPDK was to be started in this process before");
    }

    [Fact]
    public void Options_that_are_refused_beforehand_do_not_spoil_the_start()
    {
        string result = ChildScenario.Run(EalScenarios.StartTwice, "HugePages=Required", "MainMemoryMegabytes=999999999").Result;
        Assert.StartsWith("DpdkException huge pages 0: Huge pages are required, but", result, StringComparison.Ordinal);
        Assert.Contains("vm.nr_hugepages", result, StringComparison.Ordinal);
        Assert.Contains("\nnot current\nstarted ", result, StringComparison.Ordinal);
    }

    [Fact]
    public void The_usage_text_goes_to_the_log_for_debugging()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.Start, WithoutHugePages, "ExtraArguments=--no-such-option");
        Assert.Contains("\nDebug: Usage: opennetvm", child.Result, StringComparison.Ordinal);
        Assert.Contains("\nCritical: EAL: FATAL: Invalid 'command line' arguments.", child.Result, StringComparison.Ordinal);
        AssertNothingPrinted(child);
    }

    [Fact]
    public void A_virtual_device_with_an_unknown_driver_is_named_with_what_to_install()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.StartTwice, WithoutHugePages, "VirtualDevices=net_nosuch0,a=b");

        // Unlike everything above it leaves DPDK running.
        AssertRefused(
            child, "rte_eal_hotplug_add ", "\"net_nosuch0\" of bus vdev with \"a=b\"", "package of its driver is installed", "DPDK itself runs, in Eal.Current.\ncurrent\n");
    }

    [Fact]
    public void A_virtual_device_that_its_driver_refuses_is_an_error_with_the_drivers_words()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.Start, WithoutHugePages, "VirtualDevices=net_pcap0,rx_pcap=/no/such/file");
        if (child.Result.Contains("failed to parse device", StringComparison.Ordinal))
            Assert.Skip("needs the driver net_pcap (apt-get install librte-net-pcap23)");
        AssertRefused(child, "rte_eal_hotplug_add 1: ", "There is no such file.");
    }

    [Fact]
    public void A_driver_that_cannot_be_loaded_is_an_error_that_names_it()
    {
        ChildScenario child = ChildScenario.Run(EalScenarios.Start, WithoutHugePages, "ExtraArguments=-d", "ExtraArguments=/no/such/driver.so");
        AssertRefused(child, "rte_eal_init 22: ", "(-d)", "/no/such/driver.so");
    }

    [Fact]
    public void Too_little_memory_is_an_error_that_says_how_to_get_more()
    {
        // One megabyte is less than DPDK takes for itself.
        ChildScenario child = ChildScenario.Run(EalScenarios.Start, WithoutHugePages, "MainMemoryMegabytes=1");
        AssertRefused(child, "", " 12: ");
    }

    [Fact]
    public void A_taken_file_prefix_is_an_error_that_says_so()
    {
        string prefix = $"opennetvm-test-{Guid.NewGuid():N}";
        ChildScenario child = ChildScenario.Run(EalScenarios.StartBesideAnother, prefix);
        Assert.StartsWith("DpdkException rte_eal_init 0: ", child.Result, StringComparison.Ordinal);
        Assert.Contains("Another process runs with the same FilePrefix", child.Result, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limited_address_space_is_an_error_that_says_so()
    {
        ChildScenario child = ChildScenario.RunBehind(
            ["/bin/sh", "-c", "ulimit -v 30000000; exec \"$@\"", "sh"], [new("DOTNET_GCHeapHardLimit", "10000000")],
            EalScenarios.Start);
        if (child.Result.Contains("ordinary pages", StringComparison.Ordinal))
            Assert.Skip("needs huge pages (sysctl vm.nr_hugepages=512)");
        AssertRefused(child, "rte_eal_init ", "ulimit -v");
    }

    [Fact]
    public void Nothing_is_left_in_the_file_system()
    {
        string prefix = $"opennetvm-test-{Guid.NewGuid():N}";
        string folder = EalScenarios.RuntimeFolder(prefix);
        Assert.StartsWith("started ", ChildScenario.Run(EalScenarios.Start, WithoutHugePages, $"FilePrefix={prefix}").Result, StringComparison.Ordinal);
        if (!Directory.Exists(folder))
            return;
        string[] left = Directory.GetFiles(folder);
        Directory.Delete(folder, recursive: true);
        Assert.Empty(left);
    }

    private static bool OthersMayRead(string file)
    {
        const UnixFileMode Folder = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & UnixFileMode.OtherRead) == 0)
            return false;
        for (DirectoryInfo? folder = Directory.GetParent(file); folder is not null; folder = folder.Parent)
        {
            if ((folder.UnixFileMode & Folder) != Folder)
                return false;
        }

        return true;
    }

    private static void AssertStarted(ChildScenario child)
    {
        Assert.StartsWith("started ", child.Result, StringComparison.Ordinal);
        AssertNothingPrinted(child);
    }

    private static void AssertRefused(ChildScenario child, string operation, params string[] told)
    {
        Assert.StartsWith($"{nameof(DpdkException)} {operation}", child.Result, StringComparison.Ordinal);
        Assert.All(told, text => Assert.Contains(text, child.Result, StringComparison.Ordinal));
        AssertNothingPrinted(child);
    }

    private static void AssertNothingPrinted(ChildScenario child)
    {
        Assert.Empty(child.Process.Output);
        Assert.Empty(child.Process.Error);
    }
}

using OpenNetVM.Dpdk;

namespace OpenNetVM.Tests.Support;

/// <summary>DPDK in the process of the tests: started by the first test that asks, shared by all, since a process has one. It needs neither root nor huge pages.</summary>
internal static class DpdkEal
{
    private static readonly Lazy<Eal> Started = new(() =>
        Eal.Start(new EalOptions { HugePages = HugePageMode.None, MainMemoryMegabytes = 512 }, Logger));

    private static int _number;

    /// <summary>Gets DPDK's log lines.</summary>
    public static RecordingLogger Logger { get; } = new();

    /// <summary>Skips the calling test where DPDK is not installed.</summary>
    public static Eal Get()
    {
        SkipUnlessInstalled();
        return Started.Value;
    }

    public static void SkipUnlessInstalled()
    {
        DpdkInstallation installation = DpdkInstallation.Find();
        if (!installation.IsFound)
            Assert.Skip(installation.Message);
    }

    /// <summary>A name for a virtual device that no other test uses: <paramref name="driver"/> and a number.</summary>
    public static string DeviceName(string driver) => $"{driver}{Interlocked.Increment(ref _number)}";

    /// <summary>A port of a virtual device of its own.</summary>
    public static DpdkPort Open(string driver, string arguments = "", DpdkPortOptions? options = null)
    {
        Get();
        options ??= new DpdkPortOptions { Device = "" };
        return new DpdkPort(options with { Device = DeviceName(driver), Arguments = arguments });
    }
}

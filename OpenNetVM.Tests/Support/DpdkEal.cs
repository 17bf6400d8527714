using OpenNetVM.Dpdk;

namespace OpenNetVM.Tests.Support;

/// <summary>DPDK in the process of the tests, started once; tests that need it skip where it is not installed.</summary>
internal static class DpdkEal
{
    private static readonly Lazy<Eal> Started = new(() => Eal.Current ?? Eal.Start());
    private static int s_number;

    /// <summary>The running EAL.</summary>
    public static Eal Require()
    {
        DpdkInstallation installation = DpdkInstallation.Find();
        Assert.SkipUnless(installation.IsFound, installation.Message);
        return Started.Value;
    }

    /// <summary>A name for a virtual device that no other test uses: <paramref name="driver"/> and a number.</summary>
    public static string DeviceName(string driver) => $"{driver}{Interlocked.Increment(ref s_number)}";

    /// <summary>A port of a virtual device of its own.</summary>
    public static DpdkPort Open(string driver, string arguments = "", DpdkPortOptions? options = null)
    {
        Require();
        options ??= new DpdkPortOptions { Device = "" };
        return new DpdkPort(options with { Device = DeviceName(driver), Arguments = arguments });
    }
}

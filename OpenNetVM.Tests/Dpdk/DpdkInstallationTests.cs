using OpenNetVM.Dpdk;

namespace OpenNetVM.Tests.Dpdk;

public class DpdkInstallationTests
{
    [Fact]
    public void What_is_installed_is_found_and_what_is_not_is_named()
    {
        DpdkInstallation found = DpdkInstallation.Find();
        if (found.IsFound)
        {
            Assert.InRange(found.Abi!.Value, 23, 27);
            Assert.StartsWith("DPDK ", found.Version, StringComparison.Ordinal);
            Assert.Contains($"ABI {found.Abi}", found.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(found.Version);
            Assert.Contains(OperatingSystem.IsLinux() ? "apt-get install" : "need Linux", found.Message, StringComparison.Ordinal);
        }
    }
}

using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Tests of what another system or user cannot do are skipped there, with the reason.</summary>
internal static class ProcessSkips
{
    /// <summary>A user and group that own nothing ("nobody").</summary>
    public const uint Stranger = 65_534;

    public static readonly string[] AsStranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    public static void UnlessLinux()
    {
        try
        {
            LinuxNative.ThrowIfUnsupported();
        }
        catch (PlatformNotSupportedException e)
        {
            Assert.Skip(e.Message);
        }
    }

    public static void UnlessRoot()
    {
        UnlessLinux();
        if (LinuxNative.geteuid() != 0)
            Assert.Skip("needs root, to become another user");
        if (!File.Exists("/usr/bin/setpriv"))
            Assert.Skip("needs setpriv (apt-get install util-linux)");
    }

    /// <summary>Runs a scenario as a user that is not the manager's.</summary>
    public static string RunAsStranger(Func<string[], string> scenario, params string[] arguments) =>
        ChildScenario.RunBehind(AsStranger, [new("HOME", "/tmp")], scenario, arguments).Result;
}

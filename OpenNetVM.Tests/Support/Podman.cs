namespace OpenNetVM.Tests.Support;

/// <summary>Containers of podman's with runc, for the tests that run as root.</summary>
internal static class Podman
{
    private static readonly string[] Global = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"];
    private static int _made;

    /// <summary>Skips the calling test with the reason where there are no containers.</summary>
    public static void Require()
    {
        InstalledPrograms.Require("podman", "runc");
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("needs containers with users of their own, which only root can start: run the tests as root");
    }

    /// <summary>A name that no other container has.</summary>
    public static string NewName() => $"onvm-test-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";

    /// <summary>Runs <c>podman kill</c>, <c>podman stop</c>...</summary>
    public static ChildProcess Run(params ReadOnlySpan<string> arguments) => ChildProcess.Run(Path.GetTempPath(), "podman", [.. Global, .. arguments]);

    /// <summary>Whether there is a container of that name, running or not.</summary>
    public static bool Exists(string name) => Run("container", "exists", name).ExitCode == 0;
}

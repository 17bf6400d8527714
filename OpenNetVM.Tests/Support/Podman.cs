namespace OpenNetVM.Tests.Support;

/// <summary>Containers of podman's with runc, for the tests that run as root.</summary>
internal static class Podman
{
    private static readonly string[] Global = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"];
    private static readonly Lazy<string?> Refusal = new(FindRefusal);
    private static int _made;

    /// <summary>Skips the calling test with the reason where there are no containers.</summary>
    public static void Require()
    {
        InstalledPrograms.Require("podman", "runc");
        if (Refusal.Value is { } refusal)
            Assert.Skip(refusal);
    }

    /// <summary>A name that no other container has.</summary>
    public static string NewName() => $"onvm-test-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";

    /// <summary>Runs <c>podman kill</c>, <c>podman stop</c>...</summary>
    public static ChildProcess Run(params ReadOnlySpan<string> arguments) => ChildProcess.Run(Path.GetTempPath(), "podman", [.. Global, .. arguments]);

    /// <summary>Whether there is a container of that name, running or not.</summary>
    public static bool Exists(string name) => Run("container", "exists", name).ExitCode == 0;

    // What every container needs, asked for without podman: so that a failure of its own fails the tests.
    private static string? FindRefusal()
    {
        if (!Environment.IsPrivilegedProcess)
            return "needs containers with users of their own, which only root can start: run the tests as root";
        ChildProcess namespaces = ChildProcess.Run(Path.GetTempPath(), "unshare", "--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/proc");
        return namespaces.ExitCode == 0 ? null : $"needs namespaces and mounts, and `unshare` says: {namespaces.Error.Trim()} (within a container, run that with --privileged)";
    }
}

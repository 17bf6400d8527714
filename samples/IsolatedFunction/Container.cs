using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Samples.Isolation;

/// <summary>Runs a native program in containers of podman's: the program, the shared libraries that it names, and nothing else. Disposing deletes the root file system.</summary>
internal sealed partial class Container : IDisposable
{
    private const string Program = "/app";
    private const string Domain = "/domain";
    private readonly string _root = Directory.CreateTempSubdirectory("opennetvm-root-").FullName;

    /// <param name="program">A native executable for Linux.</param>
    /// <exception cref="IOException">It is not there, or no such executable.</exception>
    public Container(string program)
    {
        try
        {
            // For any user, where a temporary folder is for its maker alone.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(_root, (UnixFileMode)0b111_101_101);
            File.Copy(program, _root + Program);
            foreach (string library in LibrariesOf(program))
            {
                string copy = _root + library;
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(library, copy);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// The command that starts one container, which registers with the manager as <paramref name="launch"/> says. It has no network, no capability, a root file system that it cannot write, and the
    /// folder of its security domain. Memory for packets comes through the socket in that folder.
    /// </summary>
    /// <param name="launch">What the manager says.</param>
    /// <param name="name">The container's name, for "podman kill" and others.</param>
    /// <param name="user">The user and group that its process is; null for root without capabilities.</param>
    /// <param name="arguments">Arguments of the program's own.</param>
    public ProcessStartInfo Start(NfLaunch launch, string name, uint? user = null, params IEnumerable<string> arguments)
    {
        string socket = launch.SocketPath;
        NfLaunch inside = launch with { SocketPath = Path.Combine(Domain, Path.GetFileName(socket)) };
        string owner = string.Create(CultureInfo.InvariantCulture, $"{user ?? 0}:{user ?? 0}");
        return inside.Apply(new ProcessStartInfo("podman",
        [
            // runc and cgroupfs work on machines with and without systemd. The limits are those that podman would raise, which not every machine allows.
            "--runtime", "runc", "--cgroup-manager", "cgroupfs",
            "run", "--name", name, "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
            "--network", "none", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--read-only", "--read-only-tmpfs=false", "--user", owner,
            "--volume", $"{Path.GetDirectoryName(socket)}:{Domain}:ro",
            .. inside.Variables.Keys.SelectMany(static variable => new[] { "--env", variable }),
            "--rootfs", _root, Program, .. arguments,
        ]));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // The loader itself says what it would load: a line is "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)", or the loader's own path.
    private static IEnumerable<string> LibrariesOf(string program)
    {
        using Process ldd = Process.Start(new ProcessStartInfo("ldd", [program]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = ldd.StandardOutput.ReadToEnd();
        string error = ldd.StandardError.ReadToEnd();
        ldd.WaitForExit();
        if (ldd.ExitCode != 0)
            throw new IOException($"{program} is no program that could be taken into a container: {output}{error}".TrimEnd());
        return Library().Matches(output).Select(static match => match.Groups[1].Value);
    }

    [GeneratedRegex(@"^\s+(?:\S+ => )?(/\S+) \(0x", RegexOptions.Multiline)]
    private static partial Regex Library();
}

using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenNetVM.Benchmarks.Regression;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>The root file system of containers with a native program: it, and the shared libraries that it names.</summary>
internal sealed partial class NfRootFolder : IDisposable
{
    private const string Program = "/nf";
    private const string Domain = "/domain";

    private readonly string _root = Directory.CreateTempSubdirectory("opennetvm-nf-").FullName;

    internal NfRootFolder(string program)
    {
        File.Copy(program, _root + Program);
        ChildProgram libraries = ChildProgram.Run("ldd", [program]);
        foreach (Match library in Library().Matches(libraries.Output))
        {
            string path = library.Groups[1].Value;
            Directory.CreateDirectory(Path.GetDirectoryName(_root + path)!);
            File.Copy(path, _root + path);
        }
    }

    /// <summary>What starts a container: without network, capabilities or anything to write to, and with the security domain's folder alone.</summary>
    internal ProcessStartInfo Start(NfLaunch launch, IReadOnlyList<string> arguments)
    {
        NfLaunch inside = launch with { SocketPath = Path.Combine(Domain, Path.GetFileName(launch.SocketPath)) };
        return inside.Apply(new ProcessStartInfo("podman",
        [
            "--runtime", "runc", "--cgroup-manager", "cgroupfs",
            "run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
            "--network", "none", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--read-only", "--read-only-tmpfs=false",
            "--volume", $"{Path.GetDirectoryName(launch.SocketPath)}:{Domain}:ro",
            .. inside.Variables.Keys.SelectMany(static variable => new[] { "--env", variable }),
            "--rootfs", _root, Program, .. arguments,
        ]));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [GeneratedRegex(@"^\s+(?:\S+ => )?(/\S+) \(0x", RegexOptions.Multiline)]
    private static partial Regex Library();
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Regression;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// A network namespace of this program's own, in which it runs once more: whatever is sent there, nobody else sees, and whatever was made or started there is gone when
/// that run ends, however it ends. Needs root.
/// </summary>
internal static class PrivateNetwork
{
    private const string Mark = "--inside";

    /// <summary>Whether these arguments are those of the run inside.</summary>
    internal static bool IsInside(IReadOnlyList<string> arguments) => arguments.Count > 0 && arguments[^1] == Mark;

    /// <summary>Runs this program once more, inside, with a mark behind its arguments. Interrupted or terminated, it kills that run first.</summary>
    /// <returns>That run's exit code.</returns>
    internal static int Run(IReadOnlyList<string> arguments)
    {
        string program = Environment.ProcessPath!;
        string[] itself = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Environment.GetCommandLineArgs()[0]] : [program];
        // The first process of a process namespace takes all others with it.
        using Process process = Process.Start("unshare", ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", .. itself, .. arguments, Mark]);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Kill);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Kill);
        process.WaitForExit();
        return process.ExitCode;

        void Kill(PosixSignalContext context)
        {
            context.Cancel = true;
            process.Kill();
        }
    }

    /// <summary>Lets the interfaces that are made from now on send nothing of their own accord: no IPv6, whose addresses announce themselves.</summary>
    internal static void Silence()
    {
        foreach (string which in (ReadOnlySpan<string>)["all", "default"])
        {
            string setting = $"/proc/sys/net/ipv6/conf/{which}/disable_ipv6";
            if (File.Exists(setting))
                File.WriteAllText(setting, "1");
        }
    }

    /// <summary>Makes a pair of virtual Ethernet interfaces, both up, with all offloads off: frames go from one to the other as they are.</summary>
    internal static void AddCable(string first, string second)
    {
        Run("ip", "link", "add", first, "type", "veth", "peer", "name", second);
        foreach (string name in (ReadOnlySpan<string>)[first, second])
        {
            Run("ethtool", "-K", name, "rx", "off", "tx", "off", "tso", "off", "gso", "off", "gro", "off");
            Run("ip", "link", "set", name, "up");
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    internal static string Run(string program, params IReadOnlyList<string> arguments)
    {
        ChildProgram done = ChildProgram.Run(program, arguments);
        return done.ExitCode == 0 ? done.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {done.Error}");
    }
}

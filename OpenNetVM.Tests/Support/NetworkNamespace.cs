using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// A network namespace of Linux: a network of its own beside the machine's, for real traffic that nobody else notices. Made and used by tests as root; it
/// and everything in it goes when it is disposed. What a test run that was killed left behind goes when the next one makes its first.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const string Prefix = "onvm";
    private static readonly Lazy<string?> Refusal = new(FindRefusal);
    private static int _made;

    private readonly List<Process> _processes = [];
    private bool _disposed;

    private NetworkNamespace(string name) => Name = name;

    /// <summary>Its name for <c>ip netns</c>: unique on the machine, with the id of this process in it.</summary>
    public string Name { get; }

    private string File => "/var/run/netns/" + Name;

    /// <summary>Skips the calling test with the reason if namespaces cannot be made here, or a program is missing.</summary>
    /// <param name="programs">Programs beside <c>ip</c> and <c>ethtool</c>.</param>
    public static void Require(params ReadOnlySpan<string> programs)
    {
        if (Refusal.Value is { } refusal)
            Assert.Skip(refusal);
        InstalledPrograms.Require(programs);
    }

    /// <summary>Makes an empty namespace with its loopback interface up and IPv6 off, so that nothing is sent in it that a test did not ask for.</summary>
    public static NetworkNamespace Create()
    {
        Require();
        string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        Ip("netns", "add", name);
        NetworkNamespace made = new(name);
        try
        {
            made.Write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
            made.Write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
            made.Link("set", "lo", "up");
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Joins two namespaces by a cable: a pair of virtual Ethernet interfaces, both up, with all offloads off.</summary>
    public static void Connect(NetworkNamespace first, string firstInterface, NetworkNamespace second, string secondInterface)
    {
        first.Link("add", firstInterface, "type", "veth", "peer", "name", secondInterface, "netns", second.Name);
        first.BringUp(firstInterface);
        second.BringUp(secondInterface);
    }

    /// <summary>
    /// Brings an interface up with its offloads off: frames have whole checksums and no frame is longer than the MTU, as on a wire.
    /// </summary>
    public void BringUp(string name)
    {
        Run("ethtool", "-K", name, "rx", "off", "tx", "off", "tso", "off", "gso", "off", "gro", "off").ShouldSucceed();
        Link("set", name, "up");
    }

    /// <summary>Makes a tap interface, for a program that opens it by name.</summary>
    public void AddTap(string name) => Ip("-n", Name, "tuntap", "add", "dev", name, "mode", "tap");

    /// <summary>Makes a bridge of the kernel's own out of interfaces.</summary>
    public void AddBridge(string name, params ReadOnlySpan<string> members)
    {
        Link("add", name, "type", "bridge");
        foreach (string member in members)
            Link("set", member, "master", name);
        Link("set", name, "up");
    }

    /// <summary>Moves an interface into another namespace, under another name. It has to be configured anew there.</summary>
    public void Move(string name, NetworkNamespace to, string newName) => Link("set", name, "netns", to.Name, "name", newName);

    /// <summary>Gives an interface an address, such as "10.0.0.1/24".</summary>
    public void AddAddress(string name, string address) => Ip("-n", Name, "address", "add", address, "dev", name);

    /// <summary>Adds a route: to "default" or a network, through a gateway.</summary>
    public void AddRoute(string destination, string gateway) => Ip("-n", Name, "route", "add", destination, "via", gateway);

    /// <summary>Changes an interface: the arguments of <c>ip link</c>.</summary>
    public void Link(params ReadOnlySpan<string> arguments) => Ip(["-n", Name, "link", .. arguments]);

    /// <summary>One of an interface's counters, such as "rx_packets".</summary>
    public long Counter(string name, string counter) =>
        long.Parse(Run("cat", $"/sys/class/net/{name}/statistics/{counter}").ShouldSucceed().Output, CultureInfo.InvariantCulture);

    /// <summary>Writes a setting of the namespace's own below <c>/proc/sys/net</c>.</summary>
    public void Write(string setting, string value) => Execute(() => System.IO.File.WriteAllText(setting, value));

    /// <summary>Runs a program in the namespace to its end.</summary>
    public ChildProcess Run(string program, params ReadOnlySpan<string> arguments) =>
        ChildProcess.Run(Path.GetTempPath(), "ip", ["netns", "exec", Name, program, .. arguments]);

    /// <summary>Starts a program, with its output to read. The namespace kills and disposes it when it is disposed itself, if it has not ended by then.</summary>
    public Process Start(string program, params ReadOnlySpan<string> arguments)
    {
        Process process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", Name, program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        _processes.Add(process);
        return process;
    }

    /// <summary>Runs code on a thread that stands in the namespace: sockets and devices that it opens belong there, and stay there.</summary>
    public T Execute<T>(Func<T> code)
    {
        T result = default!;
        Execute(() => { result = code(); });
        return result;
    }

    /// <inheritdoc cref="Execute{T}(Func{T})"/>
    public void Execute(Action code)
    {
        Exception? failure = null;

        // A thread of its own, which ends here: no other code ever runs on one that stands in a namespace.
        Thread thread = new(() =>
        {
            try
            {
                using SafeFileHandle handle = System.IO.File.OpenHandle(File);
                const int AnyKind = 0;
                if (SetNamespace(handle, AnyKind) != 0)
                    throw new Win32Exception(Marshal.GetLastPInvokeError(), $"could not enter {File}");
                code();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            foreach (Process process in _processes)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                process.Dispose();
            }
        }
        finally
        {
            Ip("netns", "delete", Name);
        }
    }

    private static void Ip(params ReadOnlySpan<string> arguments) => ChildProcess.Run(Path.GetTempPath(), "ip", arguments).ShouldSucceed();

    private static string? FindRefusal()
    {
        if (!OperatingSystem.IsLinux())
            return "needs the network namespaces of Linux";
        if (InstalledPrograms.WhyMissing("ip") is { } noIp)
            return noIp;
        if (InstalledPrograms.WhyMissing("ethtool") is { } noEthtool)
            return noEthtool;
        if (!Environment.IsPrivilegedProcess)
            return "needs network namespaces, which only root can make: run the tests as root, for example in a container";
        DeleteLeftovers();
        string name = $"{Prefix}-{Environment.ProcessId}-0";
        ChildProcess add = ChildProcess.Run(Path.GetTempPath(), "ip", "netns", "add", name);
        ChildProcess.Run(Path.GetTempPath(), "ip", "netns", "delete", name);
        return add.ExitCode == 0 ? null : $"needs network namespaces, and `ip netns add` says: {add.Error.Trim()} (a container needs --cap-add SYS_ADMIN and NET_ADMIN)";
    }

    // Namespaces whose process is gone: the run was killed. What still runs in them was theirs.
    private static void DeleteLeftovers()
    {
        foreach (string line in ChildProcess.Run(Path.GetTempPath(), "ip", "netns", "list").Output.Split('\n'))
        {
            Match match = OwnName().Match(line);
            if (!match.Success || Directory.Exists("/proc/" + match.Groups["process"].Value))
                continue;
            string name = match.Groups["name"].Value;
            foreach (string id in ChildProcess.Run(Path.GetTempPath(), "ip", "netns", "pids", name).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                try
                {
                    using Process process = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
                    process.Kill();
                }
                catch (ArgumentException)
                {
                    // It has ended meanwhile.
                }
            }

            // Another run may do the same at this moment.
            ChildProcess.Run(Path.GetTempPath(), "ip", "netns", "delete", name);
        }
    }

    [GeneratedRegex($@"^(?<name>{Prefix}-(?<process>\d+)-\d+)\b")]
    private static partial Regex OwnName();

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNamespace(SafeFileHandle handle, int kind);
}

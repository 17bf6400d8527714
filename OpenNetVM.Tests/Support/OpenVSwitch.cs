using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OpenNetVM.Tests.Support;

/// <summary>Programs of Open vSwitch, as the other end of OpenFlow channels; tests are skipped where they are not installed.</summary>
internal static class OpenVSwitch
{
    /// <summary>Runs <c>ovs-ofctl</c> against a switch that listens on the loopback address.</summary>
    public static ChildProcess Control(IPEndPoint address, string version, string command, params ReadOnlySpan<string> arguments)
    {
        SkipUnlessInstalled("ovs-ofctl");
        return ChildProcess.Run(Path.GetTempPath(), "ovs-ofctl", ["-O", version, "--timeout=20", command, $"tcp:{address}", .. arguments]);
    }

    /// <summary>Starts <c>ovs-testcontroller</c>; kill it when done.</summary>
    public static Process StartController(int port, string versions, params ReadOnlySpan<string> arguments) =>
        Start("ovs-testcontroller", ["-O", versions, "--unixctl=none", .. arguments, string.Create(CultureInfo.InvariantCulture, $"ptcp:{port}:127.0.0.1")]);

    /// <summary>Starts a program whose output is not looked at.</summary>
    public static Process Start(string program, params ReadOnlySpan<string> arguments)
    {
        SkipUnlessInstalled(program);
        ProcessStartInfo start = new(program, arguments.ToArray()) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Where a program of Open vSwitch's puts its control socket.
        start.Environment["OVS_RUNDIR"] = Path.GetTempPath();
        return Process.Start(start)!;
    }

    /// <summary>A TCP port of the loopback address that nothing listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Skips the calling test with what to install.</summary>
    public static void SkipUnlessInstalled(string program)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))))
            Assert.Skip($"needs {program}, which is not installed (Debian: openvswitch-switch, openvswitch-testcontroller)");
    }
}

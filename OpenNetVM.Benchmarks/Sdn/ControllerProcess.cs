using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OpenNetVM.OpenFlow.Channel;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>A controller that runs in a process of its own and listens on the loopback address, until this is disposed.</summary>
internal sealed class ControllerProcess : IDisposable
{
    private readonly Process _process;

    private ControllerProcess(string program, int port, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> variables)
    {
        Port = port;
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Nothing compiled is left beside the sources.
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["OVS_RUNDIR"] = Path.GetTempPath();
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        // Read, so that it never waits for room in the pipe.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Why there is no ovs-testcontroller here; null where there is.</summary>
    internal static string? MissingTestController { get; } = Has("ovs-testcontroller") ? null : "ovs-testcontroller is not installed (Debian: openvswitch-testcontroller)";

    /// <summary>Why there is no os-ken here; null where there is.</summary>
    internal static string? MissingOsKen { get; } = Has("osken-manager") ? null : "os-ken is not installed (Debian: python3-os-ken)";

    /// <summary>Where it listens.</summary>
    internal int Port { get; }

    /// <summary>The same, for a switch.</summary>
    internal OpenFlowEndpoint Endpoint => new(OpenFlowTransport.Tcp, IPAddress.Loopback.ToString(), Port);

    /// <summary>Whether it runs; one whose application has a fault ends.</summary>
    internal bool IsRunning => !_process.HasExited;

    /// <summary>Open vSwitch's learning controller.</summary>
    internal static ControllerProcess Learning(string version, params IReadOnlyList<string> arguments)
    {
        int port = FreePort();
        return new ControllerProcess("ovs-testcontroller", port, ["-O", version, "--unixctl=none", .. arguments, string.Create(CultureInfo.InvariantCulture, $"ptcp:{port}:127.0.0.1")], []);
    }

    /// <summary>The sample policy.py: each new flow goes through a service and out of a port.</summary>
    internal static ControllerProcess Policy(string service, int output)
    {
        int port = FreePort();
        string application = Path.Combine(AppContext.BaseDirectory, "Sdn", "policy.py");
        return new ControllerProcess(
            "osken-manager", port, ["--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", port.ToString(CultureInfo.InvariantCulture), application],
            [("POLICY_SERVICE", service), ("POLICY_OUTPUT", output.ToString(CultureInfo.InvariantCulture))]);
    }

    /// <summary>A TCP port of the loopback address that nothing listens on.</summary>
    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}

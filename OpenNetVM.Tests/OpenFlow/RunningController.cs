using System.Diagnostics;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>An <c>ovs-testcontroller</c> that runs.</summary>
internal sealed class RunningController : IDisposable
{
    private readonly string _versions;
    private readonly string[] _arguments;
    private readonly int _port = OpenVSwitch.FreePort();
    private Process? _process;

    public RunningController(string versions, params string[] arguments)
    {
        _versions = versions;
        _arguments = arguments;
        Start();
    }

    private bool IsSecure => _arguments.Contains("-p");

    /// <summary>Where a switch finds it.</summary>
    public string Address => $"{(IsSecure ? "tls" : "tcp")}:127.0.0.1:{_port}";

    public void Start() => _process = OpenVSwitch.Start("ovs-testcontroller", ["-O", _versions, "--unixctl=none", .. _arguments, $"{(IsSecure ? "pssl" : "ptcp")}:{_port}:127.0.0.1"]);

    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Signal(int signal) => Assert.Equal(0, Signals.Send(_process!.Id, signal));

    public void Dispose()
    {
        if (_process is not null)
            Kill();
    }
}

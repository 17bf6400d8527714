using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OpenNetVM.Tests.Support;

/// <summary>An application for the controller framework os-ken, running and listening on a port of the loopback address; tests are skipped where os-ken is not installed.</summary>
internal sealed class OsKen : IDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    /// <summary>Starts it. Whoever connects has to try again until it listens, which takes a second or two.</summary>
    /// <param name="application">The file, from the checkout's root.</param>
    /// <param name="variables">Set in its environment.</param>
    public OsKen(string application, params ReadOnlySpan<(string Name, string Value)> variables)
    {
        InstalledPrograms.Require("osken-manager");
        Port = OpenVSwitch.FreePort();
        ProcessStartInfo start = new("osken-manager")
        {
            ArgumentList = { "--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", Port.ToString(CultureInfo.InvariantCulture), Path.Combine(RepositoryFiles.Root, application) },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Nothing compiled is left beside the sources.
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Whether it runs; a failed application ends.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>What it has said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        // For whoever wonders why the test failed.
        TestContext.Current.TestOutputHelper?.WriteLine(Output);
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        // Null says that there is no more.
        if (line.Data is null)
            return;
        lock (_output)
            _output.AppendLine(line.Data);
    }
}

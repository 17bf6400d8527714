using System.Diagnostics;
using System.Runtime.InteropServices;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Samples;

/// <summary>A sample program that runs as a user runs it: a process of its own, with its output in a pipe.</summary>
internal sealed partial class SampleProcess : IDisposable
{
    // Far above what any run needs: it only keeps a hung program from hanging the test run.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _error;

    private SampleProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Everything that the program has printed as far as it was read.</summary>
    public List<string> Lines { get; } = [];

    public string Error => _error.Result;

    public static SampleProcess Start(string sample, params ReadOnlySpan<string> arguments)
    {
        // The sample was built as these tests were: bin/Release/net10.0 here is bin/Release/net10.0 there.
        string[] built = AppContext.BaseDirectory.TrimEnd('/').Split('/')[^3..];
        string program = Path.Combine([RepositoryFiles.Root, "samples", sample, .. built, sample + ".dll"]);
        ProcessStartInfo start = new(ChildProcess.DotNet, [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>Reads lines until one contains a text.</summary>
    public void ReadUntil(string text) => ReadUntil(text, line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Reads lines until one is as it should be.</summary>
    /// <param name="text">What that is, for people.</param>
    /// <param name="isFound">Looks at a line.</param>
    public void ReadUntil(string text, Func<string, bool> isFound)
    {
        using Timer timeout = KillAfterLimit();
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            Lines.Add(line);
            if (isFound(line))
                return;
        }

        Assert.Fail($"The program ended without a line that contains \"{text}\":\n{string.Join('\n', Lines)}\n{Error}");
    }

    /// <summary>What Ctrl-C does.</summary>
    public void Interrupt()
    {
        const int SigInt = 2;
        Assert.Equal(0, SendSignal(_process.Id, SigInt));
    }

    /// <summary>Reads the rest of the output and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForEnd()
    {
        using Timer timeout = KillAfterLimit();
        while (_process.StandardOutput.ReadLine() is { } line)
            Lines.Add(line);
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private Timer KillAfterLimit() => new(_ => _process.Kill(), null, Limit, Timeout.InfiniteTimeSpan);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

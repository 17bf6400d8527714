using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OpenNetVM.Tests.Support;

/// <summary>A program that was run to its end, with what it printed.</summary>
internal sealed record ChildProcess(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>The `dotnet` that runs these tests, so that no other one on the PATH is tested by mistake.</summary>
    public static string DotNet { get; } =
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Far above what any of the programs needs: it only keeps a hung one from hanging the test run.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>What the runner of these tests sets for itself and would confuse a build or a test run started from here.</summary>
    private static readonly string[] OwnVariables = ["MSBUILD", "TESTINGPLATFORM", "DOTNET_Dbg", "DOTNET_EnableCrashReport"];

    /// <summary>Runs <paramref name="program"/> in <paramref name="folder"/> with nothing to read; kills it, children included, after ten minutes.</summary>
    public static ChildProcess Run(string folder, string program, params ReadOnlySpan<string> arguments) => Run([], folder, program, arguments);

    /// <summary>The same, with variables set in the program's environment.</summary>
    public static ChildProcess Run(
        IEnumerable<KeyValuePair<string, string>> variables, string folder, string program, params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments.ToArray())
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(name => OwnVariables.Any(name.StartsWith)).ToArray())
            start.Environment.Remove(name);
        // A build server would outlive the test and hold the pipes of its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string commandLine = $"{program} {string.Join(' ', start.ArgumentList)}";
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{commandLine} did not end within {Limit}.");
        }

        return new ChildProcess(commandLine, process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Fails the calling test with everything that was printed unless the program ended with code 0.</summary>
    public ChildProcess ShouldSucceed()
    {
        Assert.True(ExitCode == 0, $"{CommandLine}\nended with code {ExitCode}:\n{Output}{Error}");
        return this;
    }
}

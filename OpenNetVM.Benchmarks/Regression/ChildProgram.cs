using System.ComponentModel;
using System.Diagnostics;

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>A program that was run to its end, with what it printed.</summary>
/// <param name="ExitCode">Its exit code; -1 if it could not be started or did not end in time.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error, or why it could not be run.</param>
internal sealed record ChildProgram(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program with nothing to read.</summary>
    /// <param name="program">Its name, looked for on the PATH, or its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where it runs; null for this process's folder.</param>
    /// <param name="limit">When it is killed, with its children; null for never.</param>
    internal static ChildProgram Run(string program, IReadOnlyList<string> arguments, string? folder = null, TimeSpan? limit = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(limit ?? Timeout.InfiniteTimeSpan))
            {
                process.Kill(entireProcessTree: true);
                return new ChildProgram(-1, "", $"it did not end within {limit}");
            }

            return new ChildProgram(process.ExitCode, output.Result, error.Result);
        }
        catch (Win32Exception fault)
        {
            return new ChildProgram(-1, "", $"{program} cannot be started: {fault.Message}");
        }
    }
}

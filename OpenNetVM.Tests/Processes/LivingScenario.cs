using System.Diagnostics;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>
/// A <see cref="ChildScenario"/> that is talked to while it runs, and may be killed: lines that it prints are read here, and it ends at the
/// end of its standard input.
/// </summary>
internal sealed class LivingScenario : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("opennetvm-tests-");
    private readonly Process _process;
    private readonly Task<string> _error;

    public LivingScenario(Func<string[], string> scenario, params string[] arguments)
    {
        var start = new ProcessStartInfo(ChildProcess.DotNet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])
            [
                typeof(ChildScenario).Assembly.Location, "--scenario", scenario.Method.DeclaringType!.FullName!, scenario.Method.Name,
                Path.Combine(_folder.FullName, "result"), .. arguments,
            ])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    public int ProcessId => _process.Id;

    /// <summary>In the scenario: prints a line, and waits until its parent wants it to end.</summary>
    public static void SayAndWait(string line)
    {
        Console.WriteLine(line);
        Console.In.ReadToEnd();
    }

    /// <summary>The next line that the scenario prints.</summary>
    public string ReadLine()
    {
        string? line = _process.StandardOutput.ReadLine();
        if (line is null)
            Assert.Fail($"The scenario has ended: {_error.Result}");
        return line;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Lets the scenario end, and takes what it returns.</summary>
    public string End()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        Assert.True(_process.ExitCode == 0, $"The scenario ended with code {_process.ExitCode}: {_error.Result}");
        return File.ReadAllText(Path.Combine(_folder.FullName, "result"));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}

using System.Diagnostics;
using System.Reflection;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// A static method of these tests, run in a process of its own: for what a process can do only once, or may die of. What the method returns comes back
/// beside what the process printed.
/// </summary>
internal sealed record ChildScenario(string Result, ChildProcess Process)
{
    private const string Switch = "--scenario";

    /// <summary>Runs <paramref name="scenario"/> with arguments; fails the calling test if it throws or its process dies.</summary>
    public static ChildScenario Run(Func<string[], string> scenario, params string[] arguments) => RunBehind([], [], scenario, arguments);

    /// <summary>The same behind another program that starts it ("setpriv", ...), and with variables set.</summary>
    public static ChildScenario RunBehind(
        string[] starter, IEnumerable<KeyValuePair<string, string>> variables, Func<string[], string> scenario, params string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("opennetvm-tests-").FullName;
        try
        {
            // The child may be another user.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
            string result = Path.Combine(folder, "result");
            string[] commandLine =
            [
                .. starter, ChildProcess.DotNet, typeof(ChildScenario).Assembly.Location,
                Switch, scenario.Method.DeclaringType!.FullName!, scenario.Method.Name, result, .. arguments,
            ];
            ChildProcess process = ChildProcess.Run(variables, folder, commandLine[0], commandLine.AsSpan(1)).ShouldSucceed();
            return new ChildScenario(File.ReadAllText(result), process);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Starts a scenario that the calling test ends by killing it.</summary>
    public static Process Start(Func<string[], string> scenario, params string[] arguments) => System.Diagnostics.Process.Start(Program(scenario, arguments))!;

    /// <summary>How a scenario is started.</summary>
    public static ProcessStartInfo Program(Func<string[], string> scenario, params string[] arguments) =>
        ProgramWithResult(scenario, Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), arguments);

    /// <summary>How a scenario is started that writes what it returns to a file of the calling test's.</summary>
    public static ProcessStartInfo ProgramWithResult(Func<string[], string> scenario, string result, params string[] arguments) => new(
        ChildProcess.DotNet, [typeof(ChildScenario).Assembly.Location, Switch, scenario.Method.DeclaringType!.FullName!, scenario.Method.Name, result, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    public static bool IsAskedFor(string[] arguments) => arguments is [Switch, _, _, _, ..];

    public static int RunAsChild(string[] arguments)
    {
        MethodInfo method = typeof(ChildScenario).Assembly.GetType(arguments[1], throwOnError: true)!
            .GetMethod(arguments[2], BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        File.WriteAllText(arguments[3], method.CreateDelegate<Func<string[], string>>()(arguments[4..]));
        return 0;
    }
}

using System.Diagnostics;
using System.Globalization;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Regression;
using OpenNetVM.Core.Processes;
using OpenNetVM.Samples.Isolation;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>
/// The network functions of the benchmarks as programs: the same for the .NET runtime, which is built with the benchmarks, and as a native one, which is published when it is first asked for.
/// Disposing removes what containers had.
/// </summary>
internal sealed class NfPrograms : IDisposable
{
    private const string Project = "OpenNetVM.Benchmarks.Functions";

    private readonly Lazy<string> _native = new(Publish);
    private readonly Lazy<Container> _container;
    private int _containers;

    internal NfPrograms() => _container = new Lazy<Container>(() => new Container(_native.Value));

    /// <summary>Why there are no containers here; null where there are.</summary>
    internal static string? MissingContainers { get; } =
        ChildProgram.Run("podman", ["--version"]).ExitCode != 0 ? "podman is not installed"
        : ChildProgram.Run("runc", ["--version"]).ExitCode != 0 ? "runc is not installed"
        : null;

    /// <summary>How a manager starts a function.</summary>
    /// <param name="form">In what form.</param>
    /// <param name="function">Which one.</param>
    /// <param name="idle">What it does when no packet waits: a name of <see cref="NfIdle"/>.</param>
    /// <param name="core">The core that its thread is pinned to; null leaves that to the system.</param>
    internal Func<NfLaunch, ProcessStartInfo> Launch(NfForm form, string function, string idle, int? core = null)
    {
        string[] arguments = core is null ? [function, idle] : [function, idle, core.Value.ToString(CultureInfo.InvariantCulture)];
        switch (form)
        {
            case NfForm.Managed:
                string program = typeof(ReadFirstByte).Assembly.Location;
                return launch => launch.Apply(new ProcessStartInfo(Environment.ProcessPath!, [program, .. arguments]));
            case NfForm.Native:
                string native = _native.Value;
                return launch => launch.Apply(new ProcessStartInfo(native, arguments));
            default:
                Container container = _container.Value;
                return launch => StartIn(container, launch, arguments);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_container.IsValueCreated)
            _container.Value.Dispose();
    }

    private ProcessStartInfo StartIn(Container container, NfLaunch launch, string[] arguments)
    {
        ProcessStartInfo start = container.Start(launch, string.Create(CultureInfo.InvariantCulture, $"benchmark-{Environment.ProcessId}-{Interlocked.Increment(ref _containers)}"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }

    // About twenty seconds, or less when nothing has changed. Without build servers: they would outlive the publishing, keep its output open, and be waited for.
    private static string Publish()
    {
        string root = FindRoot();
        string folder = Path.Combine(root, "artifacts", "benchmark-functions");
        ChildProgram run = ChildProgram.Run(
            Environment.ProcessPath!, ["publish", Project, "-c", "Release", "-r", "linux-x64", "-o", folder, "--nologo", "-v", "quiet", "-tl:off", "-nodeReuse:false", "-p:UseSharedCompilation=false"], root);
        return run.ExitCode == 0 ? Path.Combine(folder, Project)
            : throw new InvalidOperationException($"{Project} could not be published as a native program: {run.Output}{run.Error}");
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(Path.Combine(folder, Project)))
                return folder;
        }

        throw new InvalidOperationException($"The source of {Project}, of which a native program is made, is not above {AppContext.BaseDirectory}.");
    }
}

using System.Runtime.InteropServices;

[assembly: AssemblyFixture(typeof(OpenNetVM.Tests.Support.NativePolicer))]

namespace OpenNetVM.Tests.Support;

/// <summary>The program of samples/FlowPolicer as a native binary, published when a test first asks for it, once for a run of the tests.</summary>
public sealed class NativePolicer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-native-").FullName;
    private readonly Lazy<ChildProcess> _publishing;

    public NativePolicer() => _publishing = new Lazy<ChildProcess>(Publish);

    /// <summary>The program. Like the other members it skips the calling test where nothing can link it, and fails it where publishing does.</summary>
    public string Program => Path.Combine(Folder, "FlowPolicer");

    /// <summary>The folder that it was published to.</summary>
    public string Folder
    {
        get
        {
            _ = Output;
            return Target;
        }
    }

    /// <summary>What publishing has printed.</summary>
    public string Output
    {
        get
        {
            InstalledPrograms.RequireLinker();
            ChildProcess published = _publishing.Value.ShouldSucceed();
            return published.Output + published.Error;
        }
    }

    private string Target => Path.Combine(_folder, "published");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // In folders of its own: these tests run from the output of an ordinary build, which must not change under them. Warnings are errors.
    private ChildProcess Publish() => ChildProcess.Run(RepositoryFiles.Root, ChildProcess.DotNet,
        "publish", "samples/FlowPolicer", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--artifacts-path", Path.Combine(_folder, "artifacts"), "-o", Target);
}

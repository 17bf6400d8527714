using System.Runtime.InteropServices;

[assembly: AssemblyFixture(typeof(OpenNetVM.Tests.Support.NativePolicer))]

namespace OpenNetVM.Tests.Support;

/// <summary>The program of samples/FlowPolicer as a native binary, published when a test first asks for it, once for a run of the tests.</summary>
public sealed class NativePolicer : IDisposable
{
    private readonly Lazy<string> _folder = new(Publish);

    /// <summary>The folder that it was published to, the program <c>FlowPolicer</c> in it. Skips the calling test where it cannot be linked.</summary>
    public string Folder
    {
        get
        {
            InstalledPrograms.RequireLinker();
            return Path.Combine(_folder.Value, "published");
        }
    }

    /// <summary>The program.</summary>
    public string Program => Path.Combine(Folder, "FlowPolicer");

    public void Dispose()
    {
        if (_folder.IsValueCreated)
            Directory.Delete(_folder.Value, recursive: true);
    }

    private static string Publish()
    {
        string folder = Directory.CreateTempSubdirectory("opennetvm-native-").FullName;

        // In folders of its own: these tests run from the output of an ordinary build, which must not change under them. Warnings are errors.
        ChildProcess.Run(RepositoryFiles.Root, ChildProcess.DotNet,
            "publish", "samples/FlowPolicer", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier,
            "--artifacts-path", Path.Combine(folder, "artifacts"), "-o", Path.Combine(folder, "published")).ShouldSucceed();
        return folder;
    }
}

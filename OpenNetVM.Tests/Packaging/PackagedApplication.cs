using System.IO.Compression;
using System.Xml.Linq;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Packaging;

/// <summary>
/// A user's application in a folder outside the checkout: a program and a unit-test project that know the library only as packages,
/// which are made from the tree as it is. Everything is built when first asked for.
/// </summary>
public sealed class PackagedApplication : IDisposable
{
    private static readonly string[] Libraries = ["OpenNetVM.FlowTable", "OpenNetVM.Core", "OpenNetVM.Functions", "OpenNetVM.OpenFlow", "OpenNetVM.Testing"];

    /// <summary>Third-party packages are fetched once for a checkout, and stay out of the user's own cache.</summary>
    private static readonly string PackageCache = Path.Combine(RepositoryFiles.Root, "artifacts", "package-tests");

    /// <summary>Never used before, so that no cache can hold an older package of that version.</summary>
    private static readonly string Version = $"0.0.0-test.{DateTime.UtcNow:yyyyMMddHHmmss}.{Environment.ProcessId}";

    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-packages-").FullName;
    private readonly Lazy<string> _feed;
    private readonly Lazy<string> _application;

    public PackagedApplication()
    {
        _feed = new Lazy<string>(Pack);
        _application = new Lazy<string>(Build);
    }

    /// <summary>The folder of the built application: <c>Program/</c> and <c>UnitTests/</c>, each with its program in <c>built/</c>.</summary>
    public string Folder => _application.Value;

    /// <summary>The ids of the packages that <paramref name="library"/>'s package asks for.</summary>
    public string[] DependenciesOf(string library)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(_feed.Value, $"{library}.{Version}.nupkg"));
        using Stream nuspec = package.GetEntry(library + ".nuspec")!.Open();
        return [.. XDocument.Load(nuspec).Descendants()
            .Where(element => element.Name.LocalName == "dependency")
            .Select(element => element.Attribute("id")!.Value)
            .Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        foreach (string library in Libraries)
        {
            string cached = Path.Combine(PackageCache, library.ToLowerInvariant());
            if (Directory.Exists(cached))
                Directory.Delete(cached, recursive: true);
        }
    }

    private string Pack()
    {
        string feed = Path.Combine(_folder, "feed");
        string solution = Solution("packages", Libraries.Select(library => Path.Combine(RepositoryFiles.Root, library, library + ".csproj")));
        // In folders of its own: these tests run from the output of an ordinary build, which must not change under them.
        ChildProcess.Run(RepositoryFiles.Root, ChildProcess.DotNet,
            "pack", solution, "-c", "Release", "--artifacts-path", Path.Combine(_folder, "packages"), "-o", feed, $"-p:Version={Version}").ShouldSucceed();
        return feed;
    }

    private string Build()
    {
        string application = Directory.CreateDirectory(Path.Combine(_folder, "application")).FullName;
        File.WriteAllText(Path.Combine(application, "nuget.config"), NuGetConfig(_feed.Value));
        WriteProject(Path.Combine(application, "Program"), ReadmeSnippets.Find("program"), Reference("OpenNetVM.Core", Version));
        WriteProject(Path.Combine(application, "UnitTests"), ReadmeSnippets.Find("unit-test"),
            Reference("OpenNetVM.Testing", Version) + Reference("xunit.v3.mtp-v2", TestFrameworkVersion()) + """<Using Include="Xunit" />""");

        string solution = Solution("application/application", ["Program/Program.csproj", "UnitTests/UnitTests.csproj"]);
        ChildProcess.Run(application, ChildProcess.DotNet, "build", solution, "-c", "Release").ShouldSucceed();
        return application;
    }

    private string Solution(string name, IEnumerable<string> projects)
    {
        string path = Path.Combine(_folder, name + ".slnx");
        File.WriteAllText(path, $"<Solution>{string.Concat(projects.Select(project => $"""<Project Path="{project}" />"""))}</Solution>");
        return path;
    }

    private static void WriteProject(string folder, string code, string items)
    {
        string name = Path.GetFileName(folder);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".cs"), code);
        File.WriteAllText(Path.Combine(folder, name + ".csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <MSBuildTreatWarningsAsErrors>true</MSBuildTreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <NoWarn>$(NoWarn);NETSDK1187</NoWarn>
                <OutputPath Condition="'$(PublishAot)' != 'true'">built/</OutputPath>
                <AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
              </PropertyGroup>
              <ItemGroup>{items}</ItemGroup>
            </Project>
            """);
    }

    private static string Reference(string package, string version) => $"""<PackageReference Include="{package}" Version="{version}" />""";

    private static string TestFrameworkVersion() =>
        XDocument.Load(Path.Combine(RepositoryFiles.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(element => (string?)element.Attribute("Include") == "xunit.v3.mtp-v2").Attribute("Version")!.Value;

    private static string NuGetConfig(string feed)
    {
        string own = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(own);
        return $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{PackageCache}" /></config>
              <fallbackPackageFolders><clear /><add key="own" value="{own}" /></fallbackPackageFolders>
              <packageSources>
                <clear />
                <add key="feed" value="{feed}" />
                <add key="nuget.org" value="https://api.nuget.org/v3/index.json" protocolVersion="3" />
              </packageSources>
              <packageSourceMapping>
                <clear />
                <packageSource key="feed"><package pattern="OpenNetVM.*" /></packageSource>
                <packageSource key="nuget.org"><package pattern="*" /></packageSource>
              </packageSourceMapping>
            </configuration>
            """;
    }
}

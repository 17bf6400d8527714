// Every target of the build. `./build.sh <target> [arguments]` is the way in; CI calls the same.
// Targets whose name begins with `__` are private steps.
#nullable enable
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

const string Solution = "OpenNetVM.slnx";
const string Configuration = "Release";

// What stands after the target on the command line of build.sh: base64 of the NUL-terminated arguments, so that each arrives as it was typed.
string[] arguments = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(EnvironmentVariable("OPENNETVM_BUILD_ARGUMENTS", "")))
    .Split('\0', StringSplitOptions.None)[..^1];

string root = Environment.CurrentDirectory;
string artifacts = System.IO.Path.Combine(root, "artifacts");
string testResults = System.IO.Path.Combine(artifacts, "test-results");
string packages = System.IO.Path.Combine(artifacts, "packages");

// ---- Targets ----------------------------------------------------------------------------------------------------

Task("Help")
    .Description("lists the targets")
    .Does(() =>
{
    Console.WriteLine("usage: ./build.sh <target> [arguments]");
    Console.WriteLine();
    foreach (var task in Tasks.Where(task => !task.Name.StartsWith("__")).OrderBy(task => task.Name))
        Console.WriteLine($"  {task.Name.ToLowerInvariant(),-11} {task.Description}");
});

Task("Build")
    .Description("builds everything; arguments go to dotnet build")
    .Does(() =>
{
    DotNet(["build", Solution, .. Quiet, .. arguments]);
    Console.WriteLine($"built {Solution} ({Configuration})");
});

Task("Test")
    .Description("builds and runs the tests; arguments go to the test program (--filter-class, --filter-namespace, --help, ...)")
    .IsDependentOn("__BuildTests")
    .Does(() =>
{
    CleanDirectory(testResults);
    int exitCode = Run("dotnet", [
        ProgramOf("OpenNetVM.Tests"),
        "--report-trx", "--crashdump", "--crashdump-type", "Mini", "--results-directory", testResults,
        .. arguments]);
    ReportTests(exitCode);
});

Task("Run")
    .Description("builds and runs the sample service chain; arguments go to it (paths are relative to where you stand); --dpdk DEVICE DEVICE: forwards between two DPDK devices instead; --isolated threads|process|container: one function, where you say; --sdn [tcp:HOST:PORT ...]: chains that an OpenFlow controller decides on")
    .Does(() =>
{
    BuildProgram("samples/ServiceChain");
    BuildProgram("samples/DpdkForwarder");
    BuildProgram("samples/IsolatedFunction");
    BuildProgram("samples/SdnChain");

    // A container gets a native program. It is looked for beside the sample.
    if (arguments.Any(argument => argument is "container" or "--isolated=container"))
        DotNet(["publish", "samples/FlowPolicer", .. Quiet, "-r", RuntimeInformation.RuntimeIdentifier, "-o", $"samples/IsolatedFunction/bin/{Configuration}/net10.0/native"]);
});

Task("Bench")
    .Description("builds and runs the benchmarks; beside the same in C: chain [two-cores|director|minute], dpdk [interfaces], flow-table, rss (chain-reference: C alone); the cost of the flow director: director; flow set-up by a controller: openflow, by Open vSwitch with the same one: openflow ovs; functions in processes and containers: processes, processes kills [N]; --against COMMIT: beside an earlier commit; other arguments go to BenchmarkDotNet (--list flat, --filter '*Ring*', ...)")
    .Does(() => BuildProgram("OpenNetVM.Benchmarks"));

Task("Experiments")
    .Description("builds and runs the paper's evaluation: all of it, or some of e1 e2 e3 e4 e5; --quick, --rounds N, --output FOLDER (default docs/performance)")
    .Does(() => BuildProgram("OpenNetVM.Benchmarks"));

Task("Pack")
    .Description("makes and checks the NuGet packages in artifacts/packages; arguments go to dotnet pack (--version-suffix rc.1, ...)")
    .Does(() =>
{
    CleanDirectory(packages);
    foreach (string library in Libraries())
        DotNet(["pack", library, .. Quiet, "-p:ContinuousIntegrationBuild=true", "--artifacts-path", System.IO.Path.Combine(artifacts, "pack"), "-o", packages, .. arguments]);

    int faults = 0;
    foreach (string library in Libraries())
        faults += PackageFaults(library).Count(fault => { Console.Error.WriteLine($"{library}: {fault}"); return true; });
    if (faults > 0)
        Fail($"the packages have {faults} fault(s), named above");
    foreach (string package in System.IO.Directory.GetFiles(packages).Order(StringComparer.Ordinal))
        Console.WriteLine(System.IO.Path.GetRelativePath(root, package));
});

Task("Format")
    .Description("checks that the code is formatted and free of style warnings; --fix applies what can be applied")
    .Does(() =>
{
    bool fix = arguments.Contains("--fix");
    DotNet(["format", Solution, .. fix ? Array.Empty<string>() : ["--verify-no-changes"], .. arguments.Where(argument => argument != "--fix")],
        "the code is not formatted: ./build.sh format --fix");
    Console.WriteLine(fix ? "formatted" : "format verified");
});

Task("PublicApi")
    .Description("rewrites every library's PublicAPI.Unshipped.txt from its code")
    .Does(WritePublicApi);

Task("Clean")
    .Description("removes everything that a build makes")
    .Does(() =>
{
    foreach (string project in GetFiles("*/*.csproj").Concat(GetFiles("samples/*/*.csproj")).Select(file => file.GetDirectory().FullPath))
    {
        foreach (string made in new[] { "bin", "obj" })
        {
            if (DirectoryExists($"{project}/{made}"))
                DeleteDirectory($"{project}/{made}", new DeleteDirectorySettings { Recursive = true, Force = true });
        }
    }

    // The compiled form of this script, which is running, stays.
    foreach (string made in System.IO.Directory.GetDirectories(artifacts).Where(folder => System.IO.Path.GetFileName(folder) != "cake"))
        DeleteDirectory(made, new DeleteDirectorySettings { Recursive = true, Force = true });
});

Task("__BuildTests")
    .Does(() => BuildProgram("OpenNetVM.Tests"));

// ---- Projects ---------------------------------------------------------------------------------------------------

string[] Quiet => ["-c", Configuration, "--nologo", "-v", "quiet", "-tl:off"];

IEnumerable<string> Libraries() =>
    System.IO.Directory.GetDirectories(root, "OpenNetVM.*")
        .Select(folder => System.IO.Path.GetFileName(folder)!)
        .Where(name => name != "OpenNetVM.Tests" && !name.StartsWith("OpenNetVM.Benchmarks") && FileExists($"{name}/{name}.csproj"))
        .Order(StringComparer.Ordinal);

string ProgramOf(string project) =>
    System.IO.Path.Combine(root, project, "bin", Configuration, "net10.0", System.IO.Path.GetFileName(project) + ".dll");

void BuildProgram(string project)
{
    if (!DirectoryExists(project))
        Fail($"there is no {project} in this checkout");
    DotNet(["build", project, .. Quiet]);
}

// ---- Tests ------------------------------------------------------------------------------------------------------

// Counts what the results files say, so that the last line is what was recorded and not what a console printed.
void ReportTests(int exitCode)
{
    string[] outcomes = [.. System.IO.Directory.GetFiles(testResults, "*.trx")
        .SelectMany(file => XDocument.Load(file).Descendants().Where(element => element.Name.LocalName == "UnitTestResult"))
        .Select(result => (string?)result.Attribute("outcome") ?? "")];
    int passed = outcomes.Count(outcome => outcome == "Passed");
    int skipped = outcomes.Count(outcome => outcome == "NotExecuted");
    int failed = outcomes.Length - passed - skipped;

    // Nothing is counted for a command line that was refused, nor for --help and --list-tests, which write no results.
    const int ZeroTests = 8, BadArguments = 5;
    if (exitCode == BadArguments || exitCode == 0 && outcomes.Length == 0)
        End(exitCode);
    if (exitCode is not (0 or ZeroTests) && failed == 0)
    {
        Console.Error.WriteLine($"The test program ended with code {exitCode} before it was done, which counts as one failure; a dump, if any, is in {testResults}.");
        failed++;
    }

    summary = $"{passed} passed, {failed} failed, {skipped} skipped";
    if (outcomes.Length == 0)
        Fail("no test ran");
    if (failed > 0 || exitCode != 0)
        End(1);
}

// ---- Packages ---------------------------------------------------------------------------------------------------

IEnumerable<string> PackageFaults(string library)
{
    string? nupkg = OnlyFile(library, ".nupkg");
    string? snupkg = OnlyFile(library, ".snupkg");
    if (nupkg is null || snupkg is null)
    {
        yield return "not exactly one .nupkg and one .snupkg were made";
        yield break;
    }

    using ZipArchive package = ZipFile.OpenRead(nupkg);
    foreach (string expected in new[] { "README.md", $"lib/net10.0/{library}.dll", $"lib/net10.0/{library}.xml" })
    {
        if (package.GetEntry(expected) is not { Length: > 0 })
            yield return $"{expected} is missing";
    }

    XElement metadata = Nuspec(package, library);
    string? Text(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
    if (Text("license") != "MIT")
        yield return $"the licence is '{Text("license")}' and should be MIT";
    if (Text("readme") != "README.md")
        yield return "the readme is not named";
    if (string.IsNullOrWhiteSpace(Text("description")) || Text("description") == "Package Description")
        yield return "the description is missing";
    if (string.IsNullOrWhiteSpace(Text("tags")))
        yield return "the tags are missing";

    using ZipArchive symbols = ZipFile.OpenRead(snupkg);
    if (symbols.GetEntry($"lib/net10.0/{library}.pdb") is not { } pdb)
    {
        yield return $"lib/net10.0/{library}.pdb is missing from the symbol package";
        yield break;
    }

    // Without a remote on a known host there is no address that sources could be fetched from.
    string? remote = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "repository")?.Attribute("url")?.Value;
    if (remote?.StartsWith("https://") == true && !HasSourceLink(pdb))
        yield return $"the symbols have no SourceLink although the repository is {remote}";
    foreach (string path in SourcePaths(pdb).Where(path => path.StartsWith(root)))
        yield return $"the symbols name a path of this machine: {path}";
}

string? OnlyFile(string library, string extension)
{
    // "OpenNetVM.Core.0.1.0.nupkg" and not "OpenNetVM.Core.Extra.0.1.0.nupkg".
    string[] files = [.. System.IO.Directory.GetFiles(packages, library + ".*" + extension)
        .Where(file => char.IsAsciiDigit(System.IO.Path.GetFileName(file)[library.Length + 1]))];
    return files.Length == 1 ? files[0] : null;
}

XElement Nuspec(ZipArchive package, string library)
{
    using System.IO.Stream stream = package.GetEntry(library + ".nuspec")!.Open();
    return XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
}

T ReadSymbols<T>(ZipArchiveEntry pdb, Func<MetadataReader, T> read)
{
    using var memory = new System.IO.MemoryStream();
    using (System.IO.Stream stream = pdb.Open())
        stream.CopyTo(memory);
    memory.Position = 0;
    using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(memory);
    return read(provider.GetMetadataReader());
}

bool HasSourceLink(ZipArchiveEntry pdb) => ReadSymbols(pdb, symbols => symbols.CustomDebugInformation
    .Any(handle => symbols.GetGuid(symbols.GetCustomDebugInformation(handle).Kind) == new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A")));

string[] SourcePaths(ZipArchiveEntry pdb) => ReadSymbols(pdb, symbols => symbols.Documents
    .Select(handle => symbols.GetString(symbols.GetDocument(handle).Name)).ToArray());

// ---- Public API -------------------------------------------------------------------------------------------------

// Given an empty list of what is new, the analyzer itself says what is missing (RS0016) and what was shipped and is gone (RS0017). Its code fixes are not used: they leave entries of removed members behind, and want several rounds.
void WritePublicApi()
{
    string output = System.IO.Path.Combine(artifacts, "publicapi");
    string[] build = [.. Quiet, "--artifacts-path", output, "-p:PublicApiCheck=true"];
    string FileOf(string library) => System.IO.Path.Combine(root, library, "PublicAPI.Unshipped.txt");
    Dictionary<string, string> before = Libraries().ToDictionary(library => library, library => System.IO.File.ReadAllText(FileOf(library)));

    CleanDirectory(output);
    foreach (string library in before.Keys)
        System.IO.File.WriteAllText(FileOf(library), "#nullable enable\n");
    foreach (string library in before.Keys)
    {
        int exitCode = Run("dotnet", ["build", library, .. build, "-p:TreatWarningsAsErrors=false", $"-p:PublicApiLogs={output}/"], output: []);
        if (exitCode == 0)
            continue;
        foreach (string changed in before.Keys)
            System.IO.File.WriteAllText(FileOf(changed), before[changed]);
        Fail($"{library} does not build; nothing was changed");
    }

    foreach (string library in before.Keys)
        System.IO.File.WriteAllLines(FileOf(library), ["#nullable enable", .. DeclarationsIn(System.IO.Path.Combine(output, library + ".sarif"))]);

    foreach (string library in before.Keys)
    {
        DotNet(["build", library, .. build], $"{library}, or what it stands on, has API that is refused for the reasons above");
        string after = System.IO.File.ReadAllText(FileOf(library));
        Console.WriteLine($"{library}: {after.Count(c => c == '\n') - 1} declarations that are not shipped yet{(after == before[library] ? "" : " (changed)")}");
    }
}

IEnumerable<string> DeclarationsIn(string log)
{
    using JsonDocument sarif = JsonDocument.Parse(System.IO.File.ReadAllText(log));
    return sarif.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray()
        .Select(result => (Rule: result.GetProperty("ruleId").GetString(), Result: result))
        .Where(finding => finding.Rule is "RS0016" or "RS0017")
        .Select(finding => (finding.Rule == "RS0017" ? "*REMOVED*" : "")
            + finding.Result.GetProperty("properties").GetProperty("customProperties").GetProperty("APIName").GetString())
        .Distinct()
        .Order(StringComparer.Ordinal)
        .ToArray();
}

// ---- Processes --------------------------------------------------------------------------------------------------

Process? child;
string? summary;

// Not Cake's own process runner: that one joins the arguments to one string, and lets go of the child when it is told to stop.
int Run(string program, IEnumerable<string> arguments, List<string>? output = null)
{
    var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = root, RedirectStandardOutput = output is not null };
    start.Environment.Remove("OPENNETVM_BUILD_ARGUMENTS");
    using Process process = Process.Start(start)!;
    child = process;
    while (output is not null && process.StandardOutput.ReadLine() is { } line)
        output.Add(line);
    process.WaitForExit();
    child = null;
    return process.ExitCode;
}

// Prints warnings and errors, each once, and nothing of a build that went well.
void DotNet(IEnumerable<string> arguments, string? onFailure = null)
{
    var output = new List<string>();
    int exitCode = Run("dotnet", arguments, output);
    foreach (string line in output.Distinct().Where(line => exitCode != 0 || line.Contains("warning")).Where(line => !line.Contains(" Warning(s)")))
        Console.WriteLine(line);
    if (exitCode != 0)
        Fail(onFailure ?? $"dotnet {arguments.First()} {arguments.ElementAt(1)} failed");
}

[DoesNotReturn]
void Fail(string reason)
{
    Console.Error.WriteLine(reason);
    End(1);
}

// Ends the process here because Cake would print its table of durations after the summary, which is to be the last line.
[DoesNotReturn]
void End(int exitCode)
{
    if (summary is not null)
        Console.WriteLine(summary);
    Environment.Exit(exitCode);
}

// A terminal's Ctrl-C reaches the child as well as this process, which waits for what the child makes of it. SIGTERM reaches only this
// process and is passed on as SIGINT, on which the test program winds up and writes its results.
[DllImport("libc", EntryPoint = "kill")]
static extern int SendSignal(int process, int signal);

var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = child is not null);
var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    const int SigInt = 2;
    signal.Cancel = child is { } running && SendSignal(running.Id, SigInt) == 0;
});

Teardown(context => End(context.Successful ? 0 : 1));

string target = Argument("target", "Help");
if (target.StartsWith("__") || !Tasks.Any(task => string.Equals(task.Name, target, StringComparison.OrdinalIgnoreCase)))
    Fail($"There is no target '{target}'; ./build.sh lists the targets.");
RunTarget(target);

using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Architecture;

/// <summary>A newcomer finds a thing by its name: folders are namespaces, files are types, and no file is long.</summary>
public partial class SourceTreeTests
{
    private const int LongestFile = 500;

    private static readonly string[] NotSources = ["bin", "obj", "artifacts"];

    private static IEnumerable<string> Sources => Directory.GetDirectories(RepositoryFiles.Root, "OpenNetVM.*")
        .Append(Path.Combine(RepositoryFiles.Root, "samples"))
        .Where(Directory.Exists)
        .SelectMany(project => Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories))
        .Where(file => Path.GetExtension(file) is ".cs" or ".c" or ".h")
        .Select(file => Path.GetRelativePath(RepositoryFiles.Root, file))
        .Where(file => !file.Split('/').Intersect(NotSources).Any());

    private static IEnumerable<string> LibrarySources => Sources.Where(file => file.EndsWith(".cs")
        && !file.StartsWith("samples/") && !file.StartsWith("OpenNetVM.Tests/") && !file.StartsWith("OpenNetVM.Benchmarks/"));

    [Fact]
    public void No_file_is_longer_than_500_lines()
    {
        Assert.NotEmpty(Sources);
        AssertNone(
            from file in Sources.Append("build.cake")
            let lines = File.ReadLines(Path.Combine(RepositoryFiles.Root, file)).Count()
            where lines > LongestFile
            select $"{file} has {lines} lines");
    }

    [Fact]
    public void The_namespace_of_a_file_is_its_folder() => AssertNone(
        from file in Sources
        where file.StartsWith("OpenNetVM.") && file.EndsWith(".cs")
        let declared = Namespace().Match(Read(file)).Groups[1].Value
        let folder = Path.GetDirectoryName(file)!.Replace('/', '.')
        // A program's top-level statements and assembly attributes stand in no namespace.
        where declared != folder && (declared != "" || Declaration().IsMatch(Read(file)))
        select $"{file} declares the namespace '{declared}'");

    [Fact]
    public void A_library_file_declares_at_most_one_public_type() => AssertNone(
        from file in LibrarySources
        let types = PublicType().Matches(Read(file))
        where types.Count > 1
        select $"{file} declares {string.Join(" and ", types.Select(type => type.Groups[1].Value))}");

    [Fact]
    public void A_public_type_of_a_library_stands_in_a_file_of_its_name() => AssertNone(
        from file in LibrarySources
        from Match type in PublicType().Matches(Read(file))
        where Path.GetFileName(file).Split('.')[0] != type.Groups[1].Value
        select $"{file} declares {type.Groups[1].Value}");

    private static void AssertNone(IEnumerable<string> faults)
    {
        string[] found = [.. faults];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(RepositoryFiles.Root, file));

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // Top-level types stand in the first column.
    [GeneratedRegex(@"^(?:public|internal|file) [^\n(=]*?\b(?:class|struct|interface|enum|record|delegate)\b", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^public (?:[\w]+ )*?(?:record struct|record class|class|struct|interface|enum|record|delegate [\w<>\[\], ?.]+?) (\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}

using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Documentation;

/// <summary>What the documentation points at is there.</summary>
public sealed class DocumentationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-documentation-").FullName;

    public static TheoryData<string> Pages => [.. Directory.GetFiles(RepositoryFiles.Root, "*.md")
        .Concat(Folder("docs")).Concat(Folder("samples")).Concat(Folder("OpenNetVM.Benchmarks"))
        .Select(file => Path.GetRelativePath(RepositoryFiles.Root, file))
        .Where(file => !file.Split('/').Any(part => part is "bin" or "obj"))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_path_and_command_of_a_page_exists(string page)
    {
        string[] faults = [.. new MarkdownPage(RepositoryFiles.Root, page).Faults()];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("[text](docs/missing.md)", "page.md: the link to docs/missing.md leads nowhere")]
    [InlineData("[text](other.md#nowhere)", "page.md: the link to other.md#nowhere names no heading of that page")]
    [InlineData("see `OpenNetVM.Core/Missing.cs`", "page.md: `OpenNetVM.Core/Missing.cs` does not exist")]
    [InlineData("see `Rings/Missing.cs`", "page.md: `Rings/Missing.cs` does not exist")]
    [InlineData("see `OpenNetVM.Core/Missing*`", "page.md: `OpenNetVM.Core/Missing*` does not exist")]
    [InlineData("```\n./build.sh missing --x\n```", "page.md: ./build.sh missing is no target")]
    public void A_page_that_points_at_nothing_is_found_out(string markdown, string fault) =>
        Assert.Equal([fault], FaultsOf(markdown));

    [Theory]
    [InlineData("[text](other.md#a-heading-with-code) and [text](#here)\n\n## Here\n")]
    [InlineData("[text](https://example.org/missing.md) and `bytes/packet`, `IPv4/IPv6`, `a.b/c`")]
    [InlineData("see `OpenNetVM.Core/Rings/`, `Rings/SpscRing.cs` and `OpenNetVM.Core/Rings/*.cs`")]
    [InlineData("```csharp\nvar a = b[i](missing.md);\n```")]
    [InlineData("`./build.sh test`, `./build.sh Run --in a.pcap`")]
    public void A_page_that_points_at_what_exists_has_no_faults(string markdown) => Assert.Empty(FaultsOf(markdown));

    private IEnumerable<string> FaultsOf(string markdown)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "OpenNetVM.Core", "Rings"));
        File.WriteAllText(Path.Combine(_folder, "OpenNetVM.Core", "Rings", "SpscRing.cs"), "");
        File.WriteAllText(Path.Combine(_folder, "build.cake"), """Task("Test"); Task("Run");""");
        File.WriteAllText(Path.Combine(_folder, "other.md"), "# Title\n\n## A heading: with `code`\n");
        File.WriteAllText(Path.Combine(_folder, "page.md"), markdown);
        return new MarkdownPage(_folder, "page.md").Faults();
    }

    private static IEnumerable<string> Folder(string name)
    {
        string folder = Path.Combine(RepositoryFiles.Root, name);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.md", SearchOption.AllDirectories) : [];
    }
}

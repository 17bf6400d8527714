using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Documentation;

/// <summary>
/// Code in the documentation compiles and does what the page says: it is a copy of code in `docs/snippets`, which is part of this test program and
/// stands in tests of its own.
/// </summary>
public class CodeSnippetTests
{
    private static readonly string Docs = Path.Combine(RepositoryFiles.Root, "docs");

    [Fact]
    public void Every_code_block_of_the_documentation_is_a_snippet_that_is_compiled_and_every_snippet_is_shown()
    {
        CodeSnippet[] inPages = [.. Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories).Append(Path.Combine(RepositoryFiles.Root, "README.md"))
            .SelectMany(static path => CodeSnippet.OfPage(Path.GetRelativePath(RepositoryFiles.Root, path), File.ReadAllText(path)))];
        CodeSnippet[] inSources = [.. Directory.GetFiles(Path.Combine(Docs, "snippets"), "*.cs")
            .SelectMany(static path => CodeSnippet.OfSource(Path.GetRelativePath(RepositoryFiles.Root, path), File.ReadAllText(path)))];

        Assert.NotEmpty(inPages);
        string[] faults = [.. CodeSnippet.Faults(inPages, inSources)];
        Assert.True(faults.Length == 0, string.Join("\n\n", faults));
    }

    [Theory]
    [InlineData("```csharp\na();\n\n  b();\n```\n", 0)]
    [InlineData("```csharp\na();\n\n  c();\n```\n", 2)]
    [InlineData("```csharp\na();\n\n  b();\n```\n```csharp\nc();\n```\n", 1)]
    [InlineData("<!-- snippet: program -->\n```csharp\nc();\n```\n", 1)]
    [InlineData("```\nc();\n```\n", 1)]
    public void A_block_that_differs_and_a_snippet_that_nobody_shows_are_found(string markdown, int faults)
    {
        const string Source = """
                // snippet: name
                a();

                  b();
                // end
            """;
        Assert.Equal(faults, CodeSnippet.Faults([.. CodeSnippet.OfPage("page.md", markdown)], [.. CodeSnippet.OfSource("source.cs", Source)]).Count());
    }
}

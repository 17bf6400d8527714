namespace OpenNetVM.Tests.Packaging;

public class ReadmeSnippetsTests
{
    private const string Markdown = """
        # Title

        ```csharp
        not.Marked();
        ```

        <!-- snippet: program -->
        ```csharp
        a();

        b();
        ```

        text

        <!-- snippet: unit-test -->

        ```csharp
        c();
        ```
        """;

    [Theory]
    [InlineData("program", "a();\n\nb();\n")]
    [InlineData("unit-test", "c();\n")]
    public void A_marked_block_is_found_by_its_name(string name, string code) =>
        Assert.Equal(code, ReadmeSnippets.TryFind(Markdown, name));

    [Fact]
    public void A_block_that_is_not_there_is_not_found() => Assert.Null(ReadmeSnippets.TryFind(Markdown, "other"));
}
